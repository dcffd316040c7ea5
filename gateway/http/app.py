"""The application: routes, problems and frame put together around a desk."""

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware import Middleware

from gateway import __version__
from gateway.desk.desk import Desk
from gateway.desk.shown import ROOT
from gateway.http.frame import BoundedBody, Frame
from gateway.http.problems import MEDIA, answer_problems
from gateway.http.routes import directory, files, outbox, queue, search, touchpoints
from gateway.http.routes import health as health_routes
from gateway.http.told import ProblemBody
from gateway.watch.health import Health
from gateway.watch.scrape import Scrape

_ERRORS = {
    400: "The request, or its JSON, cannot be read.",
    401: "There is no token, or it is unknown, expired or revoked.",
    403: "You may not do this.",
    404: "It is not there, or you may not see it.",
    405: "The address has no such method.",
    408: "The body did not arrive in time.",
    409: "It cannot be done as things are; the problem says why.",
    413: "It is too large.",
    415: "The body is not JSON by its Content-Type.",
    422: "What was sent is not valid; `errors` says what is wrong with which field.",
    500: "Our own fault; `incident` leads an operator to it.",
    503: "The store cannot be reached; try again after Retry-After.",
}
_DESCRIPTION = """
Touchpoints of customer accounts: those filed from mail, and those that people type in. Every request carries a token:
`Authorization: Bearer tpg_…`, made by an operator with `gateway token create`. Errors are problems (RFC 9457) whose
`detail` says what is wrong and whose `remedy` says what to do. Listings have `items` and `next`, a cursor.
"""


def create_app(desk: Desk, health: Health | None = None, *, metrics: bool = True) -> FastAPI:
    """The API over a desk, ready to be served. `metrics` whether /metrics is part of it.

    Without `health` the checks that need no daemon are made.
    """
    health = health or Health(desk.settings, desk.keys, desk.blobs, clock=desk.clock)
    app = FastAPI(
        title="Touchpoint gateway",
        version=__version__,
        description=_DESCRIPTION.strip(),
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,  # a page that loads its scripts from somebody else's server
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Frame), Middleware(BoundedBody, streamed=ROOT + files.UPLOADS)],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.desk = desk
    app.state.watch = health_routes.Watch(health, Scrape(health))
    whole = APIRouter(prefix=ROOT, responses=_problems())
    for each in (touchpoints, search, files, directory, queue, outbox):
        whole.include_router(each.router)
    app.include_router(whole)
    app.include_router(health_routes.router)
    if metrics:
        app.include_router(health_routes.metrics_router)
    answer_problems(app)
    app.openapi = _described(app)  # type: ignore[method-assign]
    app.state.methods = _methods(app)
    return app


def create_watch(health: Health) -> FastAPI:
    """/metrics, /healthz and /readyz, and nothing else."""
    app = FastAPI(
        title="Touchpoint gateway: how it is",
        version=__version__,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Frame), Middleware(BoundedBody, streamed="")],
    )
    app.state.watch = health_routes.Watch(health, Scrape(health))
    app.include_router(health_routes.router)
    app.include_router(health_routes.metrics_router)
    app.state.methods = lambda _path: "GET"
    answer_problems(app)
    return app


def _problems() -> dict[int | str, dict[str, Any]]:
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": text, "content": content} for status, text in _ERRORS.items()}


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
            parts = problem.pop("$defs", {})
            schema["components"]["schemas"] |= {**parts, "ProblemBody": problem}
            app.openapi_schema = schema
        return app.openapi_schema

    return openapi


def _methods(app: FastAPI) -> Callable[[str], str]:
    """Path → the methods it has, for Allow (RFC 9110 10.2.1): the framework names those of one route alone."""
    known: list[tuple[re.Pattern[str], str]] = []

    def methods(path: str) -> str:
        if not known:
            for template, operations in app.openapi()["paths"].items():
                pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
                known.append((re.compile(f"{pattern}\\Z"), ", ".join(sorted(operations)).upper()))
        return next((allowed for pattern, allowed in known if pattern.match(path)), "")

    return methods
