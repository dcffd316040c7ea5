"""What the processes that stay do without."""

import subprocess
import sys

from gateway.lean import NO_TLS
from tests.daemon import ROOT

UNUSED = ("rich", "pygments", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "obstore")
"""Libraries of ours, or of others, that are not for the daemon on SQLite and a folder of blobs."""

DAEMON = """
import asyncio, sys
from gateway import lean
lean.asyncio_engine()
import gateway.daemon, gateway.http.server
from sqlalchemy import text
from storage.engine import open_async_engine

async def ask():
    engine = open_async_engine(":memory:")
    async with engine.begin() as connection:
        answer = (await connection.execute(text("SELECT 1"))).scalar_one()
    await engine.dispose()
    return answer

assert asyncio.run(ask()) == 1
print(*sys.modules)
"""

WORKER = "import sys, gateway.filing.worker; print(*sys.modules)"


def loaded(program: str, *options: str) -> set[str]:
    """The modules there are at the end of a program; `options` are those of Python."""
    command = (sys.executable, *options, "-c", program)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    return set(done.stdout.split())


def test_the_daemon_does_not_load_what_it_never_uses() -> None:
    found = loaded(DAEMON)

    assert not found.intersection(UNUSED)
    assert "gateway.mail.reading" not in found  # mail is read in processes that can be killed


def test_what_commits_is_forked_before_anything_large_is_loaded() -> None:
    found = loaded("import sys, gateway.cli.serve, gateway.intake.committing; print(*sys.modules)")

    assert not found.intersection({"sqlalchemy", "structlog", "asyncio", "pydantic", "email"})


def test_a_filing_worker_does_not_load_what_it_never_uses() -> None:
    assert not loaded(WORKER, *NO_TLS).intersection({*UNUSED, "_ssl"})


def test_who_wants_a_library_that_was_left_out_still_gets_it() -> None:
    assert "rich.console" in loaded("import sys, gateway.lean, rich.console; print(*sys.modules)")
