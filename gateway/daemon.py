"""The daemon: listener, intake, filing workers, outbound and API, started in order and stopped in order."""

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import notify
from gateway.calls import answer_calls
from gateway.config import Settings
from gateway.config.files import certificate_end
from gateway.config.values import Listen
from gateway.filing.directory import known
from gateway.filing.supervisor import Supervisor
from gateway.intake.committer import Report
from gateway.intake.committing import Forked
from gateway.intake.intake import Commits, Intake, StartCommits
from gateway.intake.process import CommittingProcess
from gateway.intake.thread import CommittingThread
from gateway.memory import give_back_what_is_freed, give_way_soon, start_of_much
from gateway.open_files import allow_connections
from gateway.outbound.process import SendingProcess
from gateway.retention import kept_up
from gateway.site import sites
from gateway.smtp.handler import Authenticate, Handler, Login, Lookup
from gateway.smtp.login import log_in
from gateway.smtp.options import Options, options_from
from gateway.smtp.server import Server
from gateway.smtp.tls import TlsError
from gateway.sockets import bound, listening, written
from gateway.watch.disk import watch_disk
from gateway.watch.health import Health, Processes
from gateway.watch.lag import watch_lag
from rules.recipients import Known, RecipientQuery
from storage.blobs import open_blobs
from storage.engine import open_async_engine, open_engine, read_only
from storage.errors import DiskFailed
from storage.postgresql import MAIL, OUTBOX
from storage.shelf import EngineShelf

log = structlog.get_logger("gateway.daemon")

SESSIONS_SECONDS = 20.0
"""How long sessions in the middle of a message may take to finish it once the daemon is told to stop."""

WORKERS_SECONDS = 6.0
"""How long the workers may then take to finish the mail at hand. What they do not finish is done after a start."""

LAST_RESORT_SECONDS = 29.0
"""When the process leaves whatever holds it: an operator, and systemd, were promised thirty seconds."""


async def run(
    settings: Settings,
    forked: Forked,
    inherited: Sequence[tuple[str, socket.socket]] = (),
    started: Callable[[Sequence[str]], None] = lambda _addresses: None,
) -> None:
    """Take mail and file it until SIGTERM or SIGINT. The database is at this program's revision already.

    `forked` was forked before there was a loop. `inherited` are sockets of systemd, which then take the place of the
    configured ones; `started` is told the addresses once the daemon listens. Raises ListenError, TlsError and
    BlobsUnavailable when it cannot start; DiskFailed, once everything has stopped, when a write or an fsync failed.
    """
    give_back_what_is_freed()
    give_way_soon()
    gc.freeze()  # the modules of the daemon
    stop = asyncio.Event()
    failures: list[DiskFailed] = []
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _told_to_stop, stop, number)

    def failed() -> None:
        failures.append(DiskFailed("the disk did not take what was written; what it was is in the log"))
        _stop(stop)

    async with AsyncExitStack() as stack:
        supervisor = Supervisor(settings)
        commits = _committing(settings, forked)
        blobs = open_blobs(settings.blobs_place)
        options = _within_open_files(options_from(settings))
        intake = Intake(
            _starting(settings, commits),
            blobs,
            wake=supervisor.wake,
            failed=failed,
            inline_limit=int(settings.storage.inline_raw_limit),
            sessions=options.limits.connections,
            alone=settings.database_file is not None,
        )
        site = sites(settings)
        sending = SendingProcess(settings)
        sending.start()
        stack.push_async_callback(sending.stop, WORKERS_SECONDS)
        health = Health(
            settings,
            lambda: site().ring,
            blobs,
            processes=lambda: _processes(settings, supervisor, sending, commits),
        )
        stack.callback(health.close)
        await stack.enter_async_context(_running(watch_lag(), "lag"))
        await stack.enter_async_context(_running(watch_disk(health.disk, health.threads), "disk"))
        listens = asyncio.Event()

        async def answer(place: Listen | None, serve: str, *told: Any, **options: Any) -> str:
            """Open a place of HTTP now, and answer there once mail comes in; its address, "" for none."""
            if place is None:
                return ""
            opened = stack.enter_context(listening(await bound(place)))
            answering = _answer(listens, serve, *told, sockets=opened, **options)
            await stack.enter_async_context(_running(answering, serve, ended=stop.set))
            return written(opened[0].getsockname())

        watch = await answer(settings.http.metrics_listen, "serve_watch", settings, health)
        api = await answer(
            settings.http.listen,
            "serve_http",
            settings,
            lambda: site().ring,
            blobs=blobs,
            wake=sending.wake,
            health=health,
        )
        lookup, authenticate = await stack.enter_async_context(_directory(settings))
        supervisor.start()
        stack.push_async_callback(supervisor.stop, WORKERS_SECONDS)
        await intake.start()
        stack.push_async_callback(intake.stop)
        if not os.isatty(0):  # a terminal that hangs up ends what was started in it
            loop.add_signal_handler(signal.SIGHUP, _renew_certificate, settings, options)
        server = Server(
            options, Handler(site, lookup, intake, options.limits, health.disk.has_room, authenticate)
        )
        await server.start(() if inherited else settings.smtp.listen, inherited)
        stack.push_async_callback(server.drain, SESSIONS_SECONDS)
        await stack.enter_async_context(kept_up(settings, blobs, failed=failed))
        if settings.database_file is None:
            answers = {MAIL: supervisor.wake, OUTBOX: sending.wake}
            calls = answer_calls(settings.database_url, answers)
            await stack.enter_async_context(_running(calls, "calls", ended=stop.set))
        await stack.enter_async_context(_watchdog())
        addresses = server.addresses
        log.info(
            "listening", addresses=addresses, workers=settings.filing.processes, api=api, metrics=watch or api
        )
        notify.ready(f"listening on {', '.join(addresses)}")
        started(addresses)
        listens.set()
        await stop.wait()
        health.stopping = True
        notify.stopping("draining")
        log.info("draining")
    log.info("stopped")
    if failures:
        raise failures[0]


def _committing(settings: Settings, forked: Forked) -> CommittingProcess | None:
    """The process that commits to SQLite. PostgreSQL is a process of its own, and none is wanted beside it."""
    if settings.database_file is None:
        forked.dismiss()
        return None
    try:
        forked.tell(str(settings.database_file))
    except BrokenPipeError:
        log.error("the committing process has ended, a thread does its work")
        forked.dismiss()
        return None
    return CommittingProcess(forked)


def _starting(settings: Settings, process: CommittingProcess | None) -> StartCommits:
    """Commits in the process; where there is none, or should it end, in a thread: no other can be forked by now."""
    first = [process] if process is not None else []

    async def start(heard: Callable[[Report], None], lost: Callable[[], None]) -> Commits:
        commits = first.pop() if first else CommittingThread(EngineShelf(open_engine(settings.database_url)))
        await commits.start(heard, lost)
        return commits

    return start


def _processes(
    settings: Settings, supervisor: Supervisor, sending: SendingProcess, commits: CommittingProcess | None
) -> Processes:
    """How the processes beside this one fare."""
    workers, sends = supervisor.processes, sending.process
    return Processes(
        wanted=settings.filing.processes,
        running=len(workers),
        deaths=supervisor.fallen,
        sending_deaths=sending.fallen,
        workers=tuple(worker.pid for worker in workers),
        sending=sends.pid if sends is not None else None,
        commits=commits.pid if commits is not None else None,
    )


def _within_open_files(options: Options) -> Options:
    wanted = options.limits.connections
    connections, lingering = allow_connections(wanted, options.limits.lingering)
    if connections < wanted or lingering < options.limits.lingering:
        log.warning(
            "fewer connections than configured: raise the limit of open files (systemd: LimitNOFILE)",
            configured=wanted,
            connections=connections,
            lingering=lingering,
        )
    return replace(options, limits=replace(options.limits, connections=connections, lingering=lingering))


def _renew_certificate(settings: Settings, options: Options) -> None:
    """SIGHUP: whoever renews certificates says so. A broken one is not taken; the log says what is wrong."""
    certificate, key = settings.smtp.tls_certificate, settings.smtp.tls_key
    if options.tls is None or certificate is None or key is None:
        log.info("no certificate to read again")
        return
    try:
        until = certificate_end(certificate, key)
        options.tls.renew()
    except (
        TlsError,
        ssl.SSLError,
    ) as error:  # the second of these: it has expired already, or is no server's
        log.error("certificate not read again, the one before stays", why=str(error))
    else:
        log.info("certificate read again", until=f"{until:%F}")


def _told_to_stop(stop: asyncio.Event, number: int) -> None:
    if stop.is_set():
        # ^C twice is a person who does not want to wait. SIGTERM may come twice from one who does: from the
        # service manager, and passed on by a wrapper.
        if number == signal.SIGINT:
            log.warning("told twice to stop: leaving now")
            os._exit(128 + number)
        return
    _stop(stop)


def _stop(stop: asyncio.Event) -> None:
    if stop.is_set():
        return
    stop.set()
    # In a thread of its own: it fires even when the loop hangs.
    guard = threading.Timer(LAST_RESORT_SECONDS, _leave)
    guard.daemon = True
    guard.start()


def _leave() -> None:
    log.error("could not stop in time: leaving now")
    os._exit(os.EX_SOFTWARE)


async def _answer(listens: asyncio.Event, serve: str, *told: Any, **options: Any) -> None:
    """Serve HTTP once mail comes in. Its imports and its description take longer than all the rest of a start."""
    await listens.wait()
    with start_of_much():
        http = await asyncio.to_thread(importlib.import_module, "gateway.http.server")
    async with getattr(http, serve)(*told, **options):
        await asyncio.Event().wait()


@asynccontextmanager
async def _directory(settings: Settings) -> AsyncIterator[tuple[Lookup, Authenticate]]:
    """What RCPT and AUTH ask the directory, over connections that only read: no writer holds them up."""
    engine: AsyncEngine = open_async_engine(settings.database_url)
    readers = engine.execution_options(**read_only(engine))

    async def lookup(query: RecipientQuery) -> Known:
        async with readers.connect() as connection:
            return await connection.run_sync(lambda conn: known(conn, (query,)))

    async def authenticate(user: str, password: str) -> Login | None:
        async with readers.connect() as connection:
            return await connection.run_sync(log_in, user, password, datetime.now(UTC))

    try:
        yield lookup, authenticate
    finally:
        await engine.dispose()


@asynccontextmanager
async def _watchdog() -> AsyncIterator[None]:
    """Tell the service manager that the loop turns, as often as it wants to hear it."""
    seconds = notify.watchdog_seconds()

    async def tell() -> None:
        while seconds is not None:
            notify.watchdog()
            await asyncio.sleep(seconds)

    async with _running(tell(), "watchdog"):
        yield


@asynccontextmanager
async def _running(
    work: Coroutine[Any, Any, None], name: str, ended: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Work beside the block, which ends with it. `ended` is called when it ended by itself; its error comes last."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(lambda _: ended())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
