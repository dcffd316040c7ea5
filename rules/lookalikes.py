"""Domains that read as another one: letters of other scripts, accents, and pairs such as 0 and o."""

import unicodedata
from functools import lru_cache

from rules.addresses import fold_domain, unfold_domain
from rules.domains import parents

_LOOKS_LIKE = {
    "a": "ɑαаᎪ",
    "b": "вЬьᏏ",
    "c": "сⲥᴄᏟ",
    "d": "ԁᏧ",
    "e": "еҽє",
    "f": "քẝꞙ",
    "g": "ɡցᶃ",
    "h": "һհнᏂ",
    "i": "ıɩɪιіᎥ",
    "j": "ϳјᎫ",
    "k": "кκᏦ",
    "l": "ӏǀᏞ",
    "m": "мᎷ",
    "n": "ոռп",
    "o": "οσоօᴏⲟ〇০०੦૦௦౦೦൦๐໐",
    "p": "ρрⲣᏢ",
    "q": "ԛգզ",
    "r": "гᴦⲅᏒ",
    "s": "ƽѕꜱᏕ",
    "t": "тτᎢ",
    "u": "ʋυսᴜ",
    "v": "νѵᴠᏙ",
    "w": "ѡԝաᴡᎳ",
    "x": "хχᕁ",
    "y": "ʏγуүყ",
    "z": "ᴢᏃ",
    "3": "зӡ",
    "4": "Ꮞ",
    "6": "бᏮ",
    "8": "ȣ৪",
    "-": "一ーㅡ",
}
"""An ASCII letter → what is taken for it, as far as IDNA allows it in a domain: from Unicode's confusables.txt (UTS
#39 4, Unicode 15.1, scripts in use), and Cyrillic в к м н п т, which are close enough in many typefaces."""

_PLAIN = str.maketrans({alike: letter for letter, others in _LOOKS_LIKE.items() for alike in others})
_PAIRS = (("0", "o"), ("1", "l"), ("rn", "m"), ("vv", "w"))
"""What is taken for each other within ASCII (UTS #39 4 has the first three)."""

MOST = 16
"""Candidates of one name: a long one of many o and l has no end of them."""

LEVELS = 3
"""How far above the registrable domain names are looked at, itself counted."""


def plain(text: str, *, accents: bool = True) -> str:
    """The text with what looks like an ASCII letter as that letter; with `accents`, these are taken off, too."""
    if accents:
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in decomposed if not unicodedata.combining(each))
    return text.translate(_PLAIN)


@lru_cache(maxsize=1024)
def looks_like(domain: str) -> tuple[str, ...]:
    """The domains (A-labels) that a folded domain or a parent of it may be taken for; itself and its own parents not.

    At most 48. Nothing says that they exist.
    """
    own = parents(domain)[-LEVELS:]
    found: dict[str, None] = {}
    for name in own:
        found.update(dict.fromkeys(_candidates(name)))
    return tuple(each for each in found if each not in own)


def _candidates(name: str) -> list[str]:
    read = plain(unfold_domain(name))
    if not read.isascii():
        return []
    stem, _, top = read.rpartition(".")
    stems = {stem: None}
    together = stem
    for one, other in _PAIRS:
        together = together.replace(one, other)
        for old, new in ((one, other), (other, one)):
            at = stem.find(old)
            while at >= 0 and len(stems) < MOST - 1:
                stems[stem[:at] + new + stem[at + len(old) :]] = None
                at = stem.find(old, at + 1)
    stems[together] = None
    return [fold_domain(f"{each}.{top}") for each in stems]
