"""Texts taken apart into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.words import MOST_LETTERS, places, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We agreed on March.", ["we", "agreed", "on", "march"]),
        ("Ada.Marsh@acme.example", ["ada", "marsh", "acme", "example"]),
        ("Straße, STRASSE", ["strasse", "strasse"]),
        ("Café naïve ÅNGSTRÖM Łódź", ["cafe", "naive", "angstrom", "łodz"]),
        ("Ёлка Йод", ["елка", "иод"]),
        ("ﬁne Ｗide ①② x²", ["fine", "wide", "12", "x2"]),
        ("Rech\u00adnung zero\u200bwidth", ["rechnung", "zerowidth"]),
        ("İstanbul ΣΊΣΥΦΟΣ", ["istanbul", "σισυφοσ"]),
        ("東京都 Tokyo", ["東", "京", "都", "tokyo"]),
        ("हिन्दी", ["हिन्दी"]),
        ("한국어", ["한국어"]),
        ("snake_case don't 3.14", ["snake", "case", "don", "t", "3", "14"]),
        ("🚀 – … \u0301", []),
    ],
)
def test_words_are_found_whatever_their_form(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_of_a_very_long_word_its_beginning_counts() -> None:
    assert words("A" * 1000) == ["a" * MOST_LETTERS]
    assert words("É" * 1000) == ["e" * MOST_LETTERS]
    assert words("one two three", 2) == ["one", "two"]
    assert words("één twee drie", 2) == ["een", "twee"]


@given(st.text())
def test_words_hold_letters_and_digits_alone(text: str) -> None:
    """So that no back end takes anything in them for a sign of its language, and "§" and "¶" stay ours."""
    assert not {each for word in words(text) for each in word} & set(" \n\t'\"\\:*-()&|!<>§¶\x00")
    assert all(words(text))


@given(st.text(st.characters(max_codepoint=0x2FF)))
def test_each_stands_where_it_is_said_to(text: str) -> None:
    assert [word for word, _, _ in places(text)] == words(text)
    assert [words(text[begin:end]) for _, begin, end in places(text)] == [[word] for word in words(text)]
