"""Assets: files that an account keeps, made of attachments; the same content is one asset."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from rules.message import Attachment
from storage.dialects import inserted, name_blobs
from storage.directory import account_id_by_key
from storage.errors import NotFound
from storage.tables import assets


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of an account. `created_by` is the address of who made it one; `size` in bytes."""

    id: int
    sha256: str
    filename: str
    content_type: str
    size: int
    created_by: str
    created_at: datetime


def add(
    conn: Connection, account_key: str, attachment: Attachment, created_by: str, now: datetime
) -> tuple[Asset, bool]:
    """Make an attachment an asset; returns it, and whether it is new. Raises NotFound for an unknown account."""
    account_id = _account_id(conn, account_key)
    values = {
        "account_id": account_id,
        "sha256": attachment.sha256,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "created_by": created_by,
        "created_at": now,
    }
    name_blobs(conn, [attachment.sha256])
    made = conn.execute(
        inserted(conn)(assets).values(values).on_conflict_do_nothing().returning(assets.c.id)
    ).first()
    one = (assets.c.account_id == account_id) & (assets.c.sha256 == attachment.sha256)
    return Asset(*conn.execute(select(*_COLUMNS).where(one)).one()), made is not None


def list_assets(conn: Connection, account_key: str, limit: int, before: int | None = None) -> list[Asset]:
    """A page of an account's assets, newest first, with an id below `before`. Raises NotFound."""
    conditions: list[Any] = [assets.c.account_id == _account_id(conn, account_key)]
    if before is not None:
        conditions.append(assets.c.id < before)
    query = select(*_COLUMNS).where(*conditions).order_by(assets.c.id.desc()).limit(limit)
    return [Asset(*row) for row in conn.execute(query)]


def get_asset(conn: Connection, account_key: str, asset_id: int) -> Asset:
    """One asset of an account. Raises NotFound."""
    one = (assets.c.account_id == _account_id(conn, account_key)) & (assets.c.id == asset_id)
    row = conn.execute(select(*_COLUMNS).where(one)).one_or_none()
    if row is None:
        raise NotFound(f"account {account_key} has no asset {asset_id}")
    return Asset(*row)


_COLUMNS = (
    *(assets.c.id, assets.c.sha256, assets.c.filename, assets.c.content_type, assets.c.size),
    *(assets.c.created_by, assets.c.created_at),
)


def _account_id(conn: Connection, key: str) -> int:
    account_id = account_id_by_key(conn, key)
    if account_id is None:
        raise NotFound(f"there is no account {key}")
    return account_id
