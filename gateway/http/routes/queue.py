"""The mail that waits for a person."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from gateway.desk import queue
from gateway.http.asked import Assignment, Drop
from gateway.http.given import AtDesk, By, Cursor, Id, Limit
from gateway.http.told import AssignedTold, MailTold, Page, QueuedTold

router = APIRouter(prefix="/queue", tags=["queue"])

State = Literal[
    "received",
    "filed",
    "replied",
    "unresolved",
    "quarantined",
    "ignored",
    "passed-on",
    "failed",
    "dropped",
]


@router.get("", response_model=Page[QueuedTold])
def list_queue(
    desk: AtDesk,
    actor: By,
    state: Annotated[
        list[State], Query(max_length=20, description="Default: unresolved, quarantined, failed.")
    ] = [],  # noqa: B006 - never changed
    limit: Limit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List stored mail, oldest first. Needs the permission “queue”, as all of these."""
    items, following = queue.list_(desk, actor, limit, cursor, state)
    return {"items": items, "next": following}


@router.get("/{id}", response_model=MailTold)
def read_mail(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Read what was decided about a mail, why, and everything that happened to it."""
    return queue.show(desk, actor, id)


@router.post("/{id}/assign", response_model=AssignedTold)
def assign_mail(desk: AtDesk, actor: By, id: Id, body: Assignment) -> dict[str, Any]:  # noqa: A002
    """File a waiting mail on an account."""
    return queue.assign(desk, actor, id, body.account, remember=body.remember)


@router.post("/{id}/retry", response_model=QueuedTold)
def retry_mail(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Send a mail through the gateway again, as if it had just come in."""
    return queue.retry(desk, actor, id)


@router.post("/{id}/drop", response_model=QueuedTold)
def drop_mail(desk: AtDesk, actor: By, id: Id, body: Drop | None = None) -> dict[str, Any]:  # noqa: A002
    """Take a mail out of the queue. It stays stored and can be retried."""
    return queue.drop(desk, actor, id, body.reason if body else "")
