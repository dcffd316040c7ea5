"""Every dialogue is spoken as written, and every reply the listener can give is in one of them."""

import fnmatch
import re
from dataclasses import fields
from pathlib import Path

import pytest

from gateway import metrics
from gateway.smtp.limits import Limits
from rules import replies
from tests.smtp import dialogue

SCRIPTS = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))
ELSEWHERE = {"handshake_seconds", "lingering"}  # no dialogue: `test_session`, `test_gate`
REPLIES = {name: reply for name, reply in vars(replies).items() if isinstance(reply, replies.Reply)}


@pytest.mark.parametrize("script", [pytest.param(path.read_text("utf-8"), id=path.stem) for path in SCRIPTS])
async def test_dialogue(script: str) -> None:
    await dialogue.run(script)


@pytest.mark.parametrize("name", REPLIES)
def test_every_reply_is_in_a_dialogue(name: str) -> None:
    expected = re.sub(r"\{\w+\}", "*", str(REPLIES[name]))
    said = {
        line.split(" <- ", 1)[1]
        for path in SCRIPTS
        for line in path.read_text().splitlines()
        if " <- " in line
    }
    assert expected in said or any("*" not in line and fnmatch.fnmatchcase(line, expected) for line in said)


@pytest.mark.parametrize("limit", [limit for limit in metrics.LIMITS if limit not in ELSEWHERE])
def test_every_limit_is_reached_and_counted_in_a_dialogue(limit: str) -> None:
    assert any(f"\nhit {limit}\n" in path.read_text() for path in SCRIPTS)


def test_what_is_counted_are_limits() -> None:
    assert set(metrics.LIMITS) <= {field.name for field in fields(Limits)}


@pytest.mark.parametrize("name", REPLIES)
def test_enhanced_code_agrees_with_the_code(name: str) -> None:
    reply = REPLIES[name]
    assert not reply.enhanced or reply.enhanced[0] == str(reply.code)[0]  # RFC 2034 section 4
    assert str(reply).isascii()
    assert "\r" not in str(reply)
