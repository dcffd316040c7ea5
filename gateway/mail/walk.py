"""The walk over one mail's parts: what is text, what is attached, what is a mail of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from gateway.mail.allowance import Allowance
from gateway.mail.body import Piece, chosen
from gateway.mail.calendar import read_events
from gateway.mail.charsets import decode
from gateway.mail.smime import kind_of, signed_content
from gateway.mail.text import is_encrypted, plain_text, without_signature_armour
from gateway.mail.tnef import SIGNATURE as TNEF_SIGNATURE
from gateway.mail.tnef import unpack
from gateway.mail.tree import Part, Tree
from rules.message import CalendarEvent

_TEXT = frozenset({"text/plain", "text/html", "text/markdown", "text/x-markdown", "application/xhtml+xml"})
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_OTHER_RENDERINGS = frozenset({"text/x-amp-html", "text/watch-html"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_DETACHED = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_UNTYPED = frozenset({"application/octet-stream", "application/eml", "application/x-eml", "text/plain"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_REPORT_PARTS = frozenset(
    {
        *("message/delivery-status", "message/global-delivery-status", "message/feedback-report"),
        *("message/disposition-notification", "message/global-disposition-notification"),
        *("text/rfc822-headers", "message/global-headers", "message/rfc822-headers"),
    }
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Something to be kept beside the text. `name` is what the sender called it; `mail` is set for a nested mail.

    `part` is where it stood, None for what was unpacked.
    """

    name: str
    media: str
    content: bytes
    content_id: str = ""
    location: str = ""
    mail: Part | None = None
    part: Part | None = None


@dataclass(slots=True)
class Findings:
    """What the walk found, in the order of the mail."""

    pieces: list[Piece] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    calendar: list[CalendarEvent] = field(default_factory=list)
    fallback: list[Piece] = field(default_factory=list)
    signed: bool = False
    encrypted: bool = False
    notices: list[str] = field(default_factory=list)


class Walk:
    """One walk over the parts of one mail; nested mails are found, not entered."""

    def __init__(self, allowance: Allowance, zone: tzinfo | None) -> None:
        """`zone` is that of the mail's date, for calendar times without one."""
        self.found = Findings()
        self._zone = zone
        self._allowance = allowance

    def run(self, root: Part) -> Findings:
        """Walk the tree below `root`, which is the mail itself."""
        self.found.pieces = self._visit(root, body=True)
        if not self.found.pieces:
            self.found.pieces = self.found.fallback
        return self.found

    def _visit(self, part: Part, *, body: bool) -> list[Piece]:
        """The pieces of the body below `part`. `body` says that nothing but a disposition makes text an attachment."""
        if part.media.startswith("multipart/") and part.children():
            return self._multipart(part)
        disposition, parameters = part.disposition()
        name = parameters.get("filename") or part.parameters.get("name", "")
        if part.media in _OTHER_RENDERINGS:
            return []
        if part.media in _TEXT and disposition != "attachment" and (body or not name):
            return self._text(part)
        if part.media in ("text/calendar", "application/ics") and self._calendar(part):
            if name or disposition == "attachment":
                self._keep(part, name)
            return []
        if part.media in _SMIME or (name.lower() == "smime.p7m" and part.media == "application/octet-stream"):
            return self._smime(part, name)
        if part.media in _TNEF or name.lower() == "winmail.dat":
            self._tnef(part, name)
            return []
        if part.media.startswith("message/") and part.children() and part.media not in _REPORT_PARTS:
            self._mail(part, name)
        elif name.lower().endswith(".eml") and part.media in _UNTYPED and (mail := self._opened(part)):
            self.found.kept.append(Kept(name, "message/rfc822", mail.octets(), _content_id(part), mail=mail))
        else:
            self._keep(part, name)
        return []

    def _multipart(self, part: Part) -> list[Piece]:
        children = part.children()
        kind = part.media.removeprefix("multipart/")
        if kind == "alternative":
            return chosen([self._visit(child, body=True) for child in children])
        if kind == "related":
            return self._related(part, children)
        if kind == "signed":
            self.found.signed = True
            pieces = self._visit(children[0], body=True)
            return pieces + self._each([child for child in children[1:] if child.media not in _DETACHED])
        if kind == "encrypted":
            self.found.encrypted = True
            return self._each([child for child in children if child.media != "application/pgp-encrypted"])
        if kind == "report":
            pieces = self._visit(children[0], body=True)
            return pieces + self._each([child for child in children[1:] if child.media not in _REPORT_PARTS])
        if kind == "appledouble":
            # The resource fork of a Macintosh file says nothing to anybody else (RFC 1740).
            return self._each([child for child in children if child.media != "application/applefile"])
        return self._each(children)

    def _each(self, children: Sequence[Part]) -> list[Piece]:
        return [piece for child in children for piece in self._visit(child, body=False)]

    def _related(self, part: Part, children: Sequence[Part]) -> list[Piece]:
        """RFC 2387: one part is the body, by `start` or by being first; the others belong to it."""
        start = part.parameters.get("start", "").strip("<>")
        root = next((child for child in children if start and _content_id(child) == start), children[0])
        pieces = self._visit(root, body=True)
        for child in children:
            if child is root:
                continue
            if child.media in _TEXT:
                self._keep(child, "")
            else:
                pieces = pieces + self._visit(child, body=False)
        return pieces

    def _text(self, part: Part) -> list[Piece]:
        text = decode(part.content(text=True), part.parameters.get("charset", ""))
        if part.media in _HTML:
            return [Piece(html=text)] if text.strip() else []
        text = plain_text(text, part.parameters)
        self.found.encrypted = self.found.encrypted or is_encrypted(text)
        covered = without_signature_armour(text)
        if covered is not None:
            self.found.signed = True
            text = covered
        return [Piece(plain=text)] if text.strip() else []

    def _calendar(self, part: Part) -> bool:
        """Read the events of a part; false when there are none to be read, and the part is an attachment."""
        charset = part.parameters.get("charset", "utf-8")
        try:
            events = read_events(part.content(), charset, part.parameters.get("method", ""), self._zone)
        except ValueError:
            events = ()
        if not events:
            self._note("A calendar entry in the mail could not be read.")
        self.found.calendar.extend(event for event in events if event not in self.found.calendar)
        return bool(events)

    def _smime(self, part: Part, name: str) -> list[Piece]:
        """An opaque S/MIME part (RFC 8551 3): signed content is shown, encrypted content stays shut."""
        content = part.content()
        kind = kind_of(content) or part.parameters.get("smime-type", "").removesuffix("-data")
        if kind.startswith(("enveloped", "authenveloped")):
            self.found.encrypted = True
        elif kind == "signed":
            self.found.signed = True
            inner = signed_content(content) if self._allowance.open() else None
            if inner is not None:
                tree = Tree(inner)
                for notice in tree.notices:
                    self._note(notice)
                return self._visit(tree.root, body=True)
            self._note("The signed content of the mail could not be read.")
        self._keep(part, name or "smime.p7m")
        return []

    def _tnef(self, part: Part, name: str) -> None:
        content = part.content()
        unpacked = unpack(content) if content.startswith(TNEF_SIGNATURE) and self._allowance.open() else None
        if unpacked is None:
            self._note(f"{name or 'winmail.dat'} could not be unpacked and is kept as it came.")
            self._keep(part, name or "winmail.dat")
            return
        for inner, data in unpacked.attachments:
            self.found.kept.append(Kept(inner, "", data))
        if unpacked.text.strip() or unpacked.html.strip():
            self.found.fallback.append(Piece(plain_text(unpacked.text, {}), unpacked.html))
        if not unpacked.complete:
            self._note(f"Not everything in {name or 'winmail.dat'} could be unpacked.")
            self._keep(part, name or "winmail.dat")

    def _mail(self, part: Part, name: str) -> None:
        child = part.children()[0]
        if part.media in ("message/rfc822", "message/global", "message/news"):
            self.found.kept.append(
                Kept(name, "message/rfc822", child.octets(), _content_id(part), mail=child, part=part)
            )
        else:
            self._keep(part, name)

    def _opened(self, part: Part) -> Part | None:
        """The mail in a file that is one by its name alone, as webmail services attach them."""
        if not self._allowance.open():
            return None
        mail = Tree(part.content()).root
        return mail if "from" in mail and ("date" in mail or "subject" in mail) else None

    def _keep(self, part: Part, name: str) -> None:
        content = part.content()
        location = str(part.get("content-location", "")).strip()
        if not part.decodes():
            self._note(f"The attachment {name} could not be decoded and is kept as it came.")
        self.found.kept.append(Kept(name, part.media, content, _content_id(part), location, part=part))

    def _note(self, notice: str) -> None:
        if notice not in self.found.notices:
            self.found.notices.append(notice)


def _content_id(part: Part) -> str:
    return str(part.get("content-id", "")).strip().strip("<>").strip()[:998]
