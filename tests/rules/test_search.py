"""What is looked for, what is looked through, and what is shown of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.message import Attachment
from rules.people import Participant
from rules.search import (
    GAP,
    MOST_ASKED,
    MOST_CHARACTERS,
    MOST_OF_ONE,
    MOST_WORDS,
    Phrase,
    Query,
    pieces,
    read_query,
    searched_words,
    snippet,
)
from rules.typed import Flaw
from tests.storage.build import ADA, NORA, touchpoint


def one(*words: str, beginning: bool = False) -> Phrase:
    """A phrase."""
    return Phrase(words, beginning)


def asked(typed: str) -> Query:
    """A query that can be read."""
    query = read_query(typed)
    assert isinstance(query, Query)
    return query


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("second site", Query((one("second"), one("site")))),
        ('"second site" plan', Query((one("second", "site"), one("plan")))),
        ("train*", Query((one("train", beginning=True),))),
        ('"second tra"*', Query((one("second", "tra", beginning=True),))),
        ('plan -draft -"old site"', Query((one("plan"),), (one("draft"), one("old", "site")))),
        ("ada.marsh@acme.example", Query((one("ada", "marsh", "acme", "example"),))),
        ("well-known", Query((one("well", "known"),))),
        ("plan plan PLAN", Query((one("plan"),))),
        ('"never closed', Query((one("never", "closed"),))),
        ("a AND b OR NOT c", Query((one("a"), one("and"), one("b"), one("or"), one("not"), one("c")))),
        ("text:plan NEAR(a b) ^c {d}", Query(
            (one("text", "plan"), one("near", "a"), one("b"), one("c"), one("d"))
        )),
        ("東京*", Query((one("東", "京"),))),
        ("- plan -- ***", Query((one("plan"),))),
        ('plan"site"', Query((one("plan", "site"),))),
    ],
)  # fmt: skip
def test_what_is_typed_is_read(typed: str, query: Query) -> None:
    assert read_query(typed) == query


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "no word in it"),
        ("  \n", "no word in it"),
        ('"" ... 🚀 *', "no word in it"),
        ("-draft", "not only what to leave out"),
        ("a*", "3 letters or more"),
        ("plan -ab*", "3 letters or more"),
        ("x" * (MOST_ASKED + 1), f"At most {MOST_ASKED} characters"),
    ],
)
def test_what_cannot_be_looked_for_is_told_why(typed: str, why: str) -> None:
    flaw = read_query(typed, "q")
    assert isinstance(flaw, Flaw)
    assert flaw.field == "q"
    assert why in flaw.why
    assert flaw.why.endswith(".")


@given(st.text(max_size=MOST_ASKED))
def test_whatever_is_typed_there_is_an_answer(typed: str) -> None:
    query = read_query(typed)
    assert isinstance(query, Flaw) or query.wanted


def test_everything_a_person_would_look_for_is_looked_through() -> None:
    found = " ".join(searched_words(touchpoint(comment="For the file", filed_by=ADA)))
    assert found == (
        "rollout strasse 7 ¶ nora quist nora brightwell example ¶ ada marsh ada acme example ¶ "
        "zed elsewhere example ¶ plan pdf ¶ for the file ¶ hello ada see you on monday"
    )


def test_much_is_cut_and_a_word_that_comes_too_often_is_a_gap() -> None:
    found = searched_words(touchpoint(text=" ".join(f"w{n}" for n in range(2 * MOST_WORDS))))
    assert len(found) <= MOST_WORDS
    assert found[:2] == ["rollout", "strasse"]
    often = searched_words(touchpoint(text="so " * (MOST_OF_ONE + 5) + "end"))
    assert often.count("so") == MOST_OF_ONE
    assert often[-7:] == ["so", *[GAP] * 5, "end"]
    crowd = tuple(Participant(f"p{n}@x.example", "", "external", "unknown") for n in range(1000))
    assert searched_words(touchpoint(participants=crowd))[-1] == "monday"


def marked(value: Any, typed: str) -> str:
    """The snippet with its matches in brackets."""
    found = snippet(value, asked(typed))
    return f"{found.field}: " + "".join(f"[{text}]" if match else text for text, match in found.parts)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("monday", "text: Hello Ada see you on [Monday] 🚀"),
        ("MON* see", "text: Hello Ada [see] you on [Monday] 🚀"),
        ('"you on monday"', "text: Hello Ada see [you on Monday] 🚀"),
        ("strasse", "subject: Rollout – [Straße] 7"),
        ("zed", "person: [zed]@elsewhere.example"),
        ("zed monday", "text: Hello Ada see you on [Monday] 🚀"),
        ("ada.marsh -zedd", "person: [Ada Marsh] ada@acme.example"),
        ("plan.pdf", "file: [plan.pdf]"),
        ('"marsh ada"', "person: Ada [Marsh ada]@acme.example"),
        ("acme elsewhere", "person: Ada Marsh ada@[acme].example"),
    ],
)
def test_what_was_found_is_marked(typed: str, shown: str) -> None:
    assert marked(touchpoint(), typed) == shown


def test_the_stretch_with_the_most_of_it_is_shown() -> None:
    text = "plan " + "and so on " * 50 + "the plan of the second site is here " + "and so on " * 50
    told = marked(touchpoint(text=text), "plan second site")
    assert "the [plan] of the [second] [site] is here" in told
    assert told.startswith("text: …")
    assert told.endswith("…")
    assert len(told) < 250
    near = marked(touchpoint(text="x" * 500 + " plan"), "plan")
    assert near == "text: …[plan]"


def test_a_snippet_is_text_and_shows_nothing_unseen() -> None:
    value = touchpoint(text="<b>pl\u00adan</b>\u202e\x1b[2J & more")
    assert marked(value, "plan") == "text: <b>[plan]</b>[2J & more"
    forged = Participant("ada@\u0430cme.example", "Ada", "external", "unknown")
    assert "xn--" in marked(touchpoint(text="", participants=(forged,)), "ada")


@given(st.text(max_size=300), st.text(max_size=300))
def test_parts_are_never_empty_and_matches_are_of_the_query(text: str, subject: str) -> None:
    value = touchpoint(text=text, subject=subject, participants=(NORA,), attachments=())
    for _, piece in pieces(value):
        query = read_query(piece[:50])
        if isinstance(query, Query):
            found = snippet(value, query)
            assert all(part for part, _ in found.parts)


def test_files_that_are_shown_in_the_text_are_not_looked_through() -> None:
    inline = Attachment("logo.png", "image/png", 3, "00", True)
    assert "logo" not in searched_words(touchpoint(attachments=(inline,)))


def test_words_that_unfold_do_not_outgrow_the_index() -> None:
    """One letter may stand for fifteen (NFKC), and a text of allowed length for more than PostgreSQL takes."""
    unfolding = "".join(f"\ufdfa\ufdfa\ufdfa\ufdfa{n:03x} " for n in range(4096)) * 3
    found = searched_words(touchpoint(text=unfolding[:MOST_CHARACTERS]))
    assert 500_000 < sum(len(word.encode()) for word in found) < 1_000_000
