"""What was filed, sent and asked before the mails of the scenarios come in, and how those name it.

`README.md` beside this file says it in words.
"""

import hashlib
import re
from datetime import UTC, datetime

from sqlalchemy import Connection

from gateway.outbound.content import AccountHead, Said, copy_letter, notice_letter
from rules.people import Participant
from rules.recipients import copy_address, question_address, thread_address
from rules.site import Site
from rules.tokens import thread_root
from storage.filing import Filing, file
from storage.inbound import NewMail, keep
from storage.outbox import COPY, NOTICE, NewEntry, enqueue
from storage.threads import close
from storage.touchpoints import NewTouchpoint, create, remove

WHEN = datetime(2026, 3, 2, 9, tzinfo=UTC)

NORA = Participant("nora@brightwell.example", "Nora Feld", "internal", "user")
JONAS = Participant("jonas@brightwell.example", "Jonas Berg", "internal", "user")
ADA = Participant("ada@acme.example", "Ada Marsh", "external", "contact")
BEN = Participant("ben@acme.example", "Ben Ito", "external", "contact")
GUS = Participant("gus@globefreight.example", "Gus Hale", "external", "contact")

COPIES = ((1, ADA), (1, BEN), (2, ADA), (3, ADA), (4, GUS))
"""Touchpoint and recipient of the outgoing mails 1 to 5."""

_PLACEHOLDER = re.compile(rb"\{(thread|copy|question|sent|filed|root):(\d)\}", re.IGNORECASE)


def fill(conn: Connection, site: Site) -> None:
    """Store it. The numbers of README.md are the ids, for the tables are empty."""
    _typed(conn, 1, "acme", "Rollout of plant 2", NORA, (NORA, ADA, BEN))
    _typed(conn, 2, "acme", "Training dates", NORA, (NORA, ADA))
    _typed(conn, 3, "acme", "Invoice 4711", NORA, (NORA, ADA))
    _typed(conn, 4, "globe", "Contract renewal", JONAS, (JONAS, GUS), flow="Onboarding")
    for number, (touchpoint, to) in enumerate(COPIES, 1):
        _sent(conn, number, touchpoint, to, site)
    close(conn, 2, WHEN)
    remove(conn, 3, WHEN)
    _asked(conn, 1, "nora@brightwell.example", "unresolved")
    _asked(conn, 2, "nora@brightwell.example", "filed")
    _asked(conn, 3, "nora@brightwell-labs.example", "unresolved")


def named(text: bytes, site: Site) -> bytes:
    """The text with its placeholders replaced; one in capitals by capitals."""

    def written(match: re.Match[bytes]) -> bytes:
        kind, number = match[1].decode(), int(match[2])
        value = _written(kind.lower(), number, site)
        return (value.upper() if kind.isupper() else value).encode()

    return _PLACEHOLDER.sub(written, text)


def _written(kind: str, number: int, site: Site) -> str:
    match kind:
        case "thread":
            return thread_address.address(site, number)
        case "copy":
            return copy_address.address(site, number)
        case "question":
            return question_address.address(site, number)
        case "root":
            return thread_root(site.ring, site.domain, number)
    return f"<{kind}-{number}-9f86d081@touchpoints.brightwell.example>"


def _typed(
    conn: Connection,
    number: int,
    account: str,
    subject: str,
    author: Participant,
    people: tuple[Participant, ...],
    flow: str = "Adoption",
) -> None:
    new = NewTouchpoint(
        account_key=account,
        identity=f"before {number}",
        type="email",
        flow=flow,
        subject=subject,
        date=WHEN,
        way=None,
        author=author,
        filed_by=None,
        text="Hello,\n\nwhat do you think?",
        quoted="",
        comment=None,
        html="",
        sender_trust="verified",
        machine=None,
        encrypted=False,
        participants=people,
        message_ids=(f"<filed-{number}-9f86d081@touchpoints.brightwell.example>",),
    )
    assert create(conn, new, WHEN).touchpoint_id == number


def _sent(conn: Connection, number: int, touchpoint: int, to: Participant, site: Site) -> None:
    letter = copy_letter(
        touchpoint,
        Said("", "", "", NORA, WHEN),
        account=AccountHead("", None, None),
        kind="email",
        flow="Adoption",
        participants=(),
        recipients=(to,),
        references=(thread_root(site.ring, site.domain, touchpoint),),
    )
    entry = NewEntry(COPY, to.email, to.name, to.side, _written("sent", number, site))
    assert enqueue(conn, letter, [entry], WHEN) == [number]


def _asked(conn: Connection, number: int, sender: str, state: str) -> None:
    """A mail of Nora's that could not be filed, and the notice about it."""
    raw = f"From: Nora Feld <{sender}>\r\nSubject: Stand-up {number}\r\n\r\nWho calls them?\r\n".encode()
    digest = hashlib.sha256(raw).hexdigest()
    new = NewMail(WHEN, sender, ("log@touchpoints.brightwell.example",), {}, len(raw), digest, raw)
    (kept,) = keep(conn, [new])
    assert kept.mail_id == number
    decision = {"outcome": state, "reason": "", "subject": f"Stand-up {number}"}
    file(conn, number, Filing(state, decision, "verified"), WHEN)
    subject = f"Stand-up {number}"
    letter = notice_letter(number, "no-account", subject=subject, reason="", candidates=(), in_reply_to="")
    enqueue(conn, letter, [NewEntry(NOTICE, sender, "Nora Feld", "internal")], WHEN, mail_id=number)
