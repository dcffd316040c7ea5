"""What routes are given: the desk, who acts, pages and ids within bounds."""

from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.desk.actors import actor_of
from gateway.desk.desk import Desk
from gateway.desk.paging import MOST
from gateway.desk.problems import unauthenticated
from rules.permissions import Actor

_MAX_ID = (1 << 63) - 1
"""Ids are integers of 64 bits in every database."""

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token of a Totango user: `Authorization: Bearer tpg_…` (gateway token create).",
)


async def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


def _actor(
    desk: Annotated[Desk, Depends(_desk)],
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Actor:
    if sent is None:
        raise unauthenticated("The request carries no token.")
    return actor_of(desk, sent.credentials)


AtDesk = Annotated[Desk, Depends(_desk)]
By = Annotated[Actor, Depends(_actor)]
Id = Annotated[int, Path(ge=1, le=_MAX_ID, description="The number of it.", examples=[42])]
Number = Annotated[int, Path(ge=1, le=100_000, description="Which attachment, counted from 1.", examples=[1])]
AccountKey = Annotated[
    str, Path(max_length=200, description="The key of an account, letter case ignored.", examples=["acme"])
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
Cursor = Annotated[
    str, Query(max_length=2000, description="`next` of the page before; leave it out for the first page.")
]
Text = Annotated[str, Query(max_length=200, description="Looked for, letter case ignored.")]
MaybeId = Annotated[int | None, Query(ge=1, le=_MAX_ID)]
