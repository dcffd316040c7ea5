"""How the listener greets, what it believes and what it allows."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from gateway.config.settings import Settings
from gateway.smtp.limits import Limits
from gateway.smtp.tls import Certificate


@dataclass(frozen=True, slots=True)
class Options:
    """What all sessions share.

    `hostname` is the gateway's name in its greeting. `tls`: offer STARTTLS; `require_starttls`: nothing else before
    it. `trusted_proxies`: peers from these networks must send a PROXY header, nobody else's is believed.
    `upstreams`: our own servers in front, whose sessions are no single peer's. `normalize_newlines`: bare CR and LF
    in a message become CRLF instead of a refusal.
    """

    hostname: str
    limits: Limits = field(default_factory=Limits)
    tls: Certificate | None = None
    require_starttls: bool = False
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    upstreams: tuple[IPv4Network | IPv6Network, ...] = ()
    normalize_newlines: bool = False


def options_from(settings: Settings) -> Options:
    """The options an operator configured; reads the certificate. Raises `gateway.smtp.tls.TlsError`."""
    smtp = settings.smtp
    certificate, key = smtp.tls_certificate, smtp.tls_key
    return Options(
        hostname=settings.hostname,
        limits=smtp.bounds(),
        tls=Certificate(certificate, key) if certificate and key else None,
        require_starttls=smtp.require_starttls,
        trusted_proxies=smtp.proxy_trusted,
        upstreams=tuple(network for each in settings.sender_check.upstreams for network in each.networks),
        normalize_newlines=smtp.bare_newlines == "normalize",
    )
