"""Who counts as one peer."""

import pytest

from gateway import metrics
from gateway.smtp.buckets import MOST
from gateway.smtp.gate import RESERVED, Gate, Share, network_of
from gateway.smtp.limits import Limits
from rules import replies


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("/run/gateway.sock", ""),
    ],
)
def test_network_of(peer: str, network: str) -> None:
    assert network_of(peer) == network


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def hits(limit: str) -> float:
    """How often the limit was reached."""
    return metrics.REGISTRY.get_sample_value("gateway_limit_hits_total", {"limit": limit}) or 0


def test_a_crowd_of_strangers_leaves_places_for_our_own_servers() -> None:
    gate = Gate(Limits(connections=3))
    assert [gate.enter() for _ in range(4)] == [None] * 3 + [replies.TOO_BUSY]
    assert {gate.enter(is_ours=True) for _ in range(RESERVED)} == {None}
    assert gate.enter(is_ours=True) == replies.TOO_BUSY
    gate.leave()
    assert gate.enter() == replies.TOO_BUSY


def test_a_closed_gate_lets_nobody_in() -> None:
    gate = Gate(Limits())
    gate.close()
    assert gate.enter() == gate.enter(is_ours=True) == replies.SHUTTING_DOWN


def comes_and_goes(gate: Gate, network: str) -> bool:
    """Whether one short session is let in."""
    if gate.enter_from(network) is not None:
        return False
    gate.leave_from(network)
    return True


def test_an_address_that_comes_again_and_again_waits_for_its_minute() -> None:
    clock = Clock()
    gate = Gate(Limits(connections_per_minute=6), clock)
    assert [comes_and_goes(gate, "192.0.2.1") for _ in range(7)] == [True] * 6 + [False]
    assert comes_and_goes(gate, "192.0.2.2")
    clock.now += 10
    assert [comes_and_goes(gate, "192.0.2.1") for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [comes_and_goes(gate, "192.0.2.1") for _ in range(7)] == [True] * 6 + [False]


def test_addresses_without_number_leave_no_memory_behind() -> None:
    clock = Clock()
    gate = Gate(Limits(), clock)
    for number in range(MOST + 1000):
        comes_and_goes(gate, f"2001:db8:{number:x}::/64")
    assert len(gate._begun) == MOST
    clock.now += 61
    for number in range(MOST):
        comes_and_goes(gate, f"192.0.2.{number % 2}")
    assert len(gate._begun) == 2


def test_logins_of_many_sessions_at_once_are_no_more_guesses() -> None:
    clock = Clock()
    gate = Gate(Limits(login_failures_per_hour=3), clock)
    assert [gate.begin_login("192.0.2.1") for _ in range(5)] == [True] * 3 + [False] * 2
    gate.logged_in("192.0.2.1")
    assert [gate.begin_login("192.0.2.1") for _ in range(2)] == [True, False]
    assert gate.begin_login("192.0.2.2")
    clock.now += 1200
    assert [gate.begin_login("192.0.2.1") for _ in range(2)] == [True, False]


def test_who_logs_in_well_may_do_so_for_ever() -> None:
    gate = Gate(Limits(login_failures_per_hour=1), Clock())
    for _ in range(100):
        assert gate.begin_login("192.0.2.1")
        gate.logged_in("192.0.2.1")


def test_people_at_a_unix_socket_are_no_single_peer() -> None:
    gate = Gate(Limits(login_failures_per_hour=1), Clock())
    assert [gate.begin_login("") for _ in range(3)] == [True] * 3


def test_message_bytes_are_given_back() -> None:
    gate = Gate(Limits(total_message_bytes=10))
    assert gate.take(6)
    assert not gate.take(5)
    assert gate.take(4)
    gate.give_back(10)
    assert gate.take(10)


def test_refused_clients_that_are_waited_for_are_bounded() -> None:
    gate, before = Gate(Limits(lingering=2)), hits("lingering")
    assert [gate.linger(), gate.linger(), gate.linger()] == [True, True, False]
    assert hits("lingering") == before + 1
    gate.lingered()
    assert gate.linger()


def test_a_share_is_given_back_by_the_last_who_needs_it() -> None:
    gate = Gate(Limits(total_message_bytes=10))
    share = Share(gate)
    assert share.grow(8)
    assert not share.grow(3)
    share.hold()
    share.release()
    assert not gate.take(3)
    share.release()
    assert gate.take(10)


def test_a_share_that_shrinks_leaves_room_for_others() -> None:
    gate = Gate(Limits(total_message_bytes=10))
    share = Share(gate)
    assert share.grow(8)
    share.shrink(2)
    assert gate.take(8)
    share.shrink(5)
    assert not gate.take(1)
