"""How the gateway is, for who watches it. Needs no token and names nobody."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from gateway.desk.readiness import readiness
from gateway.http.given import AtDesk
from gateway.http.told import Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=dict[str, str])
def alive() -> dict[str, Any]:
    """Whether the process answers."""
    return {"status": "ok"}


@router.get(
    "/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready."}}
)
def ready(desk: AtDesk, response: Response) -> dict[str, Any]:
    """Whether mail goes in and out: 503 when the database cannot be read, or the relay takes nothing."""
    found = readiness(desk)
    if not found.ready:
        response.status_code = 503
    return asdict(found)
