"""What a person may rely on when a mail is split into new text and history."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.newtext import Parts, split_lines, split_text
from tests.newtext.corpus import replies
from tests.newtext.judging import lines_of, score
from tests.newtext.nasty import KEPT, REPLIES
from tests.newtext.reading import first_mail, message_of, reply

ATTRIBUTION = "On Tue, Mar 3, 2026 at 2:05 PM Jane Doe <jane@kunde.example> wrote:"
BLOCK = "From: Jane Doe <jane@kunde.example>\nSent: Tuesday, March 3, 2026 2:05 PM\nTo: Bob\nSubject: Meeting"


@pytest.mark.parametrize("name", REPLIES)
def test_history_is_folded_however_odd_the_client(name: str) -> None:
    text, wrote = REPLIES[name]
    parts = split_text(reply(text))
    assert lines_of(parts.text) == lines_of(wrote)
    assert parts.why.startswith("Folded away: ")


@pytest.mark.parametrize("name", KEPT)
def test_what_only_looks_like_history_is_kept(name: str) -> None:
    text, wrote = KEPT[name]
    assert score(wrote, split_text(reply(text)).text).lost == ()


@pytest.mark.parametrize("text", [text for text, _ in (*REPLIES.values(), *KEPT.values())])
def test_every_line_is_in_one_of_the_two(text: str) -> None:
    parts = split_text(reply(text))
    assert sorted(lines_of(parts.text) + lines_of(parts.quoted)) == sorted(lines_of(text))


def test_a_line_put_anywhere_into_quoted_history_is_kept() -> None:
    extra = "And one line more from me."
    for case in replies():
        message = message_of(case.raw)
        if message is None or not any(line.startswith(">") for line in message.text.splitlines()):
            continue
        lines = message.text.splitlines()
        for place in range(len(lines) + 1):
            if not any(line.startswith(">") for line in lines[max(0, place - 1) : place]):
                continue
            text = "\n".join((*lines[:place], "", extra, "", *lines[place:]))
            assert extra in split_text(reply(text)).text, (case.name, place)


def test_answers_stay_in_order() -> None:
    parts = split_lines(f"{ATTRIBUTION}\n> one?\nFirst.\n> two?\nSecond.\n> three?\nThird.")
    assert parts == Parts(
        "First.\n\nSecond.\n\nThird.",
        f"{ATTRIBUTION}\n> one?\n\n> two?\n\n> three?",
        "Folded away: quoted lines.",
    )


def test_the_writers_own_empty_lines_and_indents_stay() -> None:
    text = "Hi,\n\n  - one\n\n\n  - two\n\nBob"
    assert split_lines(f"{text}\n\n{ATTRIBUTION}\n> hi").text == text


def test_quote_marks_in_a_mail_that_answers_nothing_are_the_writers_own() -> None:
    text = "My favourite:\n\n> The fog comes in\n> on little feet.\n\nBob\n\n> and moves on."
    assert split_text(first_mail(text)) == Parts(text, "", "Nothing looks like history or a signature.")


def test_attributed_quotes_are_folded_though_the_headers_say_nothing_of_a_reply() -> None:
    assert split_text(first_mail(f"Yes.\n\n{ATTRIBUTION}\n> Shall we?")).text == "Yes."


@pytest.mark.parametrize("subject", ["Re: x", "RE[2]: x", "AW: x", "Antw: x", "SV: x", "回复：x", "Odp: x"])
def test_the_subject_alone_makes_a_reply(subject: str) -> None:
    message = first_mail("> Shall we?\n\nYes.")
    assert split_text(message).text != "Yes."
    assert split_text(replace(message, subject=subject)).text == "Yes."


def test_a_doubt_is_told() -> None:
    why = split_text(reply(f"My answers are below in blue.\n\n{BLOCK}\n\nShall we?\nYes.")).why
    assert why == "What looks like history is kept: the writer says that answers stand inside it."


@pytest.mark.parametrize(
    "hint",
    [
        "See my comments inline.",
        "I answered in red.",
        "Siehe unten.",
        "Meine Anmerkungen sind rot markiert.",
        "Mes réponses sont en bleu.",
        "Respondo más abajo.",
        "Minhas respostas estão em vermelho.",
        "Le mie risposte sono in rosso.",
        "Mijn antwoorden staan hieronder.",
        "赤字で回答しました。",
        "Mina svar finns nedan.",
    ],
)
def test_history_with_answers_in_it_is_kept(hint: str) -> None:
    assert "Yes, I do." in split_text(reply(f"{hint}\n\n{BLOCK}\n\nDo you?\nYes, I do.")).text


@pytest.mark.parametrize(
    "said",
    [
        "Your figures are in line with ours.",
        "The red one is below the blue one.",
        "I will comment on it tomorrow.",
    ],
)
def test_plain_words_do_not_unfold_history(said: str) -> None:
    assert split_text(reply(f"{said}\n\n{BLOCK}\n\nDo you?")).text == said


def test_line_ends_of_the_wire_make_no_difference() -> None:
    text = f"Yes.\n\n-- \nBob\n\n{ATTRIBUTION}\n> Shall we?"
    assert split_lines(text.replace("\n", "\r\n")) == split_lines(text)


def test_an_empty_reply_stays_empty() -> None:
    assert split_text(reply(f"{ATTRIBUTION}\n> Shall we?")).text == ""
    assert split_text(reply("")).text == ""


def test_nothing_is_lost_of_a_mail_longer_than_anybody_reads() -> None:
    quoted = "> line\n" * 30_000
    parts = split_text(reply(f"Yes.\n\n{ATTRIBUTION}\n{quoted}\nNo."))
    assert (lines_of(parts.text)[0], lines_of(parts.text)[-1]) == ("Yes.", "No.")
    assert len(lines_of(parts.text)) == 2
    parts = split_text(reply("Yes.\n" * 30_000))
    assert len(lines_of(parts.text)) == 30_000
    parts = split_text(reply(f"Yes.\n\n{BLOCK}\n\n" + "old\n" * 30_000))
    assert (parts.text, len(lines_of(parts.quoted))) == ("Yes.", 30_004)


_PIECES = st.sampled_from(
    (
        "Yes.",
        "> asked",
        ">> older",
        "",
        "-- ",
        "--",
        "Bob Ross",
        "Sent from my iPhone",
        ATTRIBUTION,
        BLOCK,
        "Jane wrote:",
        "________________________________",
        "-----Original Message-----",
        ">>> a",
        "see below",
        "the log says:",
        "P.S. more",
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=30)), max_size=25))
def test_no_mixture_of_pieces_loses_a_line_or_raises(pieces: list[str]) -> None:
    text = "\n".join(pieces).replace("\r", "")
    parts = split_lines(text)
    both = sorted([*parts.text.split("\n"), *parts.quoted.split("\n")])
    assert [line for line in both if line.strip()] == sorted(
        line for line in text.split("\n") if line.strip()
    )
