"""Strangers' text made fit to be shown: names, subjects, file names, domains.

What cannot be seen but changes what is read goes: controls (they drive terminals), bidi embeddings, overrides and
isolates (`gnp.exe` reads as `exe.png`), zero-width and other characters without a shape. What is stored stays as it
was written; these functions belong where a person reads it (UTS #36, UTS #39 5; RFC 5892 appendix A for joiners).
"""

import regex

from rules.addresses import fold_domain, unfold_domain
from rules.lookalikes import plain
from rules.scripts import is_one_writing

_JOINERS = "\u200c\u200d"
HIDDEN = regex.compile(
    r"[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb\ufffe\uffff[\p{Cf}--\p{Prepended_Concatenation_Mark}]]",
    regex.V1,
)
"""One character that cannot be seen, or that does something to the text around it."""

_LINE_BREAKS = regex.compile(r"\r\n|[\n\r\t\x0b\x0c\x85\u2028\u2029]")

# Letters of scripts that join, or stack behind a virama: there a joiner changes the word.
_JOINING = regex.compile(
    r"[\p{Arabic}\p{Syriac}\p{Mandaic}\p{Nko}\p{Mongolian}\p{Adlam}\p{Hanifi_Rohingya}\p{Devanagari}\p{Bengali}"
    r"\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}]"
)
_VIRAMA = regex.compile(r"\p{ccc=9}")
_MARK = regex.compile(r"\p{M}")
_PICTURE = regex.compile(r"\p{Extended_Pictographic}")
_PICTURE_PART = regex.compile(r"[\p{Emoji_Modifier}\ufe0f]")
_IDEOGRAPH = regex.compile(r"\p{Han}")
_MONGOLIAN = regex.compile(r"\p{Mongolian}")
_JAMO = regex.compile("[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]")
# Marks place full stops and digits in text from right to left; letters keep their order.
_DIRECTIONS = "\u200e\u200f\u061c"
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}--[\p{Cf}\p{Cs}]]", regex.V1)
_FLAG = "\U0001f3f4"
_TAGS = regex.compile("[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")


def shown(text: str, instead: str = "") -> str:
    """A name, subject or file name to be shown: one line without what cannot be seen.

    Line breaks and tabs become a blank. `instead` stands for each other character that goes.
    """
    if text.isascii() and text.isprintable():
        return text
    return _visible(_LINE_BREAKS.sub(" ", text), instead)


def shown_text(text: str, instead: str = "") -> str:
    """The same for a text of several lines: tabs and line breaks stay, as LF."""
    if text.isascii() and text.isprintable():
        return text
    lines = _LINE_BREAKS.sub(lambda found: "\t" if found[0] == "\t" else "\n", text)
    return _visible(lines, instead, keep="\n\t")


def shown_address(email: str) -> str:
    """An address for a person: its domain as `shown_domain` gives it.

    What cannot be seen is U+FFFD here: taken out, it would leave the address of somebody else.
    """
    local, at, domain = email.rpartition("@")
    return shown(local, "\ufffd") + at + (shown_domain(domain) if at else shown(domain, "\ufffd"))


def shown_domain(domain: str) -> str:
    """A domain for a person: in its own letters where none of them deceives, else as A-labels (UTS #39 5.2)."""
    folded = fold_domain(domain)
    readable = unfold_domain(folded)
    if readable.isascii():
        return shown(folded, "\ufffd")
    labels = readable.split(".")
    foreign_top = not labels[-1].isascii()
    if all(_is_honest(label, foreign_top=foreign_top) for label in labels):
        return readable
    if folded.isascii():
        return shown(folded, "\ufffd")
    # What IDNA refuses has no A-label; its letters deceive all the same.
    return ".".join(
        shown(label, "\ufffd") if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
        for label in labels
    )


def _is_honest(label: str, *, foreign_top: bool) -> bool:
    if label.isascii():
        return True
    if HIDDEN.search(label) or not is_one_writing(label):
        return False
    # Whole words of another script that read as Latin: under a top level of that script people expect them.
    return foreign_top or not plain(label, accents=False).isascii()


def _visible(text: str, instead: str, keep: str = "") -> str:
    if _RIGHT_TO_LEFT.search(text):
        keep += _DIRECTIONS
    pieces: list[str] = []
    at = 0
    for match in HIDDEN.finditer(text):
        start = match.start()
        if start < at:
            continue  # within a tag sequence that stays
        pieces.append(text[at:start])
        end = _end_of_kept(text, start) if match[0] not in keep else start + 1
        pieces.append(text[start:end] if end else " " if match[0] == "\u2800" else instead)
        at = end or match.end()
    return "".join((*pieces, text[at:]))


def _end_of_kept(text: str, at: int) -> int:
    """Where a hidden character that its neighbours need ends; 0 for one that goes."""
    character = text[at]
    before = text[at - 1] if at else ""
    kept = False
    if character in _JOINERS:
        kept = _joins(text, at)
    elif character in "\ufe0e\ufe0f":
        kept = bool(before) and not HIDDEN.match(before)
    elif "\U000e0100" <= character <= "\U000e01ef" or "\ufe00" <= character <= "\ufe0d":
        kept = bool(_IDEOGRAPH.match(before))  # variants of characters, in Japanese names above all
    elif "\u180b" <= character <= "\u180f":
        kept = bool(_MONGOLIAN.match(before))
    elif character in "\u115f\u1160":
        kept = bool(_JAMO.match(before) or _JAMO.match(text[at + 1 : at + 2]))
    elif before == _FLAG and (tags := _TAGS.match(text, at)):
        return int(tags.end())
    return at + 1 if kept else 0


def _joins(text: str, at: int) -> bool:
    """Whether a joiner does something where it stands (RFC 5892 A.1, A.2; emoji by UTS #51)."""
    before, after = text[at - 1] if at else "", text[at + 1 : at + 2]
    if before and _VIRAMA.match(before):
        return True
    if text[at] == "\u200d" and _PICTURE.match(after):
        # A picture, its variation or skin tone, a joiner, and one more picture.
        back = at - 1
        while back > max(at - 4, 0) and _PICTURE_PART.match(text[back]):
            back -= 1
        return back >= 0 and bool(_PICTURE.match(text[back]))
    back = at - 1
    while back > max(at - 5, 0) and _MARK.match(text[back]) and not _JOINING.match(text[back]):
        back -= 1
    return back >= 0 and bool(_JOINING.match(text[back]) and _JOINING.match(after))
