"""The text and the HTML of a mail, from the pieces its parts hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gateway.mail.html import html_to_text
from gateway.mail.text import STUB_LIMIT, is_html, is_stub, same_words


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of the body as plain text, as HTML, or as both when the sender offered a choice."""

    plain: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """`text` and `html` as in `rules.message.Message`; `origin` is its `text_from`."""

    text: str = ""
    origin: str = ""
    html: str = ""


def chosen(alternatives: Sequence[Sequence[Piece]]) -> list[Piece]:
    """One piece of the parts of a multipart/alternative: the first plain text, the last HTML (RFC 2046 5.1.4)."""
    plain = ""
    html = ""
    for pieces in alternatives:
        if not plain and not any(piece.html for piece in pieces):
            plain = _joined([piece.plain for piece in pieces])
        if any(piece.html for piece in pieces):
            html = _html_of(pieces)
            if not plain:
                plain = (
                    _joined([piece.plain for piece in pieces]) if all(piece.plain for piece in pieces) else ""
                )
    return [Piece(plain, html)] if plain or html else []


def body_of(pieces: Sequence[Piece]) -> Body:
    """The body that a person reads, top to bottom. A piece with both forms gives its plain one if that is useful."""
    pieces = _paired([_sorted(piece) for piece in pieces if piece.plain.strip() or piece.html.strip()])
    texts: list[str] = []
    origins: list[str] = []
    for piece in pieces:
        text, origin = _text_of(piece)
        if text.strip():
            texts.append(text)
            origins.append(origin)
    html = _html_of(pieces) if any(piece.html for piece in pieces) else ""
    origin = "plain" if "plain" in origins else "html" if origins else ""
    return Body(_trimmed(_joined(texts)), origin, html)


def _sorted(piece: Piece) -> Piece:
    """HTML that was sent as plain text goes where it belongs."""
    return Piece("", piece.plain) if not piece.html and is_html(piece.plain) else piece


def _text_of(piece: Piece) -> tuple[str, str]:
    if not piece.html:
        return piece.plain, "plain"
    may_be_stub = len(piece.plain.strip()) <= STUB_LIMIT
    if may_be_stub or is_html(piece.plain):
        converted = html_to_text(piece.html)
        if is_html(piece.plain) or is_stub(piece.plain, converted):
            return converted, "html"
    return piece.plain, "plain"


def _paired(pieces: list[Piece]) -> list[Piece]:
    """A plain part and an HTML part side by side that say the same are one piece: some senders err in the type."""
    if len(pieces) != 2 or pieces[0].html or pieces[1].plain:
        return pieces
    plain, html = pieces[0].plain, pieces[1].html
    return [Piece(plain, html)] if same_words(plain, html_to_text(html)) else pieces


def _html_of(pieces: Sequence[Piece]) -> str:
    """The HTML of pieces in a row; plain ones among them are kept, or their words would be lost on display."""
    if len(pieces) == 1:
        return pieces[0].html
    return "\n".join(piece.html or f"<pre>{escape(piece.plain, quote=False)}</pre>" for piece in pieces)


def _joined(texts: Sequence[str]) -> str:
    texts = [text for text in texts if text.strip()]
    if len(texts) < 2:
        return "".join(texts)
    return "\n\n".join(text.strip("\n") for text in texts)


def _trimmed(text: str) -> str:
    trimmed = text.rstrip()
    # "-- " alone at the end is a signature mark, whose blank counts.
    return trimmed + " " if trimmed.endswith("\n--") and text[len(trimmed) :].startswith(" ") else trimmed
