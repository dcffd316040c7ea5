"""What a daemon needs of its machine, looked at from outside: one function a check, each with its remedy."""

import os
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from gateway.believe.dns import DnsResolver, DnsTroubleError
from gateway.config.files import certificate_end, file_problems
from gateway.config.settings import Settings
from gateway.config.values import Listen
from gateway.erasing.catch_up import outstanding
from gateway.erasing.tombstones import TombstoneFile, TombstonesError
from gateway.keys import KeysError, read_keys
from gateway.smtp.tls import TlsError
from gateway.watch.ask import ANYWHERE, ask, watched
from gateway.watch.disk import Disk
from rules import watch
from rules.retry import is_stuck
from storage.engine import open_engine, reading
from storage.errors import StorageError
from storage.migrations import Schema, schema
from storage.outgoing import health as outbox_health
from storage.queue import count_by_state
from storage.tombstones import to_rewrite

State = Literal["ok", "warn", "fail"]

SECONDS = 3
"""How long a check waits for anybody."""

SLOW_SYNC = 0.1
GOOD_FREE = 2 * 1024**3
SOON = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` says what to do, or is "" when all is well."""

    check: str
    state: State
    found: str
    remedy: str = ""


def examine(settings: Settings, now: datetime, *, running: bool) -> Iterator[Finding]:
    """All checks, one after the other. `running`: a daemon that does not answer is a failure."""
    yield from files(settings)
    yield data_folder(settings)
    yield disk_space(settings)
    yield database(settings)
    for listen in settings.smtp.listen:
        yield listener(listen, running=running)
    if settings.smtp.tls_certificate and settings.smtp.tls_key:
        yield certificate(settings.smtp.tls_certificate, settings.smtp.tls_key, now)
    if settings.sender_check.dns:
        yield dns(settings.sender_check.nameservers)
    if settings.relay.host:
        yield relay(settings.relay.host, settings.relay.port)
    yield keys(settings)
    yield outgoing(settings, now)
    yield erasures(settings)
    yield clock(settings, now)
    yield from readiness(settings)


def files(settings: Settings) -> Iterator[Finding]:
    """Files that the settings name."""
    for problem in file_problems(settings):
        yield Finding("configuration", "fail", f"{problem.key}: {problem.problem}", problem.example)


def data_folder(settings: Settings) -> Finding:
    """Whether the data folder takes a file and syncs it to the disk."""
    name, folder = "data folder", settings.data_dir.absolute()
    if not folder.exists():
        parent = next(above for above in folder.parents if above.exists())
        if os.access(parent, os.W_OK):
            return Finding(name, "ok", f"{folder} is not there yet; it will be made")
        return Finding(name, "fail", f"{folder} is not there", f"make it, for user {_me()}")
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            start = time.perf_counter()
            os.fsync(file.fileno())
            took = time.perf_counter() - start
    except OSError as error:
        remedy = f"let user {_me()} write there, or set data_dir"
        return Finding(name, "fail", f"{folder}: {error.strerror}", remedy)
    found = f"{folder} is writable, synced in {took * 1000:.1f} ms"
    if took > SLOW_SYNC:
        return Finding(name, "warn", found, "every mail waits for the disk: use a faster one")
    return Finding(name, "ok", found)


def disk_space(settings: Settings) -> Finding:
    """Room for mail: below the floor every sender is told to try again later."""
    disk = Disk.of(settings)
    check, free = watch.room(disk.least, disk.floor), disk.least
    if not check.ok:
        return Finding("disk space", "fail", check.why, "make room: until then no mail is taken")
    if free is not None and free < max(GOOD_FREE, 2 * disk.floor):
        return Finding("disk space", "warn", check.why, "make room, or move data_dir to a larger disk")
    return Finding("disk space", "ok", check.why)


def database(settings: Settings) -> Finding:
    """Whether the database opens, and how it stands to this program. Nothing is made or changed."""
    name, shown = "database", settings.shown_database
    file = settings.database_file
    if file is not None and not file.exists():
        return Finding(name, "ok", f"{shown} is not there yet; it will be made")
    engine = None
    try:
        engine = open_engine(settings.database_url)
        with reading(engine) as conn:
            state = schema(conn)
            waiting = count_by_state(conn).get("failed", 0) if state is Schema.CURRENT else 0
    except (StorageError, SQLAlchemyError, ImportError) as error:
        return Finding(name, "fail", f"{shown}: {error}", "see storage.database")
    finally:
        if engine is not None:
            engine.dispose()
    match state:
        case Schema.NEWER:
            return Finding(name, "fail", f"{shown} was made by a newer gateway", "install the newer gateway")
        case Schema.FOREIGN:
            return Finding(name, "fail", f"{shown} holds another program's tables", "set storage.database")
        case Schema.EMPTY | Schema.OLDER:
            return Finding(name, "ok", f"{shown} is {state.value}; the next start brings it up to date")
    if waiting:
        return Finding(
            name, "warn", f"{shown} opens; {waiting} mails failed", "gateway queue list --state failed"
        )
    return Finding(name, "ok", f"{shown} opens")


def listener(listen: Listen, *, running: bool) -> Finding:
    """Who answers where the gateway listens; with nobody there, whether the place could be taken."""
    name = f"listener {listen}"
    if not listen.path and listen.port == 0:
        return Finding(name, "ok", "any free port")
    try:
        greeting = _greeting(listen)
    except OSError as error:
        if running:
            return Finding(name, "fail", f"nobody answers: {_why(error)}", "gateway serve")
        return _free(name, listen)
    if greeting.startswith("220"):
        return Finding(name, "ok", f"answers {greeting}")
    return Finding(
        name, "fail", f"somebody else answers: {greeting!r}", "stop that program, or set smtp.listen"
    )


def certificate(path: Path, key: Path, now: datetime) -> Finding:
    """How long the certificate of STARTTLS still lasts."""
    name, remedy = "certificate", "renew it, then: systemctl reload touchpoint-gateway"
    try:
        end = certificate_end(path, key)
    except ssl.SSLCertVerificationError as error:
        return Finding(name, "fail", f"{path}: {error.verify_message}", remedy)
    except (TlsError, ssl.SSLError) as error:
        return Finding(name, "fail", str(error), "see smtp.tls_certificate and smtp.tls_key")
    if end - now < SOON:
        return Finding(name, "warn", f"{path} ends on {end:%Y-%m-%d}", remedy)
    return Finding(name, "ok", f"{path} ends on {end:%Y-%m-%d}")


def dns(nameservers: Sequence[str]) -> Finding:
    """Whether names can be looked up: without it no sender is verified."""
    try:
        DnsResolver(nameservers).ask(".", "NS", SECONDS)
    except DnsTroubleError as error:
        where = "sender_check.nameservers" if nameservers else "/etc/resolv.conf"
        remedy = f"see {where}; until then senders stay unverified, and mail is filed with a badge"
        return Finding("DNS", "warn", f"no answer: {error}", remedy)
    return Finding("DNS", "ok", "answers")


def relay(host: str, port: int) -> Finding:
    """Whether the server that takes our mail can be reached."""
    name = f"relay {host}:{port}"
    try:
        socket.create_connection((host, port), SECONDS).close()
    except OSError as error:
        return Finding(name, "warn", _why(error), "see relay.host and relay.port; mail to be sent waits")
    return Finding(name, "ok", "can be reached")


def keys(settings: Settings) -> Finding:
    """Whether the keys of signed addresses can be read: without them nobody's answer is taken."""
    name, path = "thread keys", settings.keys_file
    if not path.exists():
        return Finding(name, "ok", f"{path} is not there yet; the first start makes it")
    try:
        found = read_keys(path)
    except KeysError as error:
        return Finding(name, "fail", str(error), "restore it from the backup")
    if path.stat().st_mode & 0o077:
        return Finding(name, "warn", f"others may read {path}", f"chmod 600 {path}")
    return Finding(name, "ok", f"key {found.signing} signs, {len(found.keys)} verify")


def outgoing(settings: Settings, now: datetime) -> Finding:
    """Whether outgoing mail moves: what has waited for long says what the relay answered."""
    name, file = "outgoing mail", settings.database_file
    if file is not None and not file.exists():
        return Finding(name, "ok", "none yet")
    engine = open_engine(settings.database_url)
    try:
        with reading(engine) as conn:
            if schema(conn) is not Schema.CURRENT:
                return Finding(name, "ok", "none yet")
            waiting, oldest, why = outbox_health(conn)
    except (StorageError, SQLAlchemyError, ImportError) as error:
        return Finding(name, "fail", str(error), "see storage.database")
    finally:
        engine.dispose()
    relay = bool(settings.relay.host)
    check = watch.outgoing(waiting, oldest, relay=relay, failing=why is not None, deaths=0, now=now)
    found = f"{check.why}{f': {why}' if why else ''}"
    if not check.ok:
        return Finding(name, "warn", found, "gateway outbox list --state waiting; see [relay]")
    if oldest is not None and not relay and is_stuck(oldest, now):
        return Finding(name, "warn", found, "set relay.host")
    return Finding(name, "ok", found)


def readiness(settings: Settings) -> Iterator[Finding]:
    """What a running daemon says of itself (`/readyz`). Nothing where none answers: the listeners tell."""
    where = watched(settings)
    if where is None:
        return
    try:
        _, told = ask(where, "/readyz")
        checks = {name: (bool(check["ok"]), str(check["why"])) for name, check in told["checks"].items()}
    except (OSError, KeyError, TypeError, AttributeError):
        return
    for name, (ok, why) in checks.items():
        yield Finding(f"ready: {name}", "ok" if ok else "fail", why, "" if ok else _REMEDIES.get(name, ""))


_REMEDIES = {
    "database": "see storage.database and the disk; docs/operations.md, Metrics and health",
    "blobs": "see storage.blobs",
    "disk": "make room: until then no mail is taken",
    "keys": "restore threads.keys_file from the backup",
    "workers": "see the log for `worker died`; gateway queue list --state failed",
    "pending": "see the log of the workers; more of them: filing.workers",
    "outgoing": "gateway outbox list --state waiting; see [relay]",
}


def erasures(settings: Settings) -> Finding:
    """Whether who was erased is erased in this database, too: a restored backup brings people back."""
    name, file = "erased people", TombstoneFile(settings.tombstones_file)
    there = settings.database_file
    try:
        if file.read():
            file.secret()
        if there is not None and not there.exists():
            return Finding(name, "ok", "nothing is stored yet")
        engine = open_engine(settings.database_url)
        try:
            with reading(engine) as conn:
                if schema(conn) is not Schema.CURRENT:
                    return Finding(name, "ok", "the next start sees to it")
                late = to_rewrite(conn)
            missing = outstanding(engine, file)
        finally:
            engine.dispose()
    except (TombstonesError, StorageError, SQLAlchemyError, ImportError) as error:
        return Finding(name, "fail", str(error), "the daemon does not start without it")
    if missing:
        found = (
            f"{len(missing)} erasures are not done in this database: it was restored from a backup, they were broken "
            "off, or something stands against them"
        )
        remedy = "gateway migrate, or start the daemon: either goes on, and logs what it cannot do"
        return Finding(name, "fail", found, remedy)
    if late:
        found = f"after {len(late)} erasures the database file was not written anew"
        return Finding(name, "warn", found, "make room for a copy of it, then gateway migrate")
    return Finding(name, "ok", "nobody is back who was erased")


def clock(settings: Settings, now: datetime) -> Finding:
    """Whether the clock runs behind what was written here before: dates of mail are held against it."""
    folder = settings.data_dir
    newest = max((entry.stat().st_mtime for entry in folder.iterdir()), default=0) if folder.is_dir() else 0
    written = datetime.fromtimestamp(newest, UTC)
    if written - now > timedelta(minutes=1):
        return Finding(
            "clock",
            "fail",
            f"{now:%F %T} UTC, but data was written at {written:%F %T}",
            "set the clock (NTP)",
        )
    return Finding("clock", "ok", f"{now:%F %T} UTC")


def _greeting(listen: Listen) -> str:
    host = ANYWHERE.get(listen.host, listen.host)
    channel = (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if listen.path
        else socket.create_connection((host, listen.port), SECONDS)
    )
    with channel:
        channel.settimeout(SECONDS)
        if listen.path:
            channel.connect(listen.path)
        if listen.kind == "submissions":
            with _any_tls().wrap_socket(channel) as secured:
                return _first_line(secured)
        return _first_line(channel)


def _first_line(channel: socket.socket) -> str:
    return channel.recv(512).decode("utf-8", "replace").partition("\r\n")[0]


def _any_tls() -> ssl.SSLContext:
    """TLS with whoever answers: who it is, and whether its certificate is good, is another check."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _free(name: str, listen: Listen) -> Finding:
    """Whether the place could be taken, by taking it for a moment."""
    if listen.path:
        folder = Path(listen.path).parent
        if os.access(folder, os.W_OK):
            return Finding(name, "ok", "free; nobody listens")
        return Finding(name, "fail", f"{folder} cannot be written", f"let user {_me()} write there")
    try:
        host, port = listen.host, listen.port
        family, kind, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as channel:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            channel.bind(address)
    except PermissionError:
        remedy = (
            "ports below 1024 come from systemd (deploy/touchpoint-gateway.socket), or choose a higher one"
        )
        return Finding(name, "fail", f"user {_me()} may not listen there", remedy)
    except OSError as error:
        return Finding(name, "fail", _why(error), "see smtp.listen")
    return Finding(name, "ok", "free; nobody listens")


def _why(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _me() -> str:
    return str(os.geteuid())
