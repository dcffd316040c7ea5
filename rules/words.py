"""Texts taken apart into the words by which they are found: letter case, accents and forms of letters do not count.

Done here and not by a database, so that every back end finds the same, and what was found can be marked.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import regex

MOST_LETTERS = 64
"""Of a longer word only its beginning counts: it is no word but a key, or data."""

_PLAIN = re.compile("[a-z0-9]+")
# Scripts that put no blanks between words: there each letter is one, and what is looked for is a row of them. What
# cannot be seen (Cf: soft hyphens, joiners) parts nothing.
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|"
    r"[[\p{L}\p{N}\p{M}\p{Cf}]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]+",
    regex.V1,
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_NO_LETTERS = regex.compile(r"[^\p{L}\p{N}\p{M}]+")


def words(text: str, most: int | None = None) -> list[str]:
    """The words of a text in their order, at most `most`."""
    if text.isascii():
        return [word[:MOST_LETTERS] for word in _PLAIN.findall(text.lower())[:most]]
    return [word for word, _, _ in islice(places(text), most)]


def places(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text with where each begins and ends in it, in characters."""
    if text.isascii():
        for plain in _PLAIN.finditer(text.lower()):
            yield plain[0][:MOST_LETTERS], plain.start(), plain.end()
        return
    for match in _WORD.finditer(text):
        word = _folded(match[0][: 4 * MOST_LETTERS])
        if word:
            yield word, match.start(), match.end()


@lru_cache(maxsize=20_000)
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()[:MOST_LETTERS]
    # Case first and last: some letters have a small form only once they are taken apart.
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold()))
    whole = unicodedata.normalize("NFKC", bare).casefold()
    return str(_NO_LETTERS.sub("", whole))[:MOST_LETTERS]
