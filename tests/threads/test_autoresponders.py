"""The daemon and a mail server full of machines that answer everything: at most one hop."""

import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import LOG, SECONDS, Daemon, daemon
from tests.machine.replies import AUTO_REPLIES, OTHERS
from tests.machine.samples import Sample
from tests.machine.test_corpus import BOUNCES
from tests.threads.mailboxes import Mailboxes

# List headers are a customer behind a group here, and a loop is told by the name of the host it went out from.
MACHINES = tuple(
    sample for sample in (*AUTO_REPLIES, *OTHERS, *BOUNCES) if sample.kind not in ("list", "loop")
)


@pytest.fixture
def boxes() -> Iterator[Mailboxes]:
    with Mailboxes(gone={"chloe.dean@acme-rockets.example"}) as made:
        yield made


@pytest.fixture
def house(boxes: Mailboxes, tmp_path: Path) -> Iterator[Daemon]:
    config = (
        f'[trust]\n"*" = "verified"\n[relay]\nhost = "127.0.0.1"\nport = {boxes.port}\ntls = "none"\n'
        '[sending]\nscope = "contacts"\nauthenticated_domains = ["lumenfold.example"]\n'
    )
    limits = "[smtp.limits]\nconnections_per_address = 100\n"
    with daemon(tmp_path, config=config + limits) as made:
        yield made


def write_to(house: Daemon, token: str, *people: str) -> dict[str, Any]:
    """Nora writes a touchpoint and has it e-mailed."""
    status, made = house.call(
        "POST",
        "/touchpoints",
        token,
        {
            "account": "acme",
            "type": "web meeting",
            "subject": "Rollout",
            "text": "We start on Monday.",
            "participants": [{"email": email} for email in people],
            "email": {"external": True, "confirm_external": True},
        },
    )
    assert status == 201, made
    assert isinstance(made, dict)
    return made


def test_fifty_machines_that_answer_everything_bring_nothing_out(house: Daemon, boxes: Mailboxes) -> None:
    assert len(AUTO_REPLIES) + len(BOUNCES) >= 50
    token = house.token("nora.feld@lumenfold.example")
    made = write_to(house, token, "ada.marsh@acme.example")
    delivered = boxes.next("ada.marsh@acme.example")
    copy = message_from_bytes(delivered.raw, policy=policy.default)
    assert isinstance(copy, EmailMessage)
    reply_to = copy["Reply-To"].addresses[0].addr_spec
    sent = 0
    with smtplib.SMTP("127.0.0.1", house.port, timeout=SECONDS) as server:
        for number, machine in enumerate(MACHINES):
            for answered in (delivered.return_path, reply_to, LOG):
                server.sendmail(machine.envelope_from, [answered], _answer(machine, copy, number))
                sent += 1
    for _ in range(sent):
        house.settled()
    write_to(house, token, "ben.cole@acme.example")
    boxes.next("ben.cole@acme.example")  # the first mail since: what had been ordered before stood before it
    assert boxes.used == set()
    states = {entry["state"] for entry in house.lines("outbox", "list", "--limit", "1000")}
    assert states <= {"sent", "undelivered"}
    (touchpoint,) = (each for each in house.lines("timeline", "acme", "--full") if each["id"] == made["id"])
    assert all(reply["machine"] for reply in touchpoint["replies"])


def test_who_the_relay_refuses_is_told_and_the_others_get_theirs(house: Daemon, boxes: Mailboxes) -> None:
    token = house.token("nora.feld@lumenfold.example")
    made = write_to(house, token, "chloe.dean@acme-rockets.example", "ada.marsh@acme.example")
    boxes.next("ada.marsh@acme.example")
    assert {house.one_of("bounced", "copied")["event"] for _ in range(2)} == {"bounced", "copied"}
    _, shown = house.call("GET", f"/touchpoints/{made['id']}", token)
    copies = {each["email"]: each["copy"] for each in shown["participants"] if each["copy"]}
    assert copies["chloe.dean@acme-rockets.example"]["state"] == "undelivered"
    assert copies["chloe.dean@acme-rockets.example"]["status"] == "5.1.1"
    assert copies["ada.marsh@acme.example"]["state"] == "sent"


def _answer(machine: Sample, copy: EmailMessage, number: int) -> bytes:
    """What the machine sends, as an answer to this copy."""
    reference = f"In-Reply-To: {copy['Message-ID']}\r\nX-Answer: {number}\r\n".encode()
    return reference + machine.raw
