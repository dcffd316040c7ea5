"""A real PostgreSQL in private folders and on a port of its own: nothing of the system's is touched."""

import atexit
import getpass
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from storage.engine import open_engine
from storage.migrations import migrate
from tests.postfix import free_port

SECONDS = 60


def programs() -> Path | None:
    """The folder of the newest server installed: Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda each: int(each.parts[4]))
    there = shutil.which("postgres")
    return found[-1].parent if found else Path(there).parent if there else None


NEEDED = pytest.mark.skipif(programs() is None, reason="no PostgreSQL here: apt-get install postgresql")


class PostgreSQL:
    """A server that runs. `durable`: it waits for the disk, as in production; tests of our statements need not."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        there = programs()
        assert there is not None
        self._programs = there
        self._folder = folder
        self._durable = durable
        self._numbers = itertools.count(1)
        self.port = free_port()
        # The server refuses to run as root; Debian's package brings a user for it.
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, self.user)
        self._run("initdb", "-D", str(folder / "data"), "--auth=trust", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "on" if self._durable else "off",
            "full_page_writes": "on" if self._durable else "off",
            "max_connections": 200,
            "shared_buffers": "128MB",
        }
        told = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._control("start", "-l", str(self._folder / "log"), "-o", told)

    def stop(self, how: str = "fast") -> None:
        """Stop: `fast` breaks connections off in order, `immediate` is a crash."""
        self._control("stop", "-m", how)

    @property
    def log(self) -> str:
        """What it has said."""
        return (self._folder / "log").read_text(errors="replace")

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template1", options: str = "") -> str:
        """The URL of a new database, made as a copy of another one."""
        name = f"gateway_{next(self._numbers)}"
        engine = create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} {options}"))
        engine.dispose()
        return self.url(name)

    @cache  # noqa: B019 - a server lives as long as its process
    def migrated(self) -> str:
        """The name of a database with the current schema and nothing in it, to be copied."""
        url = self.create()
        engine = open_engine(url)
        migrate(engine)
        engine.dispose()
        return url.rpartition("/")[2]

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-t", str(SECONDS), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = (str(self._programs / program), *arguments)
        if os.geteuid() == 0:
            command = ("setpriv", "--reuid", self.user, "--regid", self.user, "--init-groups", *command)
        # Not into a pipe: the server would keep it open.
        with (self._folder.parent / f"{self._folder.name}.{program}").open("wb") as said:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, cwd="/"
            )
        assert done.returncode == 0, Path(said.name).read_text(errors="replace")


@contextmanager
def running(*, durable: bool = False) -> Iterator[PostgreSQL]:
    """A server while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    folder.chmod(0o755)
    try:
        server = PostgreSQL(folder / "server", durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def shared() -> PostgreSQL:
    """The one server of this process of tests; it ends with it."""
    context = running()
    server = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return server
