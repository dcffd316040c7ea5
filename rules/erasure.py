"""A person to be erased: how their address and name are found in a text, and what stands there afterwards.

An address is found in every spelling of `rules.addresses.address_key`: letter case, plus-tag, quotes, A-labels and
U-labels; and written for a URL, for HTML, into the return path of a list (`ada=acme.example@…`), or into that of a
forwarder (SRS: `SRS0=x=y=acme.example=ada@…`).
"""

import contextlib
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote

import idna

from rules.addresses import address_key

ERASED_EMAIL = "erased@erased.invalid"
"""Stands for an erased address: one that is written like an address and reaches nobody (RFC 2606 section 2)."""

ERASED_NAME = "erased person"
ERASED_SUBJECT = "(erased)"

_AT = r"(?:@|%40|=40|&#64;|&#x40;|&commat;)"
_TAG = r"(?:(?:\+|%2[bB]|=2[bB]|&#43;)[^\s@<>\"'(),;:\\\[\]=%&]{0,64})?"
# Marks beside an address belong to a longer one only where a letter or digit stands right beyond them: "-ada@…" is an
# entry of a list, "_ada@…_" is written in italics. Two dots in a row are in no domain.
_BEFORE = r"(?:(?<=%[0-9a-f]{2})|(?<![^\W_])(?<![^\W_][._+-]))"
_IN_RETURN_PATH = r"(?<![^\W_])(?<![^\W_][._])"
_IN_REWRITTEN = r"(?<![^\W_])(?<![^\W_][._-])"
_AFTER = r"(?![^\W_]|[-_]{1,63}[^\W_]|\.[^\W_])"
_QUOTE = r"(?:\\?\"|%22|&quot;)?"
_TAGS = re.compile(r"<[^<>]*>")
_BREAKS = re.compile(
    r"</?(?:address|article|aside|blockquote|br|caption|center|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|"
    r"hr|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)(?![\w-])",
    re.IGNORECASE,
)
_NO_ROOM = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_GAP = r"(?:[\s_\xa0]|&nbsp;|=20)+"


class Person:
    """Somebody to be erased. `keys` are the address keys of all their addresses, `names` how they are called.

    A name counts in running text only when it has two words or more: "Ada" alone is anybody.
    """

    def __init__(self, keys: Iterable[str], names: Iterable[str] = ()) -> None:
        self.keys = frozenset(address_key(key) for key in keys)
        self.names = frozenset(_plain(name) for name in names) - {"", *self.keys}

    def called(self, names: Iterable[str]) -> "Person":
        """The same person with these names, too."""
        return Person(self.keys, self.names | frozenset(names))

    def has(self, email: Any) -> bool:
        """Whether this is an address of theirs."""
        return isinstance(email, str) and bool(email) and address_key(email) in self.keys

    def mentioned(self, value: Any) -> bool:
        """Whether an address of theirs stands anywhere in a text, or in the texts of a JSON value."""
        return any(self.address.search(text) for text in texts(value))

    def named(self, value: Any) -> bool:
        """Whether address or full name stands anywhere in it."""
        name = self.name
        return any(
            self.address.search(text) or (name is not None and name.search(text)) for text in texts(value)
        )

    def redacted(self, value: Any, *, names: bool = True) -> Any:
        """The text or JSON value without the address and, with `names`, without the full name.

        An object that says who somebody is (`email`, `name`) loses the whole name with the address.
        """
        match value:
            case str():
                text = self.address.sub(ERASED_EMAIL, value)
                return self.name.sub(ERASED_NAME, text) if names and self.name is not None else text
            case dict():
                out = {
                    self.redacted(key, names=names): self.redacted(each, names=names)
                    for key, each in value.items()
                }
                if self.has(value.get("email")):
                    out |= {"email": ERASED_EMAIL}
                    if "name" in value:
                        out |= {"name": ERASED_NAME}
                return out
            case list() | tuple():
                return [self.redacted(each, names=names) for each in value]
        return value

    @cached_property
    def address(self) -> re.Pattern[str]:
        """An address of theirs in a text, and no part of a longer one."""
        plain, returned, rewritten = self._written
        ways = (
            f"{_BEFORE}(?:{plain})",
            f"{_IN_RETURN_PATH}(?:{returned})",
            f"{_IN_REWRITTEN}(?:{rewritten})",
        )
        return re.compile(f"(?:{'|'.join(ways)}){_AFTER}", re.IGNORECASE)

    @cached_property
    def possible(self) -> re.Pattern[str]:
        """The same where it may be a part of a longer address, or stand beside a word: "x-ada@…", "….Thanks"."""
        return re.compile(f"(?<![^\\W_])(?:{'|'.join(self._written)})(?![^\\W_])", re.IGNORECASE)

    @cached_property
    def loose(self) -> re.Pattern[str]:
        """The same where a longer word may begin before it or go on behind it: bytes of a database have no blanks."""
        return re.compile("|".join(self._written), re.IGNORECASE)

    def perhaps(self, value: Any) -> bool:
        """Whether something stands in it that may be an address of theirs, and may be somebody else's."""
        return any(
            next(self.unsure(text), None) is not None for text in texts(value) if self.possible.search(text)
        )

    def unsure(self, text: str) -> Iterator[re.Match[str]]:
        """What may be an address of theirs, those left out that are one."""
        sure = {match.end() for match in self.address.finditer(text)}
        return (match for match in self.possible.finditer(text) if match.end() not in sure)

    @cached_property
    def _written(self) -> tuple[str, str, str]:
        """Their addresses as patterns: as they are, in the return path of a list, and in that of a forwarder."""
        keys = sorted(self.keys)
        return (
            "|".join(_address(key, _AT) for key in keys),
            "|".join(_address(key, "=") for key in keys),
            "|".join(_rewritten(key) for key in keys),
        )

    @cached_property
    def name(self) -> re.Pattern[str] | None:
        """A full name of theirs in a text, or None when none has two words."""
        full = sorted((name for name in self.names if _is_full(name)), key=lambda name: (-len(name), name))
        if not full:
            return None
        written = {
            _GAP.join(re.escape(word) for word in form.split()) for name in full for form in _forms(name)
        }
        return re.compile(f"(?<!\\w)(?:{'|'.join(sorted(written, key=len, reverse=True))})(?![\\w@])", re.I)

    @property
    def parts(self) -> frozenset[tuple[str, str]]:
        """How every way to write their addresses begins, and what must be near then; folded."""
        pairs = {
            (local, domain)
            for key in self.keys
            for local in _locals(key)
            for domain in _domains(key.rpartition("@")[2])
        }
        return frozenset(pairs | {(f"{domain}=", local) for local, domain in pairs})

    @property
    def locals(self) -> frozenset[str]:
        """What stands in every spelling of their addresses, folded; in each Unicode form. Quotes are left out."""
        return frozenset(local for key in self.keys for local in _locals(key))


def html_text(markup: str) -> str:
    """About what a reader sees of HTML: without tags and marks that take no room, with a blank where a line ends."""
    shown = _TAGS.sub(lambda tag: " " if _BREAKS.match(tag[0]) else "", markup)
    return _NO_ROOM.sub("", html.unescape(shown))


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, the keys of objects included."""
    match value:
        case str():
            yield value
        case dict():
            for key, each in value.items():
                yield from texts(key)
                yield from texts(each)
        case list() | tuple():
            for each in value:
                yield from texts(each)


def _address(key: str, at: str) -> str:
    return f"{_local(key)}{at}{_domain(key)}"


def _rewritten(key: str) -> str:
    """As the Sender Rewriting Scheme of forwarders writes it: domain first (https://www.open-spf.org/SRS/)."""
    return f"{_domain(key)}={_local(key)}"


def _local(key: str) -> str:
    return f"{_QUOTE}(?:{_any(_locals(key))}){_TAG}{_QUOTE}"


def _domain(key: str) -> str:
    return f"(?:{_any(_domains(key.rpartition('@')[2]))})"


def _any(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form)))


def _locals(key: str) -> set[str]:
    """A local part without its quotes, and as JSON writes it: a quoted one may hold quotes and backslashes."""
    local = key.rpartition("@")[0]
    if len(local) > 1 and local.startswith('"') and local.endswith('"'):
        local = local[1:-1]
    return {
        written for form in _forms(local) for written in (form, json.dumps(form, ensure_ascii=False)[1:-1])
    }


def _domains(domain: str) -> set[str]:
    """A domain as A-labels, as U-labels, and as those stand in a URL."""
    written = {domain}
    with contextlib.suppress(UnicodeError):  # idna.IDNAError is one; there are no U-labels then
        written |= _forms(idna.decode(domain))
    return written | {quote(each) for each in written}


def _forms(text: str) -> set[str]:
    return {unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _is_full(name: str) -> bool:
    return len(name.split()) > 1 and len(name) >= 5 and "@" not in name
