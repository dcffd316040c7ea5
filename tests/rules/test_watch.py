"""What counts as well, and what as trouble."""

from datetime import UTC, datetime, timedelta

import pytest

from rules import watch

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("free", "ok"), [(512, True), (511, False), (0, False), (None, False)])
def test_less_room_than_the_floor_is_trouble(free: int | None, ok: bool) -> None:
    check = watch.room(None if free is None else free * 1024**2, 512 * 1024**2)
    assert check.ok is ok
    if free == 511:
        assert "511 MiB free: mail is refused with 452 below 512 MiB (storage.free_floor)" in check.why


@pytest.mark.parametrize(("minutes", "ok"), [(None, True), (0, True), (15, True), (16, False), (-5, True)])
def test_received_mail_may_wait_a_quarter_of_an_hour(minutes: int | None, ok: bool) -> None:
    check = watch.pending(None if minutes is None else NOW - minutes * MINUTE, NOW)
    assert check.ok is ok
    assert "-" not in check.why  # a clock that was set back makes no waiting of less than nothing


@pytest.mark.parametrize(("deaths", "ok"), [(0, True), (2, True), (3, False)])
def test_a_worker_may_be_replaced_but_not_die_in_a_row(deaths: int, ok: bool) -> None:
    assert watch.workers(2, 1, deaths).ok is ok


@pytest.mark.parametrize(
    ("waits", "relay", "failing", "deaths", "ok", "word"),
    [
        (None, True, False, 0, True, "nothing waits"),
        (1, True, False, 0, True, "on their way"),
        (16, True, False, 0, False, "nothing is sent"),
        (1, True, True, 0, False, "the relay does not take mail"),
        (16, False, True, 3, True, "no relay is configured"),
        (None, True, False, 3, False, "died 3 times"),
    ],
)
def test_outgoing_mail(
    waits: int | None, relay: bool, failing: bool, deaths: int, ok: bool, word: str
) -> None:
    since = None if waits is None else NOW - waits * MINUTE
    check = watch.outgoing(4, since, relay=relay, failing=failing, deaths=deaths, now=NOW)
    assert check.ok is ok
    assert word in check.why


def test_a_write_says_how_long_it_took_or_why_it_did_not() -> None:
    assert watch.written("database", 0.0012) == watch.Check("database", True, "a write took 1.2 ms")
    assert watch.written("database", None, "it takes no writes").ok is False


def test_without_keys_no_answer_is_taken() -> None:
    assert watch.keys(2).ok
    assert not watch.keys(0).ok
