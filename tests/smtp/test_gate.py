"""Who counts as one peer."""

import pytest

from gateway.smtp.gate import Gate, network_of
from gateway.smtp.limits import Limits


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


def test_message_bytes_are_given_back() -> None:
    gate = Gate(Limits(total_message_bytes=10))
    assert gate.take(6)
    assert not gate.take(5)
    assert gate.take(4)
    gate.give_back(10)
    assert gate.take(10)


def test_refused_clients_that_are_waited_for_are_bounded() -> None:
    gate = Gate(Limits(connections=2))
    assert [gate.linger(), gate.linger(), gate.linger()] == [True, True, False]
    gate.lingered()
    assert gate.linger()
