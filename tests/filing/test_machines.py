"""Machines that answer what the gateway sent: at most one hop. Nothing is sent because of them, to nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import outbox, outgoing
from storage.engine import reading
from storage.history import history
from storage.queue import MailRow
from tests.filing.house import ADA, BEN, House, house
from tests.machine.replies import AUTO_REPLIES, OTHERS
from tests.machine.samples import dsn, wire
from tests.machine.standard_bounces import POSTFIX, POSTFIX_SAID
from tests.machine.test_corpus import BOUNCES

# List headers make no machine of who writes to a signed address: customers behind groups send them, too.
SAMPLES = tuple(sample for sample in (*AUTO_REPLIES, *OTHERS, *BOUNCES) if sample.kind != "list")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def ordered(gateway: House) -> list[outgoing.Row]:
    with reading(gateway.engine) as conn:
        return outgoing.list_entries(conn, limit=1000)


@pytest.mark.parametrize("where", ["thread", "return path", "question", "logging address"])
def test_no_machine_brings_anything_out_of_the_house(gateway: House, where: str) -> None:
    assert len(AUTO_REPLIES) + len(BOUNCES) >= 50
    thread = gateway.touchpoint()
    copy = gateway.copy(thread)
    asked = gateway.receive(_lost(), sender="nora.feld@lumenfold.example")
    to = {
        "thread": gateway.thread(thread),
        "return path": gateway.return_path(copy),
        "question": gateway.question(asked),
        "logging address": gateway.site.logging[0].address,
    }[where]
    before = ordered(gateway)
    assert {row.kind for row in before} == {outbox.COPY, outbox.NOTICE}
    wrong = []
    for sample in SAMPLES:
        mail = gateway.receive(sample.raw, to, sender=sample.envelope_from)
        assert mail.decision is not None
        if mail.decision["machine"] is None:
            wrong.append((sample.name, mail.state, mail.decision["reason"]))
    assert wrong == []
    after = ordered(gateway)
    assert [row.id for row in after] == [row.id for row in before]
    assert all(row.recipient for row in after)
    assert gateway.mail(asked.id).state == "unresolved"


def test_a_report_to_the_return_path_marks_the_copy(gateway: House) -> None:
    thread = gateway.touchpoint()
    first, second = gateway.copy(thread), gateway.copy(thread, BEN)
    mail = gateway.receive(wire(POSTFIX), gateway.return_path(first), sender="")
    assert mail.state == "ignored"
    assert states(gateway, thread) == {first: "undelivered", second: "sent"}
    with reading(gateway.engine) as conn:
        row, attempts = outgoing.get_entry(conn, first)
        told = history(conn, mail.id)
    assert row.status == "5.1.1"
    assert "User unknown in virtual mailbox table" in (row.diagnostic or "")
    assert [attempt.outcome for attempt in attempts] == ["sent", "undelivered"]
    assert [(each.event, each.detail) for each in told[2:]] == [
        ("bounced", {"outbox": first, "status": "5.1.1"})
    ]


def test_a_second_report_on_a_copy_is_no_news(gateway: House) -> None:
    copy = gateway.copy(gateway.touchpoint())
    gateway.receive(wire(POSTFIX), gateway.return_path(copy), sender="")
    gateway.pass_time(hours=1)
    later = gateway.receive(status("failed", "5.2.2"), gateway.return_path(copy), sender="")
    with reading(gateway.engine) as conn:
        row, attempts = outgoing.get_entry(conn, copy)
        assert [each.event for each in history(conn, later.id)] == ["received", "ignored"]
    assert (row.status, len(attempts)) == ("5.1.1", 2)


def test_a_report_without_the_return_path_marks_the_copy_it_brings_along(gateway: House) -> None:
    thread = gateway.touchpoint()
    copy = gateway.copy(thread)
    report = POSTFIX.replace("<renewal-17@lumenfold.example>", f"<copy-{thread}@{gateway.site.domain}>")
    assert report != POSTFIX
    gateway.receive(wire(report), sender="")
    assert states(gateway, thread) == {copy: "undelivered"}


@pytest.mark.parametrize(
    ("action", "code", "state"),
    [
        ("failed", "5.1.1", "undelivered"),
        ("failed", "4.4.1", "undelivered"),  # Postfix, after five days of trying
        ("failed", "", "undelivered"),
        ("delayed", "4.4.1", "sent"),
        ("delivered", "2.0.0", "sent"),
        ("relayed", "2.1.9", "sent"),
        ("expanded", "2.1.5", "sent"),
    ],
)
def test_only_what_failed_is_undelivered(gateway: House, action: str, code: str, state: str) -> None:
    thread = gateway.touchpoint()
    copy = gateway.copy(thread)
    mail = gateway.receive(status(action, code), gateway.return_path(copy), sender="")
    assert mail.decision is not None
    assert mail.decision["machine"] == "bounce"
    assert states(gateway, thread) == {copy: state}


def test_a_responder_at_the_return_path_marks_nothing(gateway: House) -> None:
    thread = gateway.touchpoint()
    copy = gateway.copy(thread)
    for sample in AUTO_REPLIES[:20]:
        mail: MailRow = gateway.receive(sample.raw, gateway.return_path(copy), sender="")
        assert (mail.state, sample.name) == ("replied", sample.name)
    assert states(gateway, thread) == {copy: "sent"}


def states(gateway: House, touchpoint: int) -> dict[int, str]:
    with reading(gateway.engine) as conn:
        return {copy.id: copy.state for copy in outgoing.copies_of(conn, [touchpoint])[touchpoint]}


def status(action: str, code: str) -> bytes:
    """A report as Postfix writes it."""
    recipient = f"Final-Recipient: rfc822; {ADA.email}\nAction: {action}\n"
    return wire(
        dsn(
            POSTFIX_SAID,
            f"Reporting-MTA: dns; mx.example\n\n{recipient}{f'Status: {code}' if code else ''}\n",
        )
    )


def _lost() -> bytes:
    return (
        b"From: Nora Feld <nora.feld@lumenfold.example>\r\nTo: sam.reed@lumenfold.example\r\n"
        b"Subject: Stand-up\r\nMessage-ID: <1@lumenfold.example>\r\n\r\nWho calls them?\r\n"
    )
