"""The body of a typed touchpoint: text as it is, HTML made harmless and read as text too."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from gateway.desk.drafts import Draft
from gateway.mail.html import html_to_text
from gateway.mail.pictures import is_picture
from gateway.mail.safe_html import for_mail, safe_html
from rules.message import Attachment
from rules.typed import Flaw
from storage.columns import storable

_CID = re.compile(r"""\bsrc=["']?cid:([^"'\s>]{1,998})""", re.IGNORECASE)


def body_of(draft: Draft, flaws: list[Flaw]) -> tuple[str, str] | None:
    """Text and HTML (sanitised, "" for a plain text) of what was given; None when neither was.

    The text has LF line ends and no blanks at its end. What is wrong is added to `flaws`.
    """
    if draft.text is not None and draft.html is not None:
        flaws.append(Flaw("html", "Send the body as text or as html, not as both."))
    if draft.html is not None:
        html = for_mail(storable(draft.html))
        if not html and draft.html.strip():
            if html_to_text(draft.html).strip():
                flaws.append(Flaw("html", "The HTML is nested too deeply or too long; send it as text."))
            return "", ""
        return html_to_text(html), html
    if draft.text is None:
        return None
    return draft.text.replace("\r\n", "\n").replace("\r", "\n").rstrip(), ""


def content_ids(html: str) -> set[str]:
    """The content ids (bare) of the images that sanitised HTML shows."""
    return {unquote(found) for found in _CID.findall(html)}


def shown_html(html: str, attachments: Sequence[Attachment], url: Callable[[int], str]) -> str:
    """The HTML for a page: harmless, inline images at the URL of their attachment (numbered from 1).

    Only pictures that run nothing are shown; an SVG stays an attachment.
    """
    numbers = {
        bare(part.content_id): number
        for number, part in enumerate(attachments, 1)
        if part.content_id and is_picture(part.content_type, part.filename)
    }

    def image(content_id: str) -> str | None:
        number = numbers.get(bare(unquote(content_id)))
        return None if number is None else url(number)

    return safe_html(html, image) if html else ""


def bare(content_id: str) -> str:
    """A content id without its brackets (RFC 2392)."""
    return content_id.strip().removeprefix("<").removesuffix(">")
