"""The answers that are kept across mails: not for ever, and not without a limit."""

import pytest

from gateway.believe.cache import LONGEST, LONGEST_NONE, TROUBLE, Cache, Known


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("known", "ttl", "kept"),
    [
        (("v=spf1 -all",), 60, 60),
        (("v=spf1 -all",), 2**31 - 1, LONGEST),
        ((), 60, 60),
        ((), 86_400, LONGEST_NONE),
        ("SERVFAIL", 86_400, TROUBLE),
    ],
    ids=["as its owner says", "an hour at most", "nothing", "nothing, five minutes at most", "trouble"],
)
def test_how_long(known: Known, ttl: float, kept: float) -> None:
    clock = Clock()
    cache = Cache(clock=clock)
    cache.put("acme.example", "TXT", known, ttl)
    clock.now += kept - 1
    assert cache.get("acme.example", "TXT") == known
    assert cache.get("acme.example", "MX") is None
    clock.now += 1
    assert cache.get("acme.example", "TXT") is None


def test_what_lives_no_second_is_not_kept() -> None:
    cache = Cache(clock=Clock())
    cache.put("acme.example", "TXT", ("old",), 60)
    cache.put("acme.example", "TXT", ("new",), 0)
    assert cache.get("acme.example", "TXT") is None


def test_trouble_is_forgotten_before_the_mail_is_looked_at_again() -> None:
    from gateway.config import Settings

    assert Settings().sender_check.retry_seconds > TROUBLE


def test_the_least_used_leave_first() -> None:
    cache = Cache(max_entries=3, clock=Clock())
    for name in "abc":
        cache.put(name, "A", (name,), 60)
    assert cache.get("a", "A")
    cache.put("d", "A", ("d",), 60)
    assert [cache.get(name, "A") for name in "abcd"] == [("a",), None, ("c",), ("d",)]


def test_large_answers_are_counted_by_their_size() -> None:
    cache = Cache(max_bytes=200_000, clock=Clock())
    large = ("x" * 60_000,)
    for number in range(100):
        cache.put(f"h{number}", "TXT", large, 60)
        cache.put(f"h{number}", "TXT", large, 60)
    assert sum(cache.get(f"h{number}", "TXT") is not None for number in range(100)) == 3
    cache.put("giant", "TXT", ("x" * 300_000,), 60)
    assert cache.get("giant", "TXT") is None
    assert cache.get("h99", "TXT") == large
