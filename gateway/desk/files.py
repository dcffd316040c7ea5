"""The files of touchpoints and accounts: attachments read, and made assets of their account."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.desk.actors import require
from gateway.desk.desk import Desk
from gateway.desk.directory import visible_account
from gateway.desk.paging import at_id, cursor
from gateway.desk.problems import missing
from gateway.desk.touchpoints import visible
from gateway.desk.uploads import UNTYPED, media_type
from gateway.mail.pictures import is_picture, picture_type
from gateway.people import for_people
from rules.decision import rfc3339
from rules.message import Attachment
from rules.permissions import Actor
from rules.shown import shown
from storage.assets import Asset, add, get_asset, list_assets
from storage.engine import reading, writing


@dataclass(frozen=True, slots=True)
class Content:
    """A file to be handed out. `content_type` is a media type that can stand in a header.

    `inline` allows it to be seen in the page that asks for it: a picture in the HTML of its touchpoint.
    """

    data: bytes
    filename: str
    content_type: str
    inline: bool = False


def attachment(desk: Desk, actor: Actor, touchpoint_id: int, number: int) -> Content:
    """An attachment of a touchpoint or reply, numbered from 1. Raises Problem 404, BlobMissing, BlobDamaged."""
    with reading(desk.engine) as conn:
        part = _part(conn, actor, touchpoint_id, number)
    return _content(desk.blobs.get(part.sha256), part.filename, part.content_type, inline=part.inline)


def make_asset(desk: Desk, actor: Actor, touchpoint_id: int, number: int) -> tuple[dict[str, Any], bool]:
    """Make an attachment an asset of its account; returns it, and whether it is new. Raises Problem."""
    require(actor, "create")
    with writing(desk.engine) as conn:
        part = _part(conn, actor, touchpoint_id, number)
        row = visible(conn, actor, touchpoint_id)
        made, new = add(conn, row.account_key, part, actor.email, desk.clock())
    return asset_json(made), new


def assets(
    desk: Desk, actor: Actor, account: str, limit: int, after: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of an account's assets, newest first, and the cursor of the next one. Raises Problem."""
    before = at_id(after) if after else None
    with reading(desk.engine) as conn:
        key = visible_account(conn, actor, account).key
        rows = list_assets(conn, key, limit + 1, before)
    shown = rows[:limit]
    return [asset_json(each) for each in shown], cursor(shown[-1].id) if len(rows) > limit else None


def asset(desk: Desk, actor: Actor, account: str, asset_id: int) -> Content:
    """The content of an asset. Raises Problem 404, NotFound, BlobMissing, BlobDamaged."""
    with reading(desk.engine) as conn:
        found = get_asset(conn, visible_account(conn, actor, account).key, asset_id)
    return _content(desk.blobs.get(found.sha256), found.filename, found.content_type)


def asset_json(made: Asset) -> dict[str, Any]:
    """An asset as the outside reads it."""
    value: dict[str, Any] = {
        "id": made.id,
        "filename": made.filename,
        "content_type": made.content_type,
        "size": made.size,
        "sha256": made.sha256,
        "created_by": made.created_by,
        "created_at": rfc3339(made.created_at),
    }
    told: dict[str, Any] = for_people(value)
    return told


def _content(data: bytes, filename: str, content_type: str, *, inline: bool = False) -> Content:
    """A file with the type that its bytes bear out: browsers are told to believe it (nosniff)."""
    media = media_type(content_type)
    if is_picture(media, filename):
        found = picture_type(data)
        return Content(data, shown(filename), found or UNTYPED, inline and bool(found))
    return Content(data, shown(filename), media)


def _part(conn: Connection, actor: Actor, touchpoint_id: int, number: int) -> Attachment:
    row = visible(conn, actor, touchpoint_id)
    if not 1 <= number <= len(row.attachments):
        raise missing(f"Touchpoint {touchpoint_id} has no attachment {number}.")
    return row.attachments[number - 1]
