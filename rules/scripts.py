"""Which writing systems a word is in, and which mixtures no honest writer makes (UTS #39 5)."""

from functools import lru_cache

import regex

_ALIKE = ("Latin", "Greek", "Cyrillic", "Armenian", "Cherokee", "Coptic", "Lisu")
"""Scripts whose letters are taken for each other's. Others stand beside Latin without deceiving anybody."""

_PATTERNS = {name: regex.compile(rf"\p{{Script={name}}}") for name in _ALIKE}
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}\u200c\u200d]+")
_LETTER = regex.compile(r"[\p{L}--[\p{Script=Common}\p{Script=Inherited}]]", regex.V1)
# Δ, Ω or π before a Latin word is a company's name: nobody reads them as Latin letters.
_GREEK_SYMBOLS = frozenset("ΓΔΘΛΞΠΣΦΨΩδεζθλμξπςσφψω")

_WRITINGS = tuple(
    regex.compile(f"[{scripts}\\p{{Common}}\\p{{Inherited}}]+")
    for scripts in (
        r"\p{Latin}\p{Han}\p{Hiragana}\p{Katakana}",
        r"\p{Latin}\p{Han}\p{Hangul}",
        r"\p{Latin}\p{Han}\p{Bopomofo}",
    )
)
"""The mixtures of the "highly restrictive" level: Japanese, Korean, Chinese, each with Latin."""


def mixture(text: str) -> tuple[str, ...]:
    """The scripts of the first word that mixes letters which look alike, in the order of first letters; or ()."""
    if text.isascii():
        return ()
    for word in _WORD.findall(text):
        found: list[str] = []
        for letter in word:
            script = _alike(letter)
            if script and script not in found:
                found.append(script)
        if len(found) > 1:
            return tuple(found)
    return ()


def is_one_writing(label: str) -> bool:
    """Whether a word is in one script, or in one of the mixtures that Japanese, Korean and Chinese are written in."""
    letters = _LETTER.findall(label)
    if not letters or any(pattern.fullmatch(label) for pattern in _WRITINGS):
        return True
    pattern = _script_of(letters[0])
    return pattern is not None and all(pattern.match(letter) for letter in letters)


@lru_cache(maxsize=4096)
def _alike(letter: str) -> str:
    if letter.isascii():
        return "Latin" if letter.isalpha() else ""
    if letter in _GREEK_SYMBOLS:
        return ""
    return next((name for name, pattern in _PATTERNS.items() if pattern.match(letter)), "")


_OTHERS = (
    "Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao "
    "Tibetan Myanmar Georgian Ethiopic Khmer Mongolian Hangul Han Hiragana Katakana Bopomofo Thaana Syriac"
)
_SINGLE = tuple(regex.compile(rf"\p{{Script={name}}}") for name in (*_ALIKE[:4], *_OTHERS.split()))


def _script_of(letter: str) -> "regex.Pattern[str] | None":
    """The pattern of a letter's script; None for one that nobody registers names in (UTS #31 table 5)."""
    return next((pattern for pattern in _SINGLE if pattern.match(letter)), None)
