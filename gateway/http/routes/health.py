"""How the gateway is, for who watches it. Needs no token and names nobody."""

from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response

from gateway.http.told import Readiness
from gateway.watch.health import Health
from gateway.watch.scrape import Scrape

router = APIRouter(tags=["health"])
metrics_router = APIRouter(tags=["health"])


@dataclass(frozen=True, slots=True)
class Watch:
    """What answers them, for one application."""

    health: Health
    scrape: Scrape


async def _watch(request: Request) -> Watch:
    return cast("Watch", request.app.state.watch)


Watching = Annotated[Watch, Depends(_watch)]


@router.get("/healthz", response_model=dict[str, str])
async def alive() -> dict[str, Any]:
    """Whether the process lives: its event loop turns, or nobody would answer. Looks at nothing else."""
    return {"status": "ok"}


@router.get(
    "/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready."}}
)
async def ready(watch: Watching, response: Response) -> dict[str, Any]:
    """Whether mail goes in and out: 503 when a check is not well. Each is made once a second at most."""
    checks = await watch.health.checks()
    well = all(check.ok for check in checks)
    if not well:
        response.status_code = 503
    return {"ready": well, "checks": {check.name: {"ok": check.ok, "why": check.why} for check in checks}}


@metrics_router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus' text.", "content": {"text/plain": {}}}},
)
async def metrics(watch: Watching, request: Request) -> Response:
    """What is counted and measured, as Prometheus reads it; as OpenMetrics where Accept names that."""
    body, content_type = await watch.scrape.text(request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": content_type})
