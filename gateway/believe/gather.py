"""Everything that tells who sent one mail, gathered within a limit of time."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from gateway.believe.header import read_header
from gateway.believe.upstream import Server, read_upstream
from rules.addresses import address_key, domain_of
from rules.message import Message, first
from rules.trust import Evidence, Spf, Upstream, dmarc_pass

if TYPE_CHECKING:
    from gateway.believe.dns import Resolver


class Checks(Protocol):
    """What the operator configured."""

    @property
    def timeout_seconds(self) -> float:
        """For everything that is asked of DNS for one mail."""

    @property
    def upstreams(self) -> Sequence[Server]:
        """The servers in front of this one whose word counts."""

    @property
    def arc_sealers(self) -> Collection[str]:
        """Domains whose ARC seals count."""


def gather(
    raw: bytes,
    message: Message,
    envelope_from: str,
    peer_ip: str | None,
    helo: str,
    checks: Checks,
    resolver: "Resolver | None" = None,
    *,
    login: Collection[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Evidence:
    """The evidence for `rules.trust.sender_trust`. Never raises for what a mail holds or DNS says.

    `raw` is the mail as received and `message` the same, read. `envelope_from` is "" for the null sender,
    `peer_ip` None where there is none (a Unix socket). Without a resolver DNS is not asked, and only an
    upstream's word counts. `login` has the keys of all addresses of the user who logged in to submit the mail here.
    `clock` gives seconds.
    """
    header = read_header(raw)
    upstream = read_upstream(header, peer_ip, checks.upstreams, null_sender=not envelope_from)
    author = first(message.from_)
    evidence = Evidence(
        # A second From that only one of two readers saw makes two as well.
        from_fields=max(message.from_fields, header.count("from") if header else 0),
        from_addresses=len(message.from_),
        upstream=upstream,
        submission_user=_login(upstream),
        author=address_key(author.email) if author else "",
    )
    domain = domain_of(author.email) if author else ""
    if author and address_key(author.email) in login:
        return replace(evidence, own_submission=True)
    if resolver is None or not domain:
        return evidence
    # Loaded when needed: together they take a tenth of a second, which a verb without DNS should not.
    from gateway.believe.arc import check_arc  # noqa: PLC0415
    from gateway.believe.body import Body  # noqa: PLC0415
    from gateway.believe.dkim import check_dkim  # noqa: PLC0415
    from gateway.believe.dmarc import find_dmarc  # noqa: PLC0415
    from gateway.believe.dns import Questions  # noqa: PLC0415
    from gateway.believe.spf import check_spf  # noqa: PLC0415

    questions = Questions(resolver, checks.timeout_seconds, clock)
    # The policy first: nothing in the mail may use up the time that is needed to learn it.
    dmarc = find_dmarc(domain, questions)
    body = Body(raw, header.body_at if header else len(raw))
    dkim = check_dkim(header, body, domain, questions) if header else ()
    behind = Spf(why="the mail came through a server in front of this one")
    spf = behind if upstream else check_spf(envelope_from, helo, peer_ip, domain, questions)
    evidence = replace(evidence, dns_asked=True, dmarc=dmarc, dkim=dkim, spf=spf)
    if header is None or not checks.arc_sealers or dmarc_pass(evidence, domain):
        return evidence
    return replace(evidence, arc=check_arc(header, body, checks.arc_sealers, questions))


def _login(upstream: Upstream | None) -> str:
    """Who logged in at the server in front of this one, or ""."""
    logins = upstream.of("auth") if upstream else ()
    return next((login.identity for login in logins if login.result == "pass"), "")
