"""Outgoing mail."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from gateway.desk import outbox
from gateway.http.given import AtDesk, By, Cursor, Id, Limit, MaybeId
from gateway.http.told import EntryTold, Page, WholeEntryTold

router = APIRouter(prefix="/outbox", tags=["outbox"])

State = Literal["waiting", "sent", "undelivered", "failed", "cancelled"]


@router.get("", response_model=Page[EntryTold])
def list_outbox(
    desk: AtDesk,
    actor: By,
    state: Annotated[list[State], Query(max_length=20)] = [],  # noqa: B006 - never changed
    touchpoint: MaybeId = None,
    recipient: Annotated[str, Query(max_length=320, description="An e-mail address.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List outgoing mail, newest first. Needs the permission “outbox”, as all of these."""
    items, following = outbox.list_(
        desk, actor, limit, cursor, states=state, touchpoint_id=touchpoint, recipient=recipient
    )
    return {"items": items, "next": following}


@router.get("/{id}", response_model=WholeEntryTold)
def read_outgoing(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Read an outgoing mail and every attempt at it."""
    return outbox.show(desk, actor, id)


@router.post("/{id}/retry", response_model=WholeEntryTold)
def retry_outgoing(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Try an outgoing mail now; one that was given up or refused begins anew."""
    return outbox.retry(desk, actor, id)


@router.post("/{id}/cancel", response_model=WholeEntryTold)
def cancel_outgoing(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Let a waiting mail never be sent."""
    return outbox.cancel(desk, actor, id)
