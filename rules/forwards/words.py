"""Text made comparable: blanks made plain, invisible characters gone, letters folded."""

import unicodedata

# What clients put between words and around names without meaning it; it would hide a label, a colon, a digit.
_BLANKS = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = "\r\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_TIDY = str.maketrans({**dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_INVISIBLE, "")})


def tidy(text: str) -> str:
    """The text with plain blanks and without invisible characters (zero width, direction marks, BOM)."""
    if text.isascii():  # as most lines are; character by character is the slow way
        return text.replace("\t", " ").replace("\r", "")
    return text.translate(_TIDY)


def folded(text: str) -> str:
    """The text for comparing: tidied, case and accents folded, one blank between words, none around."""
    if text.isascii():  # as most lines are: nothing to take apart
        return " ".join(text.replace("\r", "").lower().split())
    plain = unicodedata.normalize("NFKD", tidy(text)).casefold()
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char)
    )
    return " ".join(letters.split())
