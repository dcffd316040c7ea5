"""Threads after the fact: replayed, closed, deleted, edited; the real daemon and its API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon, daemon

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
