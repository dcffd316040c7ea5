"""Killed while it sends, in short; and that the judge of the long form sees what it is there to see."""

import random
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from tests.daemon import SECONDS
from tests.torture.rows.outgoing import (
    CONNECTIONS,
    DAEMON,
    Arrival,
    Copy,
    RecordingRelay,
    Session,
    Torture,
    Trigger,
    judge,
    torture,
)

COPY = Copy(7, "<7@gateway.example>", "ada.marsh@acme.example", "[T000007]")


def came(
    message_id: str = COPY.message_id,
    *,
    recipient: str = COPY.recipient,
    digest: str = "aa",
    return_path: str = "bounce-7@gateway.example",
    head: bytes = b"Subject: Rollout [T000007]",
    answered: bool = True,
) -> Arrival:
    return Arrival(
        Session(25), return_path, recipient, message_id, head, digest, 1.0, 2.0 if answered else 0.0
    )


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the sending process in /proc")
def test_what_is_killed_while_it_sends_loses_nothing_and_repeats_only_what_it_must(tmp_path: Path) -> None:
    report = torture(tmp_path, kills=8, mails=150, seed=8)
    assert "\n".join(report.violations) == ""
    assert report.kills == 8


def test_the_sender_of_a_dead_daemon_gives_up_in_seconds_though_every_line_waits(tmp_path: Path) -> None:
    with (
        RecordingRelay(random.Random(1)) as relay,
        closing(Torture(tmp_path, kills=1, mails=3 * CONNECTIONS, seed=1, relay=relay)) as run,
    ):
        port = relay.open_port()
        relay.fall_silent(port)
        every_line_waits = Trigger(port, "dot", CONNECTIONS, 0.0, lambda: run.victim.strike(DAEMON))
        relay.arm(every_line_waits)
        run.victim.begin(port)
        run.order(3 * CONNECTIONS)
        assert every_line_waits.fired.wait(SECONDS)
        run.victim.bury()
        relay.wait_closed(port)  # in half of what a line waits for an answer


def test_the_judge_is_content_when_every_mail_came_once() -> None:
    found = judge([COPY], [came()], {})
    assert (found.violations, found.duplicates) == ((), 0)


def test_the_judge_accepts_one_repetition_for_each_kill_between_dot_and_commit() -> None:
    arrivals = [came(answered=False), came(), came()]
    found = judge([COPY], arrivals, {COPY.message_id: {3, 5}})
    assert (found.violations, found.duplicates, found.explained) == ((), 2, 2)
    found = judge([COPY], arrivals, {COPY.message_id: {3}})
    assert (len(found.violations), found.duplicates, found.explained) == (1, 2, 1)


@pytest.mark.parametrize("arrivals", [[], [came(answered=False)]])
def test_the_judge_calls_lost_what_never_came_or_never_got_its_250(arrivals: Iterable[Arrival]) -> None:
    found = judge([COPY], arrivals, {})
    assert found.lost == 1
    assert found.violations


@pytest.mark.parametrize(
    "other",
    [
        came(digest="bb"),
        came(return_path="bounce-8@gateway.example"),
        came(recipient="ben.cole@acme.example"),
        came(head=b"Subject: Rollout [T000008]"),
    ],
)
def test_the_judge_calls_altered_what_differs_from_the_first_or_from_the_order(other: Arrival) -> None:
    found = judge([COPY], [came(), other], {COPY.message_id: {1}})
    assert (found.altered, found.lost, len(found.violations)) == (1, 0, 1)


def test_the_judge_sees_mail_that_nobody_ordered() -> None:
    found = judge([COPY], [came(), came("<8@gateway.example>")], {})
    assert (found.unknown, found.violations) == (1, ("never ordered: <8@gateway.example>",))
