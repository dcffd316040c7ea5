"""The sender check of one mail, with the site's settings: evidence gathered, then weighed by `rules.trust`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.believe.gather import gather
from gateway.config import Settings
from gateway.filing.examine import Believe
from rules.addresses import domain_of
from rules.message import Message
from rules.site import Site
from rules.trail import Verdict
from rules.trust import NAME, sender_trust, worth_another_look

if TYPE_CHECKING:
    from gateway.believe.dns import Resolver


class Undecided(Exception):  # noqa: N818 - what the case is
    """DNS was in trouble, and nothing else tells about the sender: he may be told a little later."""


class Belief:
    """Checks senders. With `dns` the domains' own records are asked, else only an upstream's word counts."""

    def __init__(self, settings: Settings, *, dns: bool, resolver: "Resolver | None" = None) -> None:
        self._checks = settings.sender_check
        self._site: Site = settings.site()
        self._resolver = resolver
        if dns and resolver is None:
            from gateway.believe.dns import DnsResolver  # noqa: PLC0415  a tenth of a second

            self._resolver = DnsResolver(self._checks.nameservers)

    def of(self, mail_from: str | None, peer: Mapping[str, Any], *, patient: bool = False) -> Believe:
        """The check for a mail from this envelope sender and peer (its address, its name, who logged in).

        When `patient` it raises Undecided rather than let trouble with DNS decide.
        """

        def believe(raw: bytes, message: Message) -> tuple[str, Verdict]:
            author = message.from_[0].email if message.from_ else ""
            evidence = gather(
                raw,
                message,
                envelope_from=author if mail_from is None else mail_from,
                peer_ip=peer.get("address") or None,
                helo=peer.get("helo") or "",
                checks=self._checks,
                resolver=self._resolver,
                login=peer.get("login_addresses") or (),
            )
            if patient and worth_another_look(evidence, domain_of(author), self._site):
                raise Undecided
            return sender_trust(evidence, domain_of(author), self._site)

        return believe


def settled(trust: str, why: str) -> Believe:
    """A check whose answer stands: what somebody says, or what was found when the mail came in.

    Keys are rotated and records change: a mail that is run again is as true as on the day it came.
    """
    return lambda _raw, _message: (trust, Verdict(NAME, trust != "unverified", why))
