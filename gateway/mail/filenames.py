"""Names of attachments that are safe to show and to save."""

import mimetypes
import re
import unicodedata

from rules.shown import shown

MAX_BYTES = 255
"""Octets of a name in UTF-8: the limit of every common file system."""

_MARKS = re.compile("[\u200e\u200f\u061c]")  # of direction: in a name they only hide
_LINE_BREAKS = re.compile(r"[\t\r\n]+")
_FORBIDDEN = re.compile(r'[<>:"|?*]')  # on Windows
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:[ .].*)?\Z", re.IGNORECASE | re.DOTALL
)
_EXTENSION = re.compile(r"\.[^.\s]{1,16}\Z")
# The tables of this Python alone: those of the machine differ from host to host.
_TYPES = mimetypes.MimeTypes()
_PREFERRED = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/tiff": ".tif",
    "audio/mpeg": ".mp3",
    "message/rfc822": ".eml",
    "application/ics": ".ics",
    "application/pgp-encrypted": ".asc",
    "application/pgp-signature": ".asc",
    "application/pgp-keys": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/octet-stream": ".bin",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}


def safe_name(name: str, fallback: str) -> str:
    """The last component of `name` without control, bidi and forbidden characters, at most 255 bytes.

    Blanks and the extension stay. `fallback` is the name of what has none left.
    """
    name = unicodedata.normalize("NFC", _MARKS.sub("", shown(_LINE_BREAKS.sub(" ", name[-4096:]))))
    name = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    name = _FORBIDDEN.sub("_", name).strip().rstrip(". ")
    if not name.strip("._ "):
        return fallback
    if _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name)


def default_name(media: str) -> str:
    """A name for a part that brought none: `image.png`, `attachment.pdf`."""
    extension = _PREFERRED.get(media) or _TYPES.guess_extension(media) or ".bin"
    return ("image" if media.startswith("image/") else "attachment") + extension


def mail_name(subject: str) -> str:
    """The name of an attached mail: its subject, `.eml` at the end."""
    return safe_name(re.sub(r"[/\\]", "_", subject.strip() or "message") + ".eml", "message.eml")


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    match = _EXTENSION.search(name)
    extension = match[0] if match else ""
    room = MAX_BYTES - len(extension.encode())
    stem = name[: len(name) - len(extension)].encode()[:room].decode(errors="ignore")
    return stem.rstrip() + extension
