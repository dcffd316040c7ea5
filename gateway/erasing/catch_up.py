"""At a start: who was erased since a restored backup was made is erased once more, before any mail is taken.

So is who was not erased to the end, for it was broken off, or something stood against it.

A tombstone says nothing about who it is of. So every address in the database is turned into its digest, and those
that a tombstone has are the ones.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import structlog
from sqlalchemy import Engine

from gateway import notify
from gateway.config.settings import Settings
from gateway.erasing.eraser import Eraser, Wish
from gateway.erasing.sought import views
from gateway.erasing.survey import stored, survey
from gateway.erasing.tombstones import TombstoneFile, TombstonesError
from rules.addresses import address_key
from rules.erasure import Person
from rules.tombstones import Tombstone, digest, key_name
from storage.blobs import Blobs, open_blobs
from storage.engine import reading, writing
from storage.errors import DiskFailed, StorageError
from storage.tombstones import applied, mark_applied, to_rewrite
from storage.traces import addresses_of, every_text

log = structlog.get_logger("gateway.erasing")

_ENDS = re.compile(r"[\s<>\"'(),;:\\\[\]=@]")
_SIGNS = re.compile("@|%40|=40|&#64;|&#x40;|&commat;|=", re.IGNORECASE)
_MARKS = re.compile("[+-]")
_QUOTES = re.compile('"|%22|&quot;')
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}|&[#a-zA-Z0-9]{1,8};")
_UNESCAPED = re.compile(r"\\(.)")
_MOST_CUTS = 8
"""Places at which a local part may begin that are tried: each is a digest to be made."""
_DOMAIN = re.compile(r"[\w.-]+")
_LABELS = re.compile(r"[^\W_]+(?:(?:[-_]{1,63}|\.)[^\W_]+)*")
_MOST_DOMAIN = 255
_MOST_LOCAL = 128
"""Characters before an "@" that are looked at: twice what a local part may have (RFC 5321 4.5.3.1.1)."""

PATIENCE_SECONDS = 3600
"""What the service manager is asked to wait for. Every stored mail is read several times, some 20 MB a second."""


def outstanding(engine: Engine, file: TombstoneFile) -> list[Tombstone]:
    """The erasures that were not done in this database, oldest first. Raises TombstonesError, StorageError."""
    with reading(engine) as conn:
        done = applied(conn)
    return [stone for stone in file.read().values() if stone.id not in done]


def catch_up(settings: Settings, engine: Engine) -> int:
    """Erase who was erased before; returns how many erasures were done here now, to the end.

    What stands against one is logged, and it stays outstanding; so does a file that could not be written anew.
    Tombstones that this database has and the file has not (it was lost, or is an old one) are put into the file.
    Raises TombstonesError when they cannot be read, or their key is another one; StorageError.
    """
    file = TombstoneFile(settings.tombstones_file)
    secret = file.ensure_key()
    there = file.read()
    with reading(engine) as conn:
        known = applied(conn)
    for stone in known.values():
        if stone.id not in there:
            file.append(stone)
            there[stone.id] = stone
    if strange := [stone for stone in there.values() if stone.key != key_name(secret)]:
        raise TombstonesError(
            f"{len(strange)} of the tombstones in {file.path} are not of the key {file.key_path}: nobody can tell "
            "who they are of. Restore their key from a backup"
        )
    missing = [stone for stone in there.values() if stone.id not in known]
    blobs = open_blobs(settings.blobs_place)
    eraser = Eraser(engine, blobs, file)
    if missing:
        log.warning(
            "erasures are not done in this database: it was restored from a backup, or they were broken off",
            erasures=len(missing),
        )
        notify.still_starting("erasing people, after a restore or a break", PATIENCE_SECONDS)
        keys = _keys(engine, blobs, secret, {each for stone in missing for each in stone.digests})
        # Nobody is there to be asked: no more is done than was allowed then.
        wishes = dict.fromkeys(Wish(user=stone.user, waiting=stone.waiting) for stone in missing)
        for wish in wishes:
            stones = [each for each in missing if (each.user, each.waiting) == (wish.user, wish.waiting)]
            if not _apply(engine, blobs, eraser, stones, keys, wish) and len(stones) > 1:
                # Who is erased to the end is not to wait for the others: their new mail would go at the next start.
                for stone in stones:
                    _apply(engine, blobs, eraser, [stone], keys, wish)
    _rewrite(engine, eraser, anew=bool(missing))
    return len(missing) - len(outstanding(engine, file))


def _apply(
    engine: Engine, blobs: Blobs, eraser: Eraser, stones: list[Tombstone], keys: dict[str, str], wish: Wish
) -> bool:
    """Do these erasures; whether nothing is left of anybody."""
    there = [keys[each] for stone in stones for each in stone.digests if each in keys]
    if there:
        return eraser.apply(stones, survey(engine, blobs, Person(there)), wish).left is None
    with writing(engine) as conn:
        for stone in stones:
            mark_applied(conn, stone)  # gone from the rows, and perhaps not yet from the file
    return True


def _rewrite(engine: Engine, eraser: Eraser, *, anew: bool) -> None:
    """Write the file of the database anew where that is still to be done. Mail is taken all the same if it fails."""
    with reading(engine) as conn:
        late = to_rewrite(conn)
    if not (late or anew):
        return
    notify.still_starting("writing the database file anew, after an erasure", PATIENCE_SECONDS)
    try:
        eraser.rewrite()
    except DiskFailed:
        raise
    except StorageError as error:
        log.error(
            "the database file was not written anew after an erasure; the next start tries again",
            why=str(error),
            erasures=len(late),
        )


def _keys(engine: Engine, blobs: Blobs, secret: bytes, wanted: set[str]) -> dict[str, str]:
    """The address keys in the database whose digests are wanted, by their digests."""
    seen: set[str] = set()
    found: dict[str, str] = {}
    for email in _every_address(engine, blobs):
        key = address_key(email)
        if key not in seen:
            seen.add(key)
            if (told := digest(secret, key)) in wanted:
                found[told] = key
    return found


def _every_address(engine: Engine, blobs: Blobs) -> Iterator[str]:
    with reading(engine) as conn:
        yield from addresses_of(conn)
        for text in every_text(conn):
            yield from _in_text(text)
    for _, content in stored(engine, blobs):
        for _, _, data in views(content):
            yield from _in_text(data.decode("utf-8", "replace"))


def _in_text(text: str) -> Iterator[str]:
    """Everything in a text that may be an address, in the ways that `rules.erasure` knows; each at least once."""
    for sign in _SIGNS.finditer(text):
        before = text[max(0, sign.start() - _MOST_LOCAL) : sign.start()]
        behind = text[sign.end() : sign.end() + _MOST_DOMAIN]
        if sign[0] == "=":
            yield from _in_return_path(_ENDS.split(before)[-1], behind)
        elif hosts := dict.fromkeys(_hosts(behind)):
            for local in _locals(before):
                yield from (f"{local}@{host}" for host in hosts)


def _hosts(behind: str) -> Iterator[str]:
    """What may be the domain at the beginning of it: as far as it goes, and without the marks behind it."""
    for text in {behind, unquote(behind)}:
        if domain := _DOMAIN.match(text):
            yield domain[0].rstrip(".")
        if domain := _LABELS.match(text):
            yield domain[0]


def _in_return_path(left: str, behind: str) -> Iterator[str]:
    """Of a list: "news-ada=acme.example@…"; of a forwarder: "…=acme.example=ada@…", domain first."""
    domain = _LABELS.match(behind)
    if domain and "." in domain[0]:
        # The marks in front of the local part may be those of the list.
        cuts = [0, *(mark.end() for mark in _MARKS.finditer(left))][-_MOST_CUTS:]
        yield from (f"{left[cut:]}@{domain[0]}" for cut in cuts if left[cut:])
    host, local = left.lstrip("._-"), _ENDS.split(behind, maxsplit=1)[0]
    if "." in host and local:
        yield f"{local}@{host}"


def _locals(before: str) -> Iterator[str]:
    """What may be the local part at the end of it: as it is, without marks in front, and as a quoted one."""
    shut = next((sign for sign in ('\\"', '"', "%22", "&quot;") if before.endswith(sign)), "")
    if shut:
        before = before[: -len(shut)]
        cuts = [quote.end() for quote in _QUOTES.finditer(before)][-_MOST_CUTS:]
        for cut in cuts:
            yield f'"{before[cut:]}"'
            if "\\" in before[cut:]:
                yield f'"{_UNESCAPED.sub(_plain, before[cut:])}"'  # as JSON writes it
    local = _ENDS.split(before)[-1]
    # "%3C", a "<" in a URL, is no part of it.
    found = (local, local.lstrip("._+-"), _ESCAPED.split(local)[-1])
    yield from (each for each in dict.fromkeys(found) if each)


def _plain(match: re.Match[str]) -> str:
    return match[1]
