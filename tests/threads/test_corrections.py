"""Threads after the fact: replayed, closed, deleted, edited; the real daemon and its API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load
from gateway.outbound.writing import write
from gateway.site import sites
from storage.blobs import open_blobs
from storage.engine import open_engine, writing
from storage.outbox import claim
from tests.daemon import LOG, Daemon, daemon

CONFIG = '[trust]\n"*" = "verified"\n[sending]\nscope = "partners"\nauthenticated_domains = ["lumenfold.example"]\n'
ADA = "ada.marsh@acme.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Daemon]:
    with daemon(tmp_path, config=CONFIG) as made:
        yield made


def touchpoint(house: Daemon, token: str, **more: Any) -> dict[str, Any]:
    """Nora writes to Ada."""
    asked = {
        "account": "acme",
        "type": "email",
        "subject": "Second site",
        "text": "We start on Monday.",
        "participants": [{"email": ADA}],
        "email": {"external": True, "confirm_external": True},
    }
    status, made = house.call("POST", "/touchpoints", token, asked | more)
    assert status == 201, made
    assert isinstance(made, dict)
    return made


def answer(made: dict[str, Any], number: int = 1, text: str = "Good.") -> bytes:
    """Ada answers."""
    return (
        f"From: Ada Marsh <{ADA}>\r\nTo: {made['thread_address']}\r\nSubject: Re: {made['subject']}\r\n"
        f"Message-ID: <{number}@acme.example>\r\nDate: Mon, 02 Mar 2026 09:3{number}:00 +0100\r\n\r\n{text}\r\n"
    ).encode()


def test_a_second_delivery_of_an_answer_is_no_second_reply_and_passed_on_once(house: Daemon) -> None:
    token = house.token("nora.feld@lumenfold.example")
    made = touchpoint(house, token)
    first = house.send(answer(made), made["thread_address"], sender=ADA)
    house.event("replied", mail=first, new=True)
    again = b"Received: from elsewhere by here; Mon, 2 Mar 2026 09:31:00 +0100\r\n" + answer(made)
    second = house.send(again, made["thread_address"], sender=ADA)
    house.event("replied", mail=second, new=False)
    (shown,) = house.lines("timeline", "acme")
    assert len(shown["replies"]) == 1
    assert [entry["kind"] for entry in house.lines("outbox", "list")] == ["reply", "copy"]


def test_a_reply_run_again_stays_what_it_is_though_its_thread_is_closed(house: Daemon) -> None:
    token = house.token("nora.feld@lumenfold.example")
    made = touchpoint(house, token)
    mail = house.send(answer(made), made["thread_address"], sender=ADA)
    house.event("replied", mail=mail)
    assert [each["result"] for each in house.lines("replay", "--all")] == ["unchanged"]
    assert house.call("POST", f"/touchpoints/{made['id']}/close", token)[0] == 200
    assert [each["result"] for each in house.lines("replay", "--all", "--apply")] == ["unchanged"]
    assert len(house.lines("timeline", "acme")[0]["replies"]) == 1
    late = house.send(answer(made, 2, "Too late?"), made["thread_address"], sender=ADA)
    house.event("unresolved", mail=late)
    (waiting,) = house.lines("queue", "list")
    assert "closed" in waiting["reason"]
    assert waiting["candidates"][0]["key"] == "acme"


def test_a_deleted_touchpoint_stays_deleted_and_nothing_of_it_is_sent(house: Daemon) -> None:
    token = house.token("nora.feld@lumenfold.example")
    made = touchpoint(house, token)
    mail = house.send(answer(made), made["thread_address"], sender=ADA)
    house.event("replied", mail=mail)
    assert house.call("DELETE", f"/touchpoints/{made['id']}", token)[0] == 204
    assert house.lines("timeline", "acme") == []
    assert {entry["state"] for entry in house.lines("outbox", "list")} == {"cancelled"}
    assert [each["result"] for each in house.lines("replay", "--all", "--apply")] == ["skipped"]
    late = house.send(answer(made, 2), made["thread_address"], sender=ADA)
    house.event("unresolved", mail=late)
    assert "deleted" in house.lines("queue", "list")[0]["reason"]


def test_an_address_that_cannot_be_written_leaves_the_others_their_mail(house: Daemon) -> None:
    token = house.token("nora.feld@lumenfold.example")
    made = touchpoint(house, token)
    mail = answer(made).replace(b"Subject:", b"Cc: a@b@c.example, Finn <finn@acme.example>\r\nSubject:")
    house.event("replied", mail=house.send(mail, made["thread_address"], sender=ADA))
    newest, *_ = house.lines("outbox", "list")
    assert (newest["kind"], newest["recipient"]) == ("reply", "nora.feld@lumenfold.example")
    house.process.terminate()  # type: ignore[union-attr]
    house.process.wait(30)  # type: ignore[union-attr]
    assert "a@b@c.example" not in written(house, newest["id"]).decode().partition("\r\n\r\n")[0]


def test_a_mail_split_by_recipient_is_one_reply(house: Daemon) -> None:
    token = house.token("nora.feld@lumenfold.example")
    made = touchpoint(house, token)
    mail = answer(made).replace(b"Subject:", f"Cc: {LOG}\r\nSubject:".encode())
    house.event("replied", mail=house.send(mail, made["thread_address"], sender=ADA), new=True)
    house.event("replied", mail=house.send(mail, LOG, sender=ADA), new=False)
    (shown,) = house.lines("timeline", "acme")
    assert len(shown["replies"]) == 1


def test_run_again_a_touchpoint_keeps_what_people_wrote_and_who_joined(house: Daemon) -> None:
    token = house.token("nora.feld@lumenfold.example")
    bcc = (
        f"From: Nora Feld <nora.feld@lumenfold.example>\r\nTo: {ADA}\r\nSubject: Plan\r\n"
        "Message-ID: <plan@lumenfold.example>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0100\r\n\r\nHello Ada\r\n"
    ).encode()
    house.event("filed", mail=house.send(bcc))
    later = (
        f"From: Ada Marsh <{ADA}>\r\nTo: nora.feld@lumenfold.example\r\nCc: Carl <carl@acme.example>\r\n"
        "Subject: Re: Plan\r\nIn-Reply-To: <plan@lumenfold.example>\r\nMessage-ID: <re@acme.example>\r\n"
        "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\nGood\r\n"
    ).encode()
    house.event("replied", mail=house.send(later, LOG, sender=ADA))
    (shown,) = house.lines("timeline", "acme")
    assert "carl@acme.example" in [person["email"] for person in shown["participants"]]
    assert {each["result"] for each in house.lines("replay", "--all", "--apply")} == {"unchanged"}
    _, now = house.call("GET", f"/touchpoints/{shown['id']}", token)
    change = {"version": now["version"], "subject": "The plan, agreed"}
    assert house.call("PATCH", f"/touchpoints/{shown['id']}", token, change)[0] == 200
    assert {each["result"] for each in house.lines("replay", "--all", "--apply")} == {"unchanged"}
    (shown,) = house.lines("timeline", "acme")
    assert shown["subject"] == "The plan, agreed"
    assert "carl@acme.example" in [person["email"] for person in shown["participants"]]


def written(house: Daemon, entry_id: int) -> bytes:
    """The mail of an entry as it would be sent, from the database of a house whose daemon has ended."""
    settings = load(house.config)
    engine = open_engine(settings.database_url)
    with writing(engine) as conn:
        while (entry := claim(conn, "test:1:aa:0", datetime.now(UTC), timedelta(minutes=5))) is not None:
            if entry.id == entry_id:
                break
    engine.dispose()
    assert entry is not None
    blobs = open_blobs(settings.blobs_place)
    return write(entry, sites(settings)(), settings.outgoing(), blobs.get, 1000).raw
