"""The schedule of another try."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.retry import FIRST, GIVE_UP, LONGEST, next_attempt

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def pauses(chance: float) -> list[timedelta]:
    now, found = START, []
    for attempts in range(1, 500):
        when = next_attempt(attempts, START, now, chance)
        if when is None:
            break
        found.append(when - now)
        now = when
    return found


def test_pauses_double_up_to_the_longest() -> None:
    minutes = [pause.total_seconds() / 60 for pause in pauses(0.5)]
    assert minutes[:8] == [5, 10, 20, 40, 80, 160, 240, 240]


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_it_is_tried_until_the_fifth_day_is_over_and_not_longer(chance: float) -> None:
    assert sum(pauses(chance), timedelta()) == GIVE_UP
    assert 30 < len(pauses(chance)) < 60


def test_chance_spreads_what_failed_together() -> None:
    first = {next_attempt(1, START, START, chance) for chance in (0.0, 0.3, 0.6, 0.9)}
    assert len(first) == 4
    assert all(FIRST * 0.9 <= when - START <= FIRST * 1.1 for when in first if when)


@pytest.mark.parametrize("attempts", [0, 1, 40, 10**9])
def test_any_count_of_attempts_gives_a_sensible_pause(attempts: int) -> None:
    when = next_attempt(attempts, START, START, 0.5)
    assert when is not None
    assert FIRST <= when - START <= LONGEST


def test_a_clock_set_back_does_not_end_it() -> None:
    assert next_attempt(1, START, START - timedelta(days=1), 0.5) is not None
