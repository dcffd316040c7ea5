"""Search."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from gateway.desk.search import search
from gateway.http.given import AtDesk, By, Cursor, Limit
from gateway.http.told import FoundTold, Page
from rules.search import MOST_ASKED

router = APIRouter(prefix="/search", tags=["touchpoints"])

Asked = Annotated[
    str,
    Query(
        max_length=MOST_ASKED,
        description='Words that must all be there; "in quotes" one right after the other; `begin*` for a word that '
        "begins so (three letters or more); `-word` must not be there.",
        examples=['"second site" train* -invoice'],
    ),
]


@router.get("", response_model=Page[FoundTold])
def search_touchpoints(
    desk: AtDesk,
    actor: By,
    q: Asked,
    account: Annotated[str, Query(max_length=200, description="The key of an account.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Find touchpoints and replies, newest first, by subject, text, comment, people and file names."""
    items, following = search(desk, actor, q, account, limit, cursor)
    return {"items": items, "next": following}
