"""Mails, people and decisions as the gateway hands them to the store."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from rules.message import Attachment, CalendarEvent
from rules.people import Participant
from storage.engine import writing
from storage.filing import Filing
from storage.imports import NewAccount, NewContact, NewDirectory, NewMember, NewUser, write_directory
from storage.inbound import NewMail, keep
from storage.touchpoints import NewTouchpoint

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

NORA = Participant("nora@brightwell.example", "Nora Quist", "internal", "user")
ADA = Participant("ada@acme.example", "Ada Marsh", "external", "contact")
ZED = Participant("zed@elsewhere.example", "", "external", "unknown")

DIRECTORY = NewDirectory(
    accounts=[
        NewAccount("acme", "Acme Rockets", ("acme.example", "rockets.example"), health="green"),
        NewAccount("Globe-Freight", "Globe Freight", ("globe.example",)),
        NewAccount("globe-air", "Globe Air", ("air.globe.example", "rockets.example")),
        NewAccount("oldco", "Old & Co", ("old.example",), status="inactive"),
    ],
    users=[
        NewUser("Nora@brightwell.example", "Nora Quist", ("n.quist@brightwell.example",), "admin"),
        NewUser("sam@brightwell.example", "Sam Oduya"),
    ],
    contacts=[
        NewContact("ada@acme.example", "Ada Marsh", (("acme", "CTO"),)),
        NewContact("bo@partner.example", "Bo Lund", (("Globe-Freight", "Broker"), ("acme", "Broker"))),
        NewContact("eva@old.example", "Eva Old", (("oldco", ""),)),
    ],
    team=[NewMember("acme", "nora@brightwell.example", "csm")],
)


def quiet(_done: int, _total: int, _what: str) -> None:
    """No progress."""


def fill(engine: Engine, directory: NewDirectory = DIRECTORY) -> None:
    """Write a directory."""
    with writing(engine) as conn:
        write_directory(conn, directory, quiet)


def mail(content: bytes, *recipients: str, received_at: datetime = NOW) -> NewMail:
    """A small mail as intake hands it over."""
    return NewMail(
        received_at=received_at,
        mail_from="ada@acme.example",
        recipients=recipients or ("log@touchpoints.example",),
        peer={"address": "192.0.2.7", "helo": "mx.acme.example", "tls": "", "proto": "ESMTP"},
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        raw=content,
    )


def mails(number: int) -> list[NewMail]:
    """Mails that differ, a minute apart."""
    return [
        mail(b"Subject: mail %d\r\n\r\nHello.\r\n" % n, received_at=NOW + timedelta(minutes=n))
        for n in range(number)
    ]


def kept(conn: Connection, number: int = 1) -> list[int]:
    """Keep mails; their ids."""
    return [answer.mail_id for answer in keep(conn, mails(number))]


def touchpoint(identity: str = "one", account: str = "acme", **values: Any) -> NewTouchpoint:
    """A touchpoint with something in every field, or what is given instead."""
    content = b"%PDF-1.7 plan"
    digest = hashlib.sha256(content).hexdigest()
    whole: dict[str, Any] = {
        "account_key": account,
        "identity": identity,
        "type": "email",
        "flow": "Adoption",
        "subject": "Rollout – Straße 7",
        "date": NOW - timedelta(hours=1),
        "way": "bcc",
        "author": NORA,
        "filed_by": None,
        "text": "Hello Ada\n\nsee you on Monday 🚀",
        "quoted": "> older",
        "comment": None,
        "html": "<p>Hello Ada</p>",
        "sender_trust": "verified",
        "machine": None,
        "encrypted": False,
        "participants": (NORA, ADA, ZED),
        "attachments": (
            Attachment("plan.pdf", "application/pdf", len(content), digest, False, "", content),
            Attachment(
                "logo.png", "image/png", 3, hashlib.sha256(b"png").hexdigest(), True, "<logo>", b"png"
            ),
        ),
        "calendar": (
            CalendarEvent("REQUEST", "Kick-off", "2026-03-09T09:00:00Z", None, "nora@b.example", ("a@b",)),
        ),
        "notices": ("one part could not be read",),
    }
    return NewTouchpoint(**whole | values)


def filing(new: NewTouchpoint | None, state: str = "filed", **values: Any) -> Filing:
    """A decision ready to be written."""
    decision = {
        "outcome": state,
        "reason": "the contact is known",
        "rules": [{"rule": "contact", "hit": True}],
    }
    return Filing(**{"state": state, "decision": decision, "trust": "verified", "touchpoint": new} | values)
