"""What stands around every request: bounds for its body, headers for its answer, a line in the log."""

import asyncio
from time import perf_counter

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import metrics
from gateway.desk.problems import Problem, too_large, too_slow
from gateway.http.problems import problem_response, unexpected

log = structlog.get_logger("gateway.http")

MAX_JSON = 1024 * 1024
"""Bytes of a body in JSON: a touchpoint's text takes 80,000 at most, its HTML some more."""

BODY_SECONDS = 30.0
"""How long a body in JSON may take to arrive."""

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Frame:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 0

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception as error:  # noqa: BLE001 - it is logged, with a number that the answer names
            response = unexpected(error)
            if not status:
                await response(scope, receive, send_safely)
        finally:
            seconds = perf_counter() - began
            # The template, never the path: that holds ids and keys, and whatever a stranger asks for.
            metrics.asked(scope["method"], getattr(scope.get("route"), "path", metrics.NONE), status, seconds)
            milliseconds = round(seconds * 1000, 1)
            # The path holds ids and keys; what is looked for stands in the query, and is left out.
            log.debug("request", method=scope["method"], path=scope["path"], status=status, ms=milliseconds)


class BoundedBody:
    """Bodies are read, up to a bound, before anything looks at them; those of uploads go through as they come."""

    def __init__(self, app: ASGIApp, streamed: str) -> None:
        self._app = app
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over a request whose body is small enough; answer 413 or 408 for any other."""
        if scope["type"] != "http" or scope["path"] == self._streamed:
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length[:20]) > MAX_JSON:
            await problem_response(_too_large())(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive)
        except TimeoutError:
            await problem_response(too_slow(BODY_SECONDS), {"Connection": "close"})(scope, receive, send)
            return
        if body is None:
            await problem_response(_too_large())(scope, receive, send)
            return
        read = False

        async def replay() -> Message:
            nonlocal read
            if read:
                return await receive()
            read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None for one that is too large. What arrives of one that is broken off counts as it is."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(pieces)
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > MAX_JSON:
            return None
        if not message.get("more_body", False):
            return b"".join(pieces)


def _too_large() -> Problem:
    return too_large(
        f"A request has at most {MAX_JSON // 1024**2} MiB of JSON.",
        "Send files as uploads (POST /uploads), and a text of at most 20,000 characters.",
    )
