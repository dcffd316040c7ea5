"""A draft made into a touchpoint, or everything that is wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from gateway.config.settings import Template
from gateway.desk.bodies import bare, content_ids
from gateway.desk.desk import Desk
from gateway.desk.drafts import Draft, File
from gateway.desk.people import actor_as_participant, mentioned, participants_of
from gateway.mail.filenames import safe_name
from rules.facts import Account
from rules.message import Attachment
from rules.permissions import Actor
from rules.typed import Flaw, flaws
from storage.timeline import TouchpointRow
from storage.touchpoints import NewTouchpoint
from storage.uploads import of_user

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Before it nobody has met a customer of today; a year of three digits is no RFC 3339 either."""

MOST_FILES = 100

_LINE_ENDS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")


def new_touchpoint(
    conn: Connection,
    desk: Desk,
    actor: Actor,
    account: Account,
    draft: Draft,
    body: tuple[str, str] | None,
    found: list[Flaw],
    identity: str,
) -> NewTouchpoint:
    """A new touchpoint of a draft. What is wrong with it is added to `found`."""
    template = _template(desk, draft.template, found)
    catalogue = desk.settings.catalogue()
    if body is None:
        body = (_filled(template.text, account) if template else "", "")
    empty = NewTouchpoint(
        account_key=account.key,
        identity=identity,
        type=draft.type or (template.type if template else ""),
        flow=draft.flow or (template.flow if template else "") or catalogue.flows[0],
        subject=_filled(template.subject, account) if template else "",
        date=desk.clock().replace(microsecond=0),
        way=None,
        author=actor_as_participant(actor),
        filed_by=None,
        text=body[0],
        quoted="",
        comment=None,
        html=body[1],
        sender_trust="verified",
        machine=None,
        encrypted=False,
        template=template.name if template else None,
    )
    return _changed(conn, desk, actor, empty, draft, body, found, fields=None)


def changed_touchpoint(
    conn: Connection,
    desk: Desk,
    actor: Actor,
    row: TouchpointRow,
    draft: Draft,
    body: tuple[str, str] | None,
    found: list[Flaw],
) -> NewTouchpoint:
    """A touchpoint as an edit would leave it; only what is changed is looked at. Mistakes are added to `found`."""
    old = NewTouchpoint(
        account_key=row.account_key,
        identity=row.identity,
        type=row.type,
        flow=row.flow,
        subject=row.subject,
        date=row.date,
        way=row.way,
        author=row.author,
        filed_by=row.filed_by,
        text=row.text,
        quoted=row.quoted,
        comment=row.comment,
        html=row.html,
        sender_trust=row.sender_trust,
        machine=row.machine,
        encrypted=row.encrypted,
        participants=row.participants,
        attachments=row.attachments,
        calendar=row.calendar,
        notices=row.notices,
        reasons=row.reasons,
        template=row.template,
        mentions=row.mentions,
    )
    given = ("type", "flow", "reasons", "subject", "date")
    fields = {name for name in given if getattr(draft, name) is not None}
    fields |= {"body"} if body is not None else set()
    return _changed(conn, desk, actor, old, draft, body, found, fields)


def _changed(
    conn: Connection,
    desk: Desk,
    actor: Actor,
    old: NewTouchpoint,
    draft: Draft,
    body: tuple[str, str] | None,
    found: list[Flaw],
    fields: set[str] | None,
) -> NewTouchpoint:
    """`old` with what the draft gives. Flaws of `fields` alone count, of all with None."""
    site = desk.site()
    text, html = body if body is not None else (old.text, old.html)
    new = replace(
        old,
        type=draft.type or old.type,
        flow=draft.flow or old.flow,
        subject=old.subject if draft.subject is None else _LINE_ENDS.sub(" ", draft.subject),
        date=_moment(draft.date, old.date, found),
        text=text,
        html=html,
        reasons=old.reasons if draft.reasons is None else tuple(dict.fromkeys(draft.reasons)),
    )
    if draft.participants is not None:
        people = participants_of(conn, site, draft.participants, found, old.participants)
        new = replace(new, participants=people)
    if draft.mentions is not None:
        new = replace(new, mentions=mentioned(conn, draft.mentions, found))
    if draft.attachments is not None:
        new = replace(new, attachments=_files(conn, actor, draft.attachments, old, html, found))
    now = desk.clock()
    for flaw in flaws(
        desk.settings.catalogue(),
        type_=new.type,
        flow=new.flow,
        reasons=new.reasons,
        subject=new.subject,
        text=new.text,
        date=new.date,
        now=now,
    ):
        if fields is None or flaw.field in fields:
            body_field = "html" if draft.html is not None else "text"
            found.append(Flaw(body_field, flaw.why) if flaw.field == "body" else flaw)
    return new


def _template(desk: Desk, name: str | None, found: list[Flaw]) -> Template | None:
    if not name:
        return None
    offered = {template.name: template for template in desk.settings.touchpoints.templates}
    if name not in offered:
        names = ", ".join(offered) or "none are set up"
        found.append(Flaw("template", f"{name!r} is no template here; the templates are {names}."))
    return offered.get(name)


def _filled(text: str, account: Account) -> str:
    return text.replace("{account}", account.name)


def _moment(given: datetime | None, old: datetime, found: list[Flaw]) -> datetime:
    """The date in UTC, to the second: more is not shown of it."""
    if given is None:
        return old
    try:
        moment = given.astimezone(UTC).replace(microsecond=0)
    except (OverflowError, ValueError):
        moment = datetime.min.replace(tzinfo=UTC)
    if moment < EARLIEST:
        found.append(Flaw("date", f"The date lies before {EARLIEST.year}; that is too long ago."))
        return old
    return moment


def _files(
    conn: Connection,
    actor: Actor,
    files: Sequence[File],
    old: NewTouchpoint,
    html: str,
    found: list[Flaw],
) -> tuple[Attachment, ...]:
    """The attachments: uploads of the actor, and those kept. An image that the HTML still shows is kept anyway."""
    if len(files) > MOST_FILES:
        found.append(Flaw("attachments", f"A touchpoint has at most {MOST_FILES} attachments."))
        return old.attachments
    shown = content_ids(html)
    uploads = of_user(conn, actor.email, {each.upload for each in files if each.upload is not None})
    kept: set[int] = set()
    parts: list[Attachment] = []
    for each in files:
        if each.number is not None and each.upload is None and 1 <= each.number <= len(old.attachments):
            kept.add(each.number)
            parts.append(old.attachments[each.number - 1])
        elif each.upload in uploads and each.number is None:
            upload = uploads[each.upload]
            name = safe_name(each.filename, upload.filename) if each.filename else upload.filename
            content_id = bare(each.content_id)
            inline = bool(content_id) and content_id in shown
            parts.append(
                Attachment(name, upload.content_type, upload.size, upload.sha256, inline, content_id)
            )
        else:
            found.append(Flaw("attachments", _no_such_file(each)))
    for number, part in enumerate(old.attachments, 1):
        if number not in kept and part.inline and bare(part.content_id) in shown:
            parts.append(part)
    return tuple(parts)


def _no_such_file(each: File) -> str:
    if (each.upload is None) == (each.number is None):
        return "An attachment is either an upload or the number of one that is there."
    if each.upload is not None:
        return (
            f"You have no upload {each.upload}; send the file first (POST /uploads), and use it within a day."
        )
    return f"There is no attachment {each.number} to be kept."
