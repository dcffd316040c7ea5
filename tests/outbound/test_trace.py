"""What stands on top of a mail that is passed on."""

from datetime import UTC, datetime
from email import message_from_bytes

import pytest

from gateway.outbound.trace import with_trace
from rules.decide import LOOP_HEADER

RAW = b"From: dora@acme.example\r\nSubject: Abuse from your network\r\n\r\nPlease look.\r\n"
WHEN = datetime(2026, 3, 2, 8, 14, 5, tzinfo=UTC)


def top(**peer: str) -> str:
    traced = with_trace(RAW, "touchpoints.example", 42, WHEN, peer)
    assert traced.endswith(RAW)
    return traced.removesuffix(RAW).decode("ascii")


def test_where_it_came_from_and_that_it_was_here() -> None:
    assert top(helo="mail.acme.example", address="192.0.2.10", proto="ESMTPS") == (
        "Received: from mail.acme.example ([192.0.2.10])\r\n"
        "\tby touchpoints.example with ESMTPS id 42;\r\n"
        "\tMon, 02 Mar 2026 08:14:05 +0000\r\n"
        f"{LOOP_HEADER}: touchpoints.example\r\n"
    )
    assert "([IPv6:2001:db8::10])" in top(helo="x", address="2001:db8::10", proto="ESMTP")
    assert "(local)" in top(helo="mta", address="", proto="LMTP")


@pytest.mark.parametrize("helo", ["a\r\nBcc: all@acme.example", "a) by evil (", "ä" * 1000, "", "\0;"])
def test_a_greeting_cannot_write_fields(helo: str) -> None:
    read = message_from_bytes(with_trace(RAW, "touchpoints.example", 1, WHEN, {"helo": helo}))
    assert read.keys() == ["Received", LOOP_HEADER, "From", "Subject"]
    assert not read.defects
    assert read["Received"].count("(") == 1
