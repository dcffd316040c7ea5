"""Touchpoints."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response

from gateway.desk import editing, touchpoints
from gateway.http.asked import ChangedTouchpoint, Moment, NewTouchpoint
from gateway.http.given import AtDesk, By, Cursor, Id, Limit, Text
from gateway.http.told import Page, ReplyTold, TouchpointTold

router = APIRouter(prefix="/touchpoints", tags=["touchpoints"])

Names = Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=100)]
IdempotencyKey = Annotated[
    str,
    Header(
        max_length=200,
        description="Any text of yours, a new one for each touchpoint. Sent again, nothing is written twice.",
    ),
]


@router.post(
    "",
    status_code=201,
    response_model=TouchpointTold,
    responses={200: {"model": TouchpointTold, "description": "It was written before with this key."}},
)
def create_touchpoint(
    desk: AtDesk, actor: By, body: NewTouchpoint, response: Response, idempotency_key: IdempotencyKey = ""
) -> dict[str, Any]:
    """Write a touchpoint, and e-mail it if you like.

    External people get mail only with `confirm_external`, and only as far as the site's scope allows.
    """
    value, new = touchpoints.create(desk, actor, body.draft(), idempotency_key)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/api/v1/touchpoints/{value['id']}"
    return value


@router.get("", response_model=Page[TouchpointTold])
def list_touchpoints(
    desk: AtDesk,
    actor: By,
    account: Annotated[str, Query(max_length=200, description="The key of an account.")] = "",
    flow: Names = [],  # noqa: B006 - never changed
    type: Names = [],  # noqa: A002, B006
    notes: Annotated[
        Literal["true", "false"] | None, Query(description="Internal notes alone, or none.")
    ] = None,
    since: Annotated[Moment | None, Query(description="Not before; counts in.")] = None,
    until: Annotated[Moment | None, Query(description="Before; does not count in.")] = None,
    q: Text = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List touchpoints without their replies, newest first."""
    chosen = touchpoints.Chosen(
        account=account,
        types=type,
        flows=flow,
        notes=None if notes is None else notes == "true",
        since=since,
        until=until,
        text=q,
    )
    items, following = touchpoints.list_(desk, actor, chosen, limit, cursor)
    return {"items": items, "next": following}


@router.get("/{id}", response_model=TouchpointTold)
def read_touchpoint(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Read a touchpoint whole, or a reply."""
    return touchpoints.read(desk, actor, id)


@router.patch("/{id}", response_model=TouchpointTold)
def edit_touchpoint(desk: AtDesk, actor: By, id: Id, body: ChangedTouchpoint) -> dict[str, Any]:  # noqa: A002
    """Change a touchpoint: what you give, on the `version` you have read. Its account never changes.

    `email.to` says who gets it again: everyone, those added by this change, or nobody.
    """
    return editing.edit(desk, actor, id, body.draft(), body.version)


@router.delete("/{id}", status_code=204, response_class=Response)
def delete_touchpoint(desk: AtDesk, actor: By, id: Id) -> Response:  # noqa: A002
    """Delete a touchpoint with its replies, or one reply. What waits to be sent of it is not sent."""
    touchpoints.delete(desk, actor, id)
    return Response(status_code=204)


@router.get("/{id}/replies", response_model=Page[ReplyTold])
def list_replies(
    desk: AtDesk,
    actor: By,
    id: Id,  # noqa: A002
    limit: Limit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """List the replies in a thread, oldest first."""
    items, following = touchpoints.replies(desk, actor, id, limit, cursor)
    return {"items": items, "next": following}


@router.put("/{id}/following", status_code=204, response_class=Response)
def follow_touchpoint(desk: AtDesk, actor: By, id: Id) -> Response:  # noqa: A002
    """Get the replies to a touchpoint by mail from now on."""
    touchpoints.set_following(desk, actor, id, following=True)
    return Response(status_code=204)


@router.delete("/{id}/following", status_code=204, response_class=Response)
def unfollow_touchpoint(desk: AtDesk, actor: By, id: Id) -> Response:  # noqa: A002
    """Get no more replies to a touchpoint, whoever copies or mentions you later."""
    touchpoints.set_following(desk, actor, id, following=False)
    return Response(status_code=204)


@router.post("/{id}/close", response_model=TouchpointTold)
def close_thread(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Let the thread take no more replies by mail."""
    return touchpoints.set_closed(desk, actor, id, closed=True)


@router.post("/{id}/reopen", response_model=TouchpointTold)
def reopen_thread(desk: AtDesk, actor: By, id: Id) -> dict[str, Any]:  # noqa: A002
    """Let the thread take replies again."""
    return touchpoints.set_closed(desk, actor, id, closed=False)
