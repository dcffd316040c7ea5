"""Who holds a lease, and who is certainly gone."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from gateway.filing.owners import Owner


@pytest.fixture
def gone() -> int:
    """The process id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_name_is_read_back() -> None:
    owner = Owner.first().next()
    assert Owner.read(str(owner)) == owner
    assert owner.daemon == os.getpid()
    assert Owner.read("somebody") is None
    assert Owner.read("h:x:y:z") is None


def test_only_a_daemon_of_this_host_that_runs_no_more_is_known_to_be_gone(gone: int) -> None:
    me = Owner.first()
    dead = replace(me, daemon=gone, run="before")
    assert me.knows_gone(dead)
    assert not me.knows_gone(replace(dead, host="elsewhere"))
    assert not me.knows_gone(me.next())
    assert not me.knows_gone(replace(me, daemon=os.getppid(), run="other"))


def test_a_restarted_container_has_the_same_process_id_and_is_another_run() -> None:
    me = Owner.first()
    assert me.knows_gone(replace(me, run="before"))
