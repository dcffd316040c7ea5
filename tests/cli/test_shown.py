"""Strangers' names on a terminal: nothing drives it, nothing reads as something else."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gateway.cli.context import print_json_line
from gateway.cli.render import address, line, mail, person, safe
from rules.shown import HIDDEN

NASTY = "A\x1b]0;owned\x07\x9b2J\u202egnp\u2066\u200b\r\nB\U000e0041"


def test_a_line_is_one_line_without_commands() -> None:
    assert line(NASTY) == "A�]0;owned��2J�gnp�� B�"
    assert safe("one\r\ntwo\tthree") == "one\ntwo\tthree"
    assert line("می\u200cخواهم 👩\u200d💻") == "می\u200cخواهم 👩\u200d💻"


def test_a_person_is_told_by_an_address_that_does_not_deceive() -> None:
    assert person({"name": "Ada\u202e", "email": "ada@аcme.example"}) == "Ada� <ada@xn--cme-5cd.example>"
    assert address("ada@xn--mller-kva.example") == "ada@müller.example"
    assert address("ada\x1b[2J@acme.example") == "ada�[2J@acme.example"


def test_a_whole_mail_on_the_screen_bears_nothing_unseen() -> None:
    who = {"email": f"ada{NASTY}@acme.example", "name": NASTY, "side": "external", "known": "unknown"}
    value: dict[str, Any] = {
        **dict.fromkeys(("reason", "subject", "type", "flow", "text", "quoted", "comment"), NASTY),
        **{"outcome": "filed", "way": "bcc", "machine": None, "sender_trust": "verified", "encrypted": False},
        "date": "2026-03-02T14:05:00Z",
        "account": {"key": "acme", "name": NASTY},
        "candidates": [{"key": "acme", "name": NASTY, "why": NASTY}],
        "author": who,
        "filed_by": who,
        "participants": [who],
        "attachments": [{"filename": NASTY, "content_type": NASTY, "size": 1, "inline": False}],
        "calendar": [
            {
                "method": NASTY,
                "summary": NASTY,
                "start": None,
                "end": None,
                "organizer": NASTY,
                "attendees": [NASTY],
            }
        ],
        "report": {"recipient": NASTY, "diagnostic": NASTY},
        "notices": [NASTY],
        "rules": [{"rule": "x", "hit": True, "why": NASTY}],
    }
    out = StringIO()
    Console(file=out, width=200, markup=False, emoji=False).print(mail(value, NASTY, full=True))
    assert not HIDDEN.search(out.getvalue().replace("\n", ""))


def test_json_is_the_stored_text_and_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"subject": NASTY, "name": "Zoë \ud800 👩\u200d💻", "plain": "Grüße"}
    print_json_line(value)
    told = capsys.readouterr().out
    assert json.loads(told) == value
    assert not HIDDEN.search(told.rstrip("\n"))
    assert "Grüße" in told
