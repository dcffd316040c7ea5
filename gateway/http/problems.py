"""Every error as a problem in JSON (RFC 9457), with a sentence for a person and nothing of our insides."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.desk.problems import Problem, of_storage
from gateway.people import for_people
from rules.typed import Flaw
from storage.errors import DatabaseLocked, StorageError

log = structlog.get_logger("gateway.http")

MEDIA = "application/problem+json"
TYPE = "urn:touchpoint-gateway:problem:"
"""What `type` begins with. It is a name and leads nowhere (RFC 9457 3.1.1)."""

RETRY_SECONDS = 5
_PLACES = frozenset({"body", "query", "path", "header"})
_MOST_FLAWS = 50
_SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field here.",
    "string_unicode": "This is no Unicode text.",
}
"""In place of the words of the validator."""


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The answer for a problem, with the headers that its status asks for."""
    value: dict[str, Any] = {
        "type": TYPE + problem.slug,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        shown = problem.errors[:_MOST_FLAWS]
        value["errors"] = [{"field": flaw.field, "why": flaw.why} for flaw in shown]
    if problem.remedy:
        value["remedy"] = problem.remedy
    needed = dict(headers or {})
    if problem.status == 401:
        needed["WWW-Authenticate"] = 'Bearer realm="touchpoints"'
    if problem.status == 503:
        needed["Retry-After"] = str(RETRY_SECONDS)
    content = json.dumps(for_people(value | more), ensure_ascii=False).encode()
    return Response(content, problem.status, needed, MEDIA)


def unexpected(error: Exception) -> Response:
    """The answer for what nobody has thought of: a number that leads to the log, and no more."""
    incident = secrets.token_hex(6)
    log.error("request failed", incident=incident, exc_info=error)
    detail = "Something went wrong here; it is our fault and not yours."
    remedy = f"Try again later, or tell an operator the incident {incident}."
    return problem_response(Problem(500, "internal", "Our fault", detail, remedy=remedy), incident=incident)


def answer_problems(app: FastAPI) -> None:
    """Let an application answer every error so."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(StorageError, _storage)
    app.add_exception_handler(PoolTimeout, _too_busy)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error)


async def _storage(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    problem = of_storage(error)
    if problem is None:
        return unexpected(error)
    if problem.status == 503:
        log.error("store not available", why=str(error))
    return problem_response(problem)


async def _too_busy(request: Request, error: Exception) -> Response:
    return await _storage(request, DatabaseLocked(str(error)))


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    in_body = any(each["loc"][:1] == ("body",) for each in found)
    if any(each["type"] == "json_invalid" for each in found):
        detail = "The body is no JSON."
        return problem_response(
            Problem(400, "no-json", "Not JSON", detail, remedy="Send it as JSON in UTF-8.")
        )
    if in_body and not _is_json(request):
        detail = "The body is not sent as JSON."
        remedy = "Send it with Content-Type: application/json."
        return problem_response(Problem(415, "media-type", "Unsupported media type", detail, remedy=remedy))
    flaws = [Flaw(_field(each["loc"]), _why(each)) for each in found]
    count = len(flaws)
    detail = flaws[0].why if count == 1 else f"{count} things are wrong with what was sent."
    problem = Problem(422, "invalid", "Not valid", detail, errors=flaws, remedy="Mend it and send it again.")
    return problem_response(problem)


async def _http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: unknown paths, methods that a path does not have, odd bodies."""
    assert isinstance(error, HTTPException)
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    match error.status_code:
        case 404:
            detail, remedy = (
                "There is nothing at this address.",
                "GET /api/v1/openapi.json says what there is.",
            )
            return problem_response(Problem(404, "not-found", "Not found", detail, remedy=remedy))
        case 405:
            allowed = request.app.state.methods(request.url.path) or headers.get("Allow", "")
            headers = {"Allow": allowed}
            detail = f"{request.method[:20]} is not possible here; {allowed} is."
            return problem_response(Problem(405, "method", "Method not allowed", detail), headers)
        case _:
            detail = "The request cannot be understood."
            slug, title = "bad-request", "Bad request"
            return problem_response(Problem(error.status_code, slug, title, detail), headers)


def _is_json(request: Request) -> bool:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def _field(place: Sequence[str | int]) -> str:
    inside = place[1:] if place and place[0] in _PLACES else place
    return ".".join(str(each) for each in inside) or "body"


def _why(each: Mapping[str, Any]) -> str:
    text = _SENTENCES.get(each["type"]) or str(each["msg"]).removeprefix("Value error, ")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
