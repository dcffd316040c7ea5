"""Names of strangers in the mails we send: nothing unseen in header or body, and no markup of theirs."""

from typing import Any

from gateway.outbound.bodies import copy_body, notice_body, reply_body
from gateway.outbound.headers import clean, phrase
from rules.shown import HIDDEN

NASTY = "A\u202egnp\u2066\u200b\x1b[31m<script>hit(1)</script>\U000e0041"
PERSON = {"name": NASTY, "email": "ada@аcme.example", "side": "external", "known": "unknown"}


def assert_plain(*texts: str) -> None:
    for text in texts:
        assert not HIDDEN.search(text.replace("\n", "")), ascii(text)
        assert "ada@xn--cme-5cd.example" in text or "аcme" not in text


def test_a_copy() -> None:
    content: dict[str, Any] = {
        "account": {"name": NASTY, "health": "good", "contract_value": None},
        **{"type": "email", "flow": "Adoption", "text": "Hello", "html": "", "author": PERSON},
        "participants": [PERSON, {**PERSON, "name": ""}],
    }
    text, html = copy_body(content, internal=True, name="Touchpoints", left_out=[NASTY])
    assert_plain(text, html)
    assert "<script" not in html
    assert "ada@xn--cme-5cd.example" in text


def test_a_reply_passed_on() -> None:
    content = {
        "author": PERSON,
        "others": [{**PERSON, "email": "bob@аcme.example"}],
        "text": "Hi",
        "html": "",
    }
    text, html = reply_body(content, left_out=[])
    assert "From: Agnp[31m<script>hit(1)</script> <ada@xn--cme-5cd.example>" in text
    assert_plain(text, html)
    assert "<script" not in html


def test_a_notice() -> None:
    content = {"subject": NASTY, "reason": NASTY, "candidates": [{"key": "acme", "name": NASTY}]}
    text, html = notice_body(content)
    assert_plain(text, html)
    assert "<script" not in html


def test_headers() -> None:
    assert clean("Re:\u200b In\u202evoice \U000e0041می\u200cخواهم") == "Re: Invoice می\u200cخواهم"
    assert phrase("Nora\u2066 Feld\u200b") == ["Nora", "Feld"]
