"""Questions to DNS, each with a limit in time (RFC 1035).

A question has three ends: records, no such records, or trouble. Trouble proves nothing in either direction.
"""

import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Protocol

import dns.exception
import dns.name
import dns.resolver
from dns.nameserver import Do53Nameserver

from gateway.believe.cache import TROUBLE, Cache, Known

LONGEST_QUESTION = 5.0
"""Seconds for one question: resolvers that answer at all do so sooner."""

MOST_QUESTIONS = 80
"""Questions for one mail. A dozen for DMARC, ten keys each for DKIM and ARC, and what SPF needs lie below."""


class DnsTroubleError(Exception):
    """No answer for now: time-out, SERVFAIL, refusal, or the mail has used up its time."""


class Resolver(Protocol):
    """Whoever answers questions."""

    def ask(self, name: str, kind: str, seconds: float) -> tuple[str, ...]:
        """The records of a name; () when the name or the kind does not exist, or the name cannot.

        `kind` is A, AAAA, MX, PTR or TXT. An MX is "10 mail.example.com", names are in lower case and have
        no root dot, the strings of a TXT are joined, octet for octet (latin-1).

        Raises DnsTroubleError within `seconds`.
        """


class DnsResolver:
    """The system's name servers, or the given ones, with a cache that lives as long as this.

    `nameservers` are written "address" or "address:port", an IPv6 address with a port in brackets.
    """

    def __init__(self, nameservers: Sequence[str] = (), cache: Cache | None = None) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not nameservers)
        except dns.resolver.NoResolverConfiguration:
            # resolv.conf(5): without the file, the name server on the local machine is asked.
            self._resolver = dns.resolver.Resolver(configure=False)
            nameservers = ("127.0.0.1",)
        if nameservers:
            self._resolver.nameservers = [Do53Nameserver(*_place(text)) for text in nameservers]
        self._cache = cache or Cache()

    def ask(self, name: str, kind: str, seconds: float) -> tuple[str, ...]:
        """See Resolver."""
        name = name.lower().rstrip(".")
        known = self._cache.get(name, kind)
        if known is None:
            known = self._fresh(name, kind, seconds)
        if isinstance(known, str):
            raise DnsTroubleError(known)
        return known

    def _fresh(self, name: str, kind: str, seconds: float) -> Known:
        try:
            question = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return ()
        ttl: float = TROUBLE
        known: Known
        try:
            answer = self._resolver.resolve(
                question, kind, lifetime=seconds, search=False, raise_on_no_answer=False
            )
            known = tuple(_text(record, kind) for record in answer.rrset or ())
            ttl = answer.chaining_result.minimum_ttl
        except dns.resolver.NXDOMAIN as error:
            known = ()
            ttl = error.response(question).resolve_chaining().minimum_ttl  # type: ignore[no-untyped-call]
        except (dns.exception.DNSException, OSError) as error:
            known = f"DNS gave no answer for {name or 'the root'} ({type(error).__name__})"
            # A time-out that the mail at hand brought about by its haste says nothing about the next one's.
            ttl = (
                TROUBLE if seconds >= LONGEST_QUESTION or not isinstance(error, dns.exception.Timeout) else 0
            )
        self._cache.put(name, kind, known, ttl)
        return known


class Questions:
    """What may be asked for one mail: all of it within `seconds`, each question once."""

    def __init__(
        self, resolver: Resolver, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._resolver = resolver
        self._clock = clock
        self._end = clock() + seconds
        self._known: dict[tuple[str, str], tuple[str, ...] | DnsTroubleError] = {}

    @property
    def over(self) -> bool:
        """Whether the time is used up."""
        return self._clock() >= self._end

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        """The records, as Resolver gives them. Raises DnsTroubleError."""
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            self._known[key] = self._answer(*key)
        known = self._known[key]
        if isinstance(known, DnsTroubleError):
            raise known
        return known

    def _answer(self, name: str, kind: str) -> tuple[str, ...] | DnsTroubleError:
        left = self._end - self._clock()
        if left <= 0 or len(self._known) >= MOST_QUESTIONS:
            return DnsTroubleError(f"no time was left to ask DNS for {name}")
        try:
            return self._resolver.ask(name, kind, min(left, LONGEST_QUESTION))
        except DnsTroubleError as trouble:
            return trouble


def _place(text: str) -> tuple[str, int]:
    try:
        return str(ip_address(text)), 53
    except ValueError:
        host, _, port = text.rpartition(":")
        return host.strip("[]"), int(port)


def _text(record: Any, kind: str) -> str:
    # The attributes are those of dnspython's class for the kind; its base class knows none of them.
    match kind:
        case "TXT":
            return b"".join(record.strings).decode("latin-1")
        case "MX":
            return f"{record.preference} {record.exchange.to_text(omit_final_dot=True).lower()}"
        case "PTR":
            return str(record.target.to_text(omit_final_dot=True)).lower()
        case _:
            return str(record.to_text())
