"""HTML of strangers made harmless: no scripts, styles, remote images or trackers (nh3, which is ammonia in Rust)."""

import re
from collections.abc import Callable
from urllib.parse import quote

import nh3
from lxml import etree

MAX_HTML = 1024 * 1024
"""Characters that are cleaned. Mail that is longer as HTML is shown as text."""

MAX_DEPTH = 150
MAX_TAGS = 50_000
"""Beyond either the cleaner's time grows with their product: a megabyte of unclosed tags took it two minutes."""

_PIECE = 4096

_TAGS = """
    a abbr b blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins li
    ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul wbr
"""
TAGS = frozenset(_TAGS.split())

ATTRIBUTES = {
    "a": {"href", "title"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "font": {"color", "size"},
    "img": {"src", "alt", "width", "height", "title"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width", "align"},
    "td": {"colspan", "rowspan", "align", "valign", "width"},
    "th": {"colspan", "rowspan", "align", "valign", "width", "scope"},
    "tr": {"align", "valign"},
    "div": {"align", "dir"},
    "p": {"align", "dir"},
    "blockquote": {"type"},
}

GONE_WITH_CONTENT = {
    "script",
    "style",
    "head",
    "title",
    "noscript",
    "template",
    "iframe",
    "object",
    "svg",
    "math",
}

LINKS = ("http://", "https://", "mailto:", "tel:")
"""How a link begins that stays one."""

_NOT_IN_ID = re.compile(r"[/\\:?#]")

Image = Callable[[str], str | None]
"""From a content id (bare, without brackets) to the URL of that inline image, or None when there is none."""


def safe_html(html: str, image: Image = lambda _content_id: None) -> str:
    """A fragment that can be shown on a page of ours. Only inline images stay, at the URL that `image` gives.

    A link opens without telling where it was followed from. HTML that is too large or too deep comes back as "": show
    the text instead.
    """
    return _clean(html, image)


def for_mail(html: str) -> str:
    """A fragment that can be sent on: inline images keep their `cid:` (RFC 2392 2: an id, escaped, and no path)."""
    return _clean(html, lambda content_id: f"cid:{_NOT_IN_ID.sub(_escaped, content_id)}")


def _escaped(match: re.Match[str]) -> str:
    return quote(match[0], safe="")


def _clean(html: str, image: Image) -> str:
    if not _is_bounded(html):
        return ""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "a" and attribute == "href":
            # A relative one would lead into our own pages.
            return value if value.strip().lower().startswith(LINKS) else None
        if tag != "img" or attribute != "src":
            return value
        scheme, _, content_id = value.strip().partition(":")
        return image(content_id) if scheme.lower() == "cid" and content_id else None

    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        clean_content_tags=GONE_WITH_CONTENT,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        attribute_filter=keep,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


class _Beyond(Exception):  # noqa: N818 - what the markup is
    """The markup is deeper or longer than any mail client writes it."""


class _Counter:
    """What lxml calls for each tag."""

    def __init__(self) -> None:
        self.depth = 0
        self.tags = 0

    def start(self, _tag: str, _attributes: dict[str, str]) -> None:
        self.depth += 1
        self.tags += 1
        if self.depth > MAX_DEPTH or self.tags > MAX_TAGS:
            raise _Beyond

    def end(self, _tag: str) -> None:
        self.depth -= 1

    def close(self) -> None:
        """Nothing to give back."""


def _is_bounded(html: str) -> bool:
    """Whether cleaning it takes no longer than its size lets one expect; told in small pieces, without a tree."""
    if len(html) > MAX_HTML or html.count("<") > MAX_TAGS:
        return False
    parser = etree.HTMLParser(target=_Counter(), recover=True, huge_tree=True)
    try:
        for at in range(0, len(html), _PIECE):
            parser.feed(html[at : at + _PIECE])
        parser.close()
    except (_Beyond, etree.LxmlError, ValueError, AssertionError):
        return False
    return True
