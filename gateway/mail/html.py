"""HTML to the text a person reads, laid out as a browser or Outlook would.

lxml (libxml2) takes the markup apart and calls back for each tag; no tree is built. Fed in small pieces and
stopped beyond a depth that no real mail has, its cost is linear: both it and tree-building parsers take minutes for
a few megabytes of unclosed tags.
"""

import re
from html import unescape

from lxml import etree

from gateway.mail.layout import Layout

MAX_HTML = 4 * 1024 * 1024
"""Characters that are read. Longer HTML is images written into it."""

MAX_DEPTH = 1000
MAX_TAGS = 250_000
_PIECE = 4096
_EXTRA_TAGS = re.compile(r"<[^<>]*>")
_DATA_URL = re.compile(r"data:[a-z]{1,20}/[a-z0-9.+-]{1,60};base64,[A-Za-z0-9+/=%\s]*", re.IGNORECASE)
_DROPPED = re.compile(r"<(script|style|head|title)\b", re.IGNORECASE)


class BeyondLayoutError(Exception):
    """The markup is deeper or longer than any mail client writes it."""


class _Target:
    """What lxml calls: hands tags to the layout and watches the depth."""

    def __init__(self) -> None:
        self.layout = Layout()
        self.depth = 0
        self.tags = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.tags += 1
        if self.depth > MAX_DEPTH or self.tags > MAX_TAGS:
            raise BeyondLayoutError
        self.layout.open(tag, attributes)

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.layout.close(tag)

    def data(self, data: str) -> None:
        self.layout.write(data)

    def close(self) -> str:
        return self.layout.text()


def html_to_text(html: str) -> str:
    """The text of an HTML body: LF line ends, quoted text behind "> ", no blanks at the end. Never raises."""
    if len(html) > MAX_HTML:
        html = _DATA_URL.sub("", html)[:MAX_HTML]
    parser = etree.HTMLParser(
        target=_Target(), recover=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        for at in range(0, len(html), _PIECE):
            parser.feed(html[at : at + _PIECE])
        return str(parser.close())
    except (BeyondLayoutError, etree.LxmlError, ValueError, AssertionError):
        return _without_tags(html)


def _without_tags(html: str) -> str:
    """The text of markup that is beyond layout: each tag a line end, whatever was in it gone."""
    text: list[str] = []
    at = 0
    while match := _DROPPED.search(html, at):
        text.append(html[at : match.start()])
        close = html.lower().find(f"</{match[1].lower()}", match.end()) if len(text) < 20 else -1
        at = close if close >= 0 else match.end()
    text.append(html[at:])
    lines = (line.strip() for line in unescape(_EXTRA_TAGS.sub("\n", "".join(text))).splitlines())
    return "\n".join(line for line in lines if line)
