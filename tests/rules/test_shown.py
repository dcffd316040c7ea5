"""What people are shown: nothing unseen, nothing turned round, no letter lost that a language needs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.shown import HIDDEN, shown, shown_address, shown_domain, shown_text


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("\u2066\u202dAda\u202c\u2069", "Ada"),
        ("pay\u200bpal \u2060Ltd\ufeff", "paypal Ltd"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\x1b]0;owned\x07b\x9b31mc\x7f", "a]0;ownedb31mc"),
        ("two\r\nlines\tand\u2028more\x85", "two lines and more "),
        ("\u3164\uffa0\u115fAda\u17b4\u034f", "Ada"),
        ("A\u2800B", "A B"),
        ("hi\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065", "hi"),
        ("lone \ud800 half", "lone  half"),
        ("a\u200db\u200cc", "abc"),
        ("\u200eab\u200fc\u061c", "abc"),
        ("a\ufe00b", "ab"),
        ("1\U000e0100", "1"),
        ("Ada Marsh", "Ada Marsh"),
        ("two  blanks stay", "two  blanks stay"),
    ],
)
def test_what_cannot_be_seen_goes(written: str, seen: str) -> None:
    assert shown(written) == seen


@pytest.mark.parametrize(
    "written",
    [
        "می\u200cخواهم",  # Persian: I want
        "نمی\u200cشود",
        "क्\u200dष",  # Devanagari half form
        "ශ්\u200dරී ලංකා",  # Sri Lanka
        "ന്\u200d",  # Malayalam chillu, older spelling, at the end of a word
        "র\u200d্যা",  # Bengali ya-phalaa
        "ក្រុម",
        "👩\u200d💻 Mei",
        "👩🏽\u200d🚀",
        "👨\u200d👩\u200d👧\u200d👦",
        "🏳\ufe0f\u200d🌈",
        "❤\ufe0f\u200d🔥",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # flag of Scotland
        "葛\U000e0100城市",  # a variant that Japanese registers write
        "ᠠ\u180bᠪ",
        "\u1112\u1161\u11ab",
        "שלום (Shalom)",
        "שלום\u200f, Ada!\u200f",
        "Ærø – “quoted” … №5",
    ],
)
def test_what_a_language_needs_stays(written: str) -> None:
    assert shown(written) == written
    assert shown_text(f"{written}\n\t{written}") == f"{written}\n\t{written}"


def test_lines_stay_lines_in_a_text() -> None:
    assert shown_text("one\r\ntwo\rthree\u2028\tfour\x1b[2J\u202e") == "one\ntwo\nthree\n\tfour[2J"


def test_what_goes_may_leave_a_mark() -> None:
    assert shown("a\u202eb\x1bc", "\ufffd") == "a\ufffdb\ufffdc"


@given(st.text(max_size=40))
def test_shown_twice_is_shown_once_and_bears_no_bidi_or_control(text: str) -> None:
    once = shown(text)
    assert not set(once) & set(
        "\x00\x1b\x07\x9b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\n\r"
    )
    for match in HIDDEN.finditer(once):
        assert (
            match[0] in "\u200c\u200d\u200e\u200f\u061c\ufe0e\ufe0f\u180b\u180c\u180d\u180e\u180f\u115f\u1160"
            or match[0] >= "\ufe00"
        )
    assert shown(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        "\u202e",
        "\u200d",
        "🏴\U000e0067",
        "क्\u200d",
        "👩\u200d",
        "\u0301\u200d",
        "\ufe0f",
        "\u200f",
        "\u05d0\u200f",
    ],
)
def test_a_megabyte_of_it_is_quick(piece: str) -> None:
    start = time.process_time()
    shown(piece * (300_000 // len(piece)))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("acme.example", "acme.example"),
        ("ACME.Example.", "acme.example"),
        ("xn--mller-kva.example", "müller.example"),
        ("müller.example", "müller.example"),
        ("københavn.dk", "københavn.dk"),
        ("xn--80aswg.xn--p1ai", "сайт.рф"),
        ("почта.рф", "почта.рф"),
        ("пример.example", "пример.example"),
        ("παράδειγμα.gr", "παράδειγμα.gr"),
        ("日本語.jp", "日本語.jp"),
        ("ソニーsony.jp", "ソニーsony.jp"),
        ("한국kr.kr", "한국kr.kr"),
        ("مثال.example", "مثال.example"),
        ("हिन्दी.example", "हिन्दी.example"),
        # Letters that deceive:
        ("аcme.example", "xn--cme-5cd.example"),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
        ("g〇〇gle.com", "xn--ggle-gx3ca.com"),
        ("xn--999999999.example", "xn--999999999.example"),
    ],
)
def test_a_domain_is_in_its_own_letters_unless_they_deceive(written: str, seen: str) -> None:
    assert shown_domain(written) == seen


@pytest.mark.parametrize(
    "domain",
    ["аcme.example", "сосо.example", "παypal.example", "аcme_x.example", "ɡoogle.example", "асме.com"],
)
def test_a_deceiving_domain_is_shown_in_ascii(domain: str) -> None:
    assert shown_domain(domain).isascii()
    assert "xn--" in shown_domain(domain)
    assert shown_address(f"ada@{domain}").isascii()


def test_an_address_with_something_unseen_does_not_become_another_one() -> None:
    assert shown_address("ada\u200b@acme.example") == "ada\ufffd@acme.example"
    assert shown_address("nobody\u202e") == "nobody\ufffd"
    assert shown_address("jürgen@xn--mller-kva.example") == "jürgen@müller.example"
