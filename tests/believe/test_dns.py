"""The resolver against a name server on the loopback, and the limits of what is asked for one mail."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from gateway.believe.cache import TROUBLE, Cache
from gateway.believe.dns import MOST_QUESTIONS, DnsResolver, DnsTroubleError, Questions
from tests.believe.keys import rsa_key
from tests.believe.world import ACME, Zones, believed, letter, sign, zones

RECORDS = {
    ("acme.example.", "TXT"): ['"v=spf1 " "ip4:192.0.2.10 -all"', '"caf\\195\\169"'],
    ("acme.example.", "MX"): ["10 mail.acme.example."],
    ("mail.acme.example.", "A"): ["192.0.2.10", "192.0.2.11"],
    ("mail.acme.example.", "AAAA"): ["2001:db8::10"],
    ("10.2.0.192.in-addr.arpa.", "PTR"): ["mail.acme.example."],
    ("brief.acme.example.", "TXT"): ['"gone at once"'],
}


@dataclass
class NameServer:
    """Answers over UDP; names that begin with "silent" get no answer, with "broken" SERVFAIL."""

    port: int
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text().lower()
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        self.asked[f"{name} {kind}"] += 1
        response = dns.message.make_response(query)
        if name.startswith("silent"):
            return None
        if name.startswith("broken"):
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name.startswith("loop"):
            other = "loop2.example." if name == "loop.example." else "loop.example."
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", other))
            response.answer.append(dns.rrset.from_text(other, 60, "IN", "CNAME", name))
        elif (name, kind) in RECORDS:
            ttl = 0 if name.startswith("brief") else 3600
            response.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, *RECORDS[name, kind]))
        elif not any(known == name for known, _ in RECORDS):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@pytest.fixture
def server() -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        made = NameServer(listening.getsockname()[1])

        def serve() -> None:
            while True:
                wire, peer = listening.recvfrom(4096)
                if wire == b"stop":
                    return
                answer = made.answer(wire)
                if answer:
                    listening.sendto(answer, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield made
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopping:
            stopping.sendto(b"stop", ("127.0.0.1", made.port))
        thread.join(10)


def resolver(server: NameServer) -> DnsResolver:
    return DnsResolver([f"127.0.0.1:{server.port}"])


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("acme.example", "TXT", {"v=spf1 ip4:192.0.2.10 -all", "cafÃ©"}),
        ("ACME.example.", "MX", {"10 mail.acme.example"}),
        ("mail.acme.example", "A", {"192.0.2.10", "192.0.2.11"}),
        ("mail.acme.example", "AAAA", {"2001:db8::10"}),
        ("10.2.0.192.in-addr.arpa", "PTR", {"mail.acme.example"}),
        ("mail.acme.example", "TXT", set()),
        ("nowhere.example", "A", set()),
        ("x" * 64 + ".example", "A", set()),
        ("a..example", "A", set()),
        (".".join(["label"] * 60), "TXT", set()),
    ],
)
def test_records_as_the_checks_read_them(server: NameServer, name: str, kind: str, records: set[str]) -> None:
    assert set(resolver(server).ask(name, kind, 5)) == records


def test_an_answer_is_asked_for_once_while_it_lives(server: NameServer) -> None:
    asking = resolver(server)
    for _ in range(3):
        asking.ask("acme.example", "TXT", 5)
        asking.ask("brief.acme.example", "TXT", 5)
    assert server.asked["acme.example. TXT"] == 1
    assert server.asked["brief.acme.example. TXT"] == 3


@pytest.mark.parametrize("name", ["broken.example", "silent.example"])
def test_trouble_is_told_apart_from_no_records(server: NameServer, name: str) -> None:
    with pytest.raises(DnsTroubleError, match=name):
        resolver(server).ask(name, "TXT", 0.2)


def test_a_loop_of_aliases_is_trouble(server: NameServer) -> None:
    with pytest.raises(DnsTroubleError):
        resolver(server).ask("loop.example", "TXT", 5)
    assert server.asked.total() < 5


def test_what_is_not_there_is_asked_for_once(server: NameServer) -> None:
    asking = resolver(server)
    for _ in range(3):
        assert asking.ask("nowhere.example", "TXT", 5) == ()
        assert asking.ask("mail.acme.example", "MX", 5) == ()
    assert server.asked.total() == 2


def test_servers_in_trouble_are_left_alone_for_a_while(server: NameServer) -> None:
    clock = Clock()
    asking = DnsResolver([f"127.0.0.1:{server.port}"], Cache(clock=clock))
    for _ in range(3):
        with pytest.raises(DnsTroubleError, match="broken"):
            asking.ask("broken.example", "TXT", 5)
    once = server.asked["broken.example. TXT"]
    clock.now += TROUBLE
    with pytest.raises(DnsTroubleError):
        asking.ask("broken.example", "TXT", 5)
    assert server.asked["broken.example. TXT"] == 2 * once


def test_the_haste_of_one_mail_is_not_held_against_the_next(server: NameServer) -> None:
    asking = resolver(server)
    for _ in range(2):
        with pytest.raises(DnsTroubleError):
            asking.ask("silent.example", "TXT", 0.1)
    assert server.asked["silent.example. TXT"] == 2


def test_a_closed_port_is_trouble() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(DnsTroubleError):
        DnsResolver([f"127.0.0.1:{port}"]).ask("acme.example", "A", 0.2)


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slow:
    """A resolver that takes its time, on a clock of its own."""

    clock: Clock
    seconds: float
    given: list[float] = field(default_factory=list)

    def ask(self, name: str, kind: str, seconds: float) -> tuple[str, ...]:
        self.given.append(seconds)
        self.clock.now += min(self.seconds, seconds)
        if self.seconds >= seconds:
            raise DnsTroubleError(f"DNS gave no answer for {name}")
        return (f"{name} {kind}",)


def test_all_questions_together_keep_to_the_time() -> None:
    clock = Clock()
    slow = Slow(clock, 4)
    questions = Questions(slow, 10, clock)
    assert questions.ask("a.example", "A") == ("a.example A",)
    assert questions.ask("b.example", "A") == ("b.example A",)
    for name in ("c.example", "d.example"):
        with pytest.raises(DnsTroubleError):
            questions.ask(name, "A")
    assert slow.given == [5, 5, 2]
    assert questions.over


def test_a_question_is_asked_once_a_mail_trouble_included() -> None:
    dns_ = Zones().trouble("a.example", "A").txt("b.example", "x")
    questions = Questions(dns_, 10)
    for _ in range(2):
        with pytest.raises(DnsTroubleError):
            questions.ask("a.example", "A")
        assert questions.ask("B.example.", "TXT") == ("x",)
    assert len(dns_.asked) == 2


def test_there_is_a_most_of_questions() -> None:
    dns_ = Zones()
    questions = Questions(dns_, 10)
    for number in range(MOST_QUESTIONS):
        questions.ask(f"h{number}.example", "A")
    with pytest.raises(DnsTroubleError):
        questions.ask("one.more.example", "A")
    assert len(dns_.asked) == MOST_QUESTIONS


def test_a_resolver_that_never_answers_leaves_everybody_unverified() -> None:
    dns_ = zones(policy="reject", spf="v=spf1 ip4:192.0.2.10 -all", key=rsa_key(2048))
    for name, kind in list(dns_.records):
        dns_.trouble(name, kind)
    assert believed(sign(letter(f"dora@{ACME}")), dns_) == "unverified"
