"""How long a message may take."""

from gateway.smtp.limits import Limits
from gateway.smtp.pace import Pace

LIMITS = Limits(data_seconds=600, data_bytes_per_second=500, data_grace_seconds=30)


def test_what_comes_fast_enough_has_until_the_message_is_due() -> None:
    pace = Pace(LIMITS, begun=1000, ends=9000)
    assert (pace.due, pace.limit) == (1030, "data_bytes_per_second")
    assert pace.heard(500) == 1031
    assert pace.heard(1024 * 1024) == 1600
    assert pace.limit == "data_seconds"


def test_the_end_of_the_session_is_the_end_of_its_message() -> None:
    pace = Pace(LIMITS, begun=1000, ends=1020)
    assert (pace.due, pace.limit) == (1020, "session_seconds")
    assert pace.heard(1024 * 1024) == 1020


def test_without_a_rate_only_the_whole_counts() -> None:
    pace = Pace(Limits(data_bytes_per_second=0, data_seconds=600), begun=1000, ends=9000)
    assert (pace.due, pace.heard(1), pace.limit) == (1600, 1600, "data_seconds")
