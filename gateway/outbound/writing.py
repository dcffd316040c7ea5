"""An entry of the outbox written out as the mail its recipient gets, from our own data alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.outbound.bodies import copy_body, notice_body, reply_body
from gateway.outbound.compose import compose
from gateway.outbound.headers import address
from gateway.outbound.letter import Letter, Mailbox, Part
from rules.addresses import domain_of
from rules.forwards.subjects import REPLY, kind_of
from rules.message import Address
from rules.outgoing import Outgoing, from_address
from rules.people import Participant
from rules.recipients import copy_address, question_address, thread_address
from rules.site import Site
from storage import outbox

MOST_NAMED = 50
"""People in one To field; beyond, each gets the mail alone."""

Content = Callable[[str], bytes]
"""The bytes of an attachment by its sha256; raises BlobMissing, BlobDamaged."""


class NoSuchAddressError(Exception):
    """Its recipient has no address that a mail could bear. The text is for the operator."""


class NoKeyError(Exception):
    """There is no key that signs its addresses: later there may be. The text is for the operator."""


class CannotWriteError(Exception):
    """The mail cannot be written, now or later. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail ready to go: `return_path` is "" for the null sender, `from_domain` that of its From."""

    raw: bytes
    return_path: str
    from_domain: str


def write(
    entry: outbox.Entry, site: Site, outgoing: Outgoing, content_of: Content, attachments_limit: int
) -> Written:
    """The mail of an entry. Raises CannotWriteError, NoSuchAddressError, NoKeyError, and what `content_of` raises.

    Attachments go along while they are together no more than `attachments_limit` bytes.
    """
    content = entry.content
    if content is None or entry.message_id is None:
        raise CannotWriteError("the outbox holds nothing to write")
    if site.ring.signing not in site.ring.keys:
        raise NoKeyError("there is no key that signs its addresses: see gateway keys list")
    # A recipient whose own address needs it gets a mail in UTF-8 (RFC 6532), if the relay takes one.
    utf8 = not entry.recipient.isascii()
    try:
        address(entry.recipient, utf8=utf8)
    except ValueError as error:
        raise NoSuchAddressError(str(error)) from error
    try:
        match entry.kind:
            case outbox.COPY:
                letter = _copy(entry, content, site, outgoing, content_of, attachments_limit)
            case outbox.REPLY:
                letter = _reply(entry, content, site, outgoing, content_of, attachments_limit)
            case outbox.NOTICE:
                letter = _notice(entry, content, site, outgoing)
            case _:
                raise CannotWriteError(f"no mail of the kind {entry.kind!r} is written")
        # Nobody answers a notice but a person, by its Reply-To; its own delivery report would be news to nobody.
        path = "" if entry.kind == outbox.NOTICE else copy_address.address(site, entry.id)
        return Written(compose(letter, utf8=utf8), path, domain_of(letter.from_.email))
    except KeyError as error:
        raise CannotWriteError(f"its letter lacks {error}") from error
    except ValueError as error:
        raise CannotWriteError(str(error)) from error


def _copy(
    entry: outbox.Entry,
    content: Mapping[str, Any],
    site: Site,
    outgoing: Outgoing,
    content_of: Content,
    limit: int,
) -> Letter:
    parts, left_out = _parts(content, content_of, limit)
    internal = entry.side == "internal"
    text, html = copy_body(content, internal=internal, name=outgoing.name, left_out=left_out)
    beside = [person for person in content["recipients"] if person["side"] == entry.side]
    return Letter(
        from_=_mailbox(from_address(_author(content), outgoing)),
        to=_to(entry, beside),
        reply_to=_thread(entry, site, outgoing),
        subject=content["subject"],
        date=entry.created_at,
        message_id=entry.message_id or "",
        in_reply_to=content["in_reply_to"],
        references=tuple(content["references"]),
        text=text,
        html=html,
        parts=parts,
        loop=site.hostname,
    )


def _reply(
    entry: outbox.Entry,
    content: Mapping[str, Any],
    site: Site,
    outgoing: Outgoing,
    content_of: Content,
    limit: int,
) -> Letter:
    parts, left_out = _parts(content, content_of, limit)
    text, html = reply_body(content, left_out=left_out)
    subject = content["subject"]
    references = tuple(dict.fromkeys((*content["references"], content["in_reply_to"])))
    return Letter(
        from_=_mailbox(from_address(_author(content), outgoing)),
        to=(Mailbox(entry.recipient, entry.recipient_name),),
        # They do not get this mail. They stand here so that an answer to all reaches them, and a plain one does not.
        cc=_named(content["others"][:MOST_NAMED]),
        reply_to=_thread(entry, site, outgoing),
        subject=subject if kind_of(subject) == REPLY else f"Re: {subject}",
        date=entry.created_at,
        message_id=entry.message_id or "",
        in_reply_to=content["in_reply_to"],
        references=references,
        text=text,
        html=html,
        parts=parts,
        auto_submitted="auto-generated",
        loop=site.hostname,
    )


def _notice(entry: outbox.Entry, content: Mapping[str, Any], site: Site, outgoing: Outgoing) -> Letter:
    text, html = notice_body(content)
    references = (content["in_reply_to"],) if content["in_reply_to"] else ()
    return Letter(
        from_=Mailbox(outgoing.address, outgoing.name),
        to=(Mailbox(entry.recipient, entry.recipient_name),),
        reply_to=Mailbox(question_address.address(site, content["mail"]), outgoing.name),
        subject=f"Not filed yet: {content['subject']}",
        date=entry.created_at,
        message_id=entry.message_id or "",
        in_reply_to=content["in_reply_to"],
        references=references,
        text=text,
        html=html,
        auto_submitted="auto-replied",
        loop=site.hostname,
    )


def _thread(entry: outbox.Entry, site: Site, outgoing: Outgoing) -> Mailbox:
    if entry.touchpoint_id is None:
        raise CannotWriteError("the touchpoint it is about is gone")
    return Mailbox(thread_address.address(site, entry.touchpoint_id), outgoing.name)


def _to(entry: outbox.Entry, people: list[dict[str, str]]) -> tuple[Mailbox, ...]:
    own = Mailbox(entry.recipient, entry.recipient_name)
    if len(people) > MOST_NAMED:
        return (own,)
    named = _named(people)
    return named if any(each.email == own.email for each in named) else (own, *named)


def _named(people: Sequence[Mapping[str, str]]) -> tuple[Mailbox, ...]:
    """Those whose addresses can stand in a header: as customers wrote them, some cannot, and the others go on."""
    found = []
    for person in people:
        try:
            address(person["email"])
        except ValueError:
            continue
        found.append(Mailbox(person["email"], person["name"]))
    return tuple(found)


def _parts(content: Mapping[str, Any], content_of: Content, limit: int) -> tuple[tuple[Part, ...], list[str]]:
    """The attachments that fit, and the names of those that do not."""
    parts, left_out, total = [], [], 0
    for each in content["attachments"]:
        total += each["size"]
        if total > limit:
            total -= each["size"]
            left_out.append(each["filename"])
            continue
        inline = each["content_id"] if each["inline"] and content["html"] else ""
        parts.append(Part(each["filename"], each["content_type"], content_of(each["sha256"]), inline))
    return tuple(parts), left_out


def _author(content: Mapping[str, Any]) -> Participant | None:
    return Participant(**content["author"]) if content["author"] else None


def _mailbox(person: Address) -> Mailbox:
    return Mailbox(person.email, person.name)
