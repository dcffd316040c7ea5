"""Plain text parts made ready to read: line ends, flowed lines (RFC 3676), OpenPGP armour (RFC 9580)."""

import re
from collections.abc import Mapping

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_QUOTE_MARKS = re.compile(r">*")
_ENCRYPTED = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)
_SIGNED = re.compile(r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[^\n]{1,1000}\n){0,10}\n", re.MULTILINE)
_SIGNATURE = re.compile(r"^-----BEGIN PGP SIGNATURE-----[ \t]*$", re.MULTILINE)
_SIGNATURE_END = re.compile(r"^-----END PGP SIGNATURE-----[ \t]*\n?", re.MULTILINE)
_HTML_START = re.compile(r"\s*<(?:!doctype html|html|body|head|div|table|p)[\s>]", re.IGNORECASE)
STUB_LIMIT = 400
"""Characters of the longest plain part that may only point to the HTML beside it."""

_STUB_WORDS = ("html", "browser")


def plain_text(text: str, parameters: Mapping[str, str]) -> str:
    """Text of a `text/plain` part with LF line ends, flowed paragraphs joined, without control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    if parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=parameters.get("delsp", "").lower() == "yes")
    return _CONTROL.sub("", text)


def unflow(text: str, *, delete_space: bool) -> str:
    """Flowed lines joined to paragraphs (RFC 3676 4). `delete_space` is the parameter DelSp=yes."""
    paragraphs: list[str] = []
    held: list[str] = []
    held_depth = 0

    def finish() -> None:
        if held:
            paragraphs.append((">" * held_depth + " " if held_depth else "") + "".join(held))
            held.clear()

    for line in text.split("\n"):
        marks = _QUOTE_MARKS.match(line)
        depth = marks.end() if marks else 0
        content = line[depth:].removeprefix(" ")  # undo space-stuffing
        if held and depth != held_depth:
            finish()
        if content == "-- ":
            finish()
            paragraphs.append(">" * depth + (" -- " if depth else "-- "))
            continue
        held_depth = depth
        if content.endswith(" "):
            held.append(content[:-1] if delete_space else content)
        else:
            held.append(content)
            finish()
    finish()
    return "\n".join(
        paragraph.rstrip() if paragraph.strip("> ") == "" else paragraph for paragraph in paragraphs
    )


def is_encrypted(text: str) -> bool:
    """Whether the text holds an inline OpenPGP message."""
    return "-----BEGIN PGP MESSAGE-----" in text and _ENCRYPTED.search(text) is not None


def without_signature_armour(text: str) -> str | None:
    """The text that an inline OpenPGP signature covers, and what stands around it; None when it is not signed."""
    if "-----BEGIN PGP SIGNED MESSAGE-----" not in text:
        return None
    begin = _SIGNED.search(text)
    if not begin:
        return None
    signature = _SIGNATURE.search(text, begin.end())
    end = _SIGNATURE_END.search(text, signature.end()) if signature else None
    covered = text[begin.end() : signature.start() if signature else len(text)]
    after = text[end.end() :] if end else ""
    # Lines that begin with a dash were escaped for the signature (RFC 9580 7.1).
    unescaped = "\n".join(line.removeprefix("- ") for line in covered.split("\n"))
    return text[: begin.start()] + unescaped + after


def is_html(text: str) -> bool:
    """Whether a part that calls itself plain holds HTML."""
    return _HTML_START.match(text[:2000]) is not None and "</" in text


def is_stub(plain: str, from_html: str) -> bool:
    """Whether a plain part only tells the reader to look at the HTML beside it."""
    short = plain.strip().lower()
    if not short:
        return bool(from_html.strip())
    if len(short) > STUB_LIMIT or len(from_html.strip()) < 2 * len(short):
        return False
    return any(word in short for word in _STUB_WORDS) and " ".join(short.split()) not in " ".join(
        from_html.lower().split()
    )


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same, apart from layout and quote marks."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return text.replace(">", " ").replace("*", " ").split()
