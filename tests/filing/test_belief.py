"""Mail whose sender cannot be told while DNS is in trouble: looked at once more, then settled."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.filing.belief import Belief
from tests.believe.keys import rsa_key
from tests.believe.world import ACME, Zones, letter, sign, zones
from tests.filing.house import ADA, House, house

KEY = f"s1._domainkey.{ACME}"


def world() -> Zones:
    """The customer's records, whose name servers do not answer about the key."""
    return zones(policy="reject", key=rsa_key(2048)).trouble(KEY)


def mail(text: str = "The report is in.") -> bytes:
    return sign(letter(ADA.email, body=f"{text}\r\n"))


@contextmanager
def gateway(folder: Path, dns: Zones) -> Iterator[House]:
    with house(folder, belief=Belief(Settings(), dns=True, resolver=dns)) as made:
        yield made


def test_when_dns_is_back_the_sender_is_verified(tmp_path: Path) -> None:
    dns = world()
    with gateway(tmp_path, dns) as made:
        first = made.receive(mail(), trust=None)
        assert (first.state, first.strikes, first.trust) == ("received", 0, None)
        dns.txt(KEY, rsa_key(2048).record)
        made.pass_time(seconds=59)
        made.work()
        assert made.mail(first.id).state == "received"
        made.pass_time(seconds=1)
        made.work()
        later = made.mail(first.id)
        assert (later.state, later.trust, later.strikes, later.error) == ("filed", "verified", 0, None)


def test_when_it_is_not_the_mail_is_filed_unverified_after_the_second_look(tmp_path: Path) -> None:
    dns = world()
    with gateway(tmp_path, dns) as made:
        first = made.receive(mail(), trust=None)
        made.pass_time(seconds=60)
        made.work()
        later = made.mail(first.id)
        assert (later.state, later.trust) == ("filed", "unverified")
        assert [name for name, _ in dns.asked].count(KEY) == 2


def test_other_mail_does_not_wait_for_it(tmp_path: Path) -> None:
    dns = world()
    with gateway(tmp_path, dns) as made:
        waiting = made.receive(mail(), trust=None)
        signed = sign(letter(ADA.email, body="Another.\r\n"), tags={b"s": b"s2"})
        dns.txt(f"s2._domainkey.{ACME}", rsa_key(2048).record)
        assert made.receive(signed, trust=None).trust == "verified"
        assert made.mail(waiting.id).state == "received"


@pytest.mark.parametrize("forged", [b"From: x@evil.example\r\n", b""])
def test_who_is_decided_in_spite_of_the_trouble_does_not_wait(tmp_path: Path, forged: bytes) -> None:
    signed = mail() if forged else sign(mail(), tags={b"s": b"s2"})
    dns = world().txt(f"s2._domainkey.{ACME}", rsa_key(2048).record)
    with gateway(tmp_path, dns) as made:
        assert made.receive(forged + signed, trust=None).state == ("quarantined" if forged else "filed")


def test_a_backlog_is_not_made_longer(tmp_path: Path) -> None:
    with gateway(tmp_path, world()) as made:
        made.now = made.now.replace(year=made.now.year - 1)
        waiting = made.receive(mail(), trust=None)
        assert waiting.state == "received"
        made.pass_time(hours=2)
        made.work()
        assert made.mail(waiting.id).trust == "unverified"
