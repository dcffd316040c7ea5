"""Touchpoints and replies in the form in which the outside reads them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.desk.bodies import shown_html
from gateway.desk.desk import Desk
from gateway.people import for_people
from rules.addresses import address_key
from rules.decision import calendar_json, rfc3339
from rules.message import Attachment
from rules.people import Participant
from rules.recipients import thread_address
from rules.site import Site
from rules.typed import MAX_TEXT
from storage.outgoing import CopyState, copies_of
from storage.timeline import TouchpointRow, count_replies, followed

ROOT = "/api/v1"
"""Where the API is; the URLs of inline images begin so."""

MAX_REPLY_HTML = 200_000
"""Characters of HTML that a reply is shown with in its thread; of a longer one only the text."""


def touchpoints_json(
    conn: Connection, desk: Desk, rows: Sequence[TouchpointRow], *, whole: bool
) -> list[dict[str, Any]]:
    """Touchpoints with what became of their copies, in four queries however many.

    Without `whole` there is no HTML, and texts end after 20,000 characters: a page may hold two hundred of them.
    """
    ids = [row.id for row in rows]
    copies, following, answers = copies_of(conn, ids), followed(conn, ids), count_replies(conn, ids)
    catalogue, site = desk.settings.catalogue(), desk.site()
    found = []
    for row in rows:
        copy_of = {each.recipient_key: each for each in copies.get(row.id, ())}  # the newest counts
        value = {
            **_substance(row, most=None if whole else MAX_TEXT, most_html=None if whole else 0),
            "note": catalogue.is_note(row.type),
            "reasons": list(row.reasons),
            "template": row.template,
            "participants": [
                {**person_json(each), "copy": _copy(copy_of.get(address_key(each.email)))}
                for each in row.participants
            ],
            "mentions": [person_json(each) for each in row.mentions],
            "followers": [
                {"email": email, "name": name, "why": why} for email, name, why in following.get(row.id, ())
            ],
            "thread": row.thread_id,
            "thread_address": _thread_address(site, row),
            "closed": row.closed_at is not None,
            "emailed_externally": row.emailed_externally,
            "replies": answers.get(row.id, 0),
        }
        found.append(for_people(value))
    return found


def replies_json(rows: Sequence[TouchpointRow]) -> list[dict[str, Any]]:
    """Replies of a thread, long ones cut; those of machines are to be shown collapsed."""
    return [
        for_people(
            {
                **_substance(row, most=MAX_TEXT, most_html=MAX_REPLY_HTML),
                "participants": [person_json(each) for each in row.participants],
                "collapsed": row.machine is not None,
            }
        )
        for row in rows
    ]


def person_json(person: Participant) -> dict[str, str]:
    """A person on a touchpoint."""
    return {"email": person.email, "name": person.name, "side": person.side, "known": person.known}


def attachment_json(number: int, part: Attachment) -> dict[str, Any]:
    """An attachment, numbered from 1."""
    return {
        "number": number,
        "filename": part.filename,
        "content_type": part.content_type,
        "size": part.size,
        "sha256": part.sha256,
        "inline": part.inline,
    }


def _substance(row: TouchpointRow, *, most: int | None, most_html: int | None) -> dict[str, Any]:
    """What a touchpoint and a reply have in common: texts up to `most` characters, HTML unless it is longer."""
    html = None
    if most_html is None or (most_html and len(row.html) <= most_html):
        html = shown_html(row.html, row.attachments, lambda number: f"{_path(row.id)}/{number}")
    return {
        "id": row.id,
        "account": {"key": row.account_key, "name": row.account_name},
        "type": row.type,
        "flow": row.flow,
        "date": rfc3339(row.date),
        "subject": row.subject,
        "text": row.text[:most],
        "html": html,
        "quoted": row.quoted[:most],
        "cut": most is not None and max(len(row.text), len(row.quoted)) > most,
        "comment": row.comment,
        "author": person_json(row.author) if row.author else None,
        "filed_by": person_json(row.filed_by) if row.filed_by else None,
        "attachments": [attachment_json(number, part) for number, part in enumerate(row.attachments, 1)],
        "calendar": [calendar_json(event) for event in row.calendar],
        "notices": list(row.notices),
        "encrypted": row.encrypted,
        "way": row.way,
        "machine": row.machine,
        "sender_trust": row.sender_trust,
        "mail": row.mail_id,
        "created_at": rfc3339(row.created_at),
        "changed_at": rfc3339(row.changed_at),
        "version": row.version,
    }


def _path(touchpoint_id: int) -> str:
    return f"{ROOT}/touchpoints/{touchpoint_id}/attachments"


def _thread_address(site: Site, row: TouchpointRow) -> str | None:
    if row.thread_id is not None or site.ring.signing < 0:
        return None
    return thread_address.address(site, row.id)


def _copy(copy: CopyState | None) -> dict[str, Any] | None:
    if copy is None:
        return None
    return {
        "state": copy.state,
        "status": copy.status,
        "diagnostic": copy.diagnostic,
        "at": rfc3339(copy.at),
    }
