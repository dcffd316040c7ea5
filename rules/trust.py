"""Believing a sender: from what was found out about a mail to verified, unverified or failed.

The measure is DMARC (RFC 7489): SPF or DKIM must pass for a domain that is aligned with the one in From.
"""

from dataclasses import dataclass

from rules.addresses import domain_of, fold_domain
from rules.domains import is_own_domain, parents, registrable
from rules.site import Site
from rules.trail import Verdict

NAME = "sender-trust"
DESCRIPTION = (
    "DMARC, or a server in front of this one, proves or disproves the sender; else he is unverified."
)

VERIFIED, UNVERIFIED, FAILED = "verified", "unverified", "failed"

_WEAKER = {"reject": "quarantine", "quarantine": "none"}
_STOPS = frozenset({"quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class Spf:
    """What SPF says of the envelope sender, or of HELO when that is null (RFC 7208 2.4).

    `result` is pass, fail, softfail, neutral, none, temperror or permerror (RFC 7208 2.6), or "unknown" when
    it was not asked. `domain` is the domain it speaks for, an A-label.
    """

    result: str = "unknown"
    domain: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dkim:
    """One DKIM signature (RFC 6376) of `domain`, an A-label, or "" when the signature cannot be read.

    `has_l`: it covers only the start of the body, so anybody may have written the rest; it counts as none.
    `temporary`: it could not be checked for now (DNS, time); `passed` is then false.
    """

    domain: str
    passed: bool
    has_l: bool = False
    temporary: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dmarc:
    """The DMARC record for the domain in From (RFC 7489 6.3), or what stood in its way.

    `found_at` is the domain that publishes it, "" when there is none. `p` and `sp` are none, quarantine or
    reject; `sp` is "" when absent. `adkim` and `aspf` are "r" or "s". `testing`: the owner asks that the
    policy be applied one step weaker. `dns_error` says why the record could not be asked for, or is "".
    """

    found_at: str = ""
    p: str = ""
    sp: str = ""
    adkim: str = "r"
    aspf: str = "r"
    testing: bool = False
    dns_error: str = ""


@dataclass(frozen=True, slots=True)
class UpstreamResult:
    """One result of an Authentication-Results header (RFC 8601 2.2), in lower case.

    `identity` is what the method speaks for: an A-label for dmarc, dkim and spf, a login for auth.
    `policy` is the DMARC policy that the header tells of, or "".
    """

    method: str
    result: str
    identity: str
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A configured server in front of this one, and what it found; no results when it left no header."""

    authserv_id: str
    results: tuple[UpstreamResult, ...] = ()

    def of(self, method: str) -> tuple[UpstreamResult, ...]:
        """The results of one method, in order."""
        return tuple(result for result in self.results if result.method == method)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about who sent a mail.

    `from_fields` and `from_addresses` count From fields and the addresses in them. `dns_asked` is false when
    `spf`, `dkim` and `dmarc` were not looked at. `upstream` is None when the peer is no configured server.
    `submission_user` is who logged in at that server to submit the mail, or "". `own_submission`: whoever logged in
    here owns the address in From.
    """

    from_fields: int = 1
    from_addresses: int = 1
    dns_asked: bool = False
    spf: Spf = Spf()
    dkim: tuple[Dkim, ...] = ()
    dmarc: Dmarc = Dmarc()
    upstream: Upstream | None = None
    submission_user: str = ""
    own_submission: bool = False


def sender_trust(evidence: Evidence, from_domain: str, site: Site) -> tuple[str, Verdict]:
    """Whether the sender is "verified", "unverified" or "failed", and why.

    `from_domain` is the domain of the address in From. The verdict hits when the sender is not unverified.
    An operator's word on a domain changes only unverified: what is disproved stays so.
    """
    domain = fold_domain(from_domain)
    level, why = _level(evidence, domain, site)
    if level == UNVERIFIED:
        level, why = _as_the_operator_says(why, domain, site)
    return level, Verdict(NAME, level != UNVERIFIED, why)


def aligned(domain: str, from_domain: str, *, strict: bool = False) -> bool:
    """Whether a proven domain speaks for the one in From (RFC 7489 3.1). Both are A-labels.

    Relaxed: both lie under one registrable domain. A public suffix is aligned with nothing but itself.
    """
    if not domain or not from_domain:
        return False
    if domain == from_domain:
        return True
    organisation = registrable(from_domain)
    return not strict and organisation is not None and organisation == registrable(domain)


def _level(evidence: Evidence, domain: str, site: Site) -> tuple[str, str]:
    if evidence.from_fields != 1 or evidence.from_addresses != 1:
        seen = f"{evidence.from_fields} From fields with {evidence.from_addresses} addresses"
        return FAILED, f"{seen}: who of them sent the mail cannot be told"
    if not domain:
        return UNVERIFIED, "the address in From has no domain that could speak for it"
    proof = _submission(evidence, domain, site) or _upstream_proof(evidence, domain)
    proof = proof or _own_proof(evidence, domain)
    if proof:
        return VERIFIED, proof
    disproof = _upstream_disproof(evidence, domain, site) or _own_disproof(evidence, domain, site)
    if disproof:
        return FAILED, disproof
    return UNVERIFIED, _undecided(evidence, domain)


def _submission(evidence: Evidence, domain: str, site: Site) -> str | None:
    """A login proves the sender only where it belongs to the domain in From."""
    if evidence.own_submission:
        return "its author logged in here to submit the mail"
    user = evidence.submission_user
    if not user:
        return None
    fits = domain_of(user) == domain if "@" in user else _is_own(domain, site)
    return f"{user} logged in to submit the mail" if fits else None


def _upstream_proof(evidence: Evidence, domain: str) -> str | None:
    upstream = evidence.upstream
    if upstream is None:
        return None
    dmarc = upstream.of("dmarc")
    # One dissenting result spoils all: a second one may have been slipped in by whoever chose the addresses
    # that the header repeats.
    if any(result.result == "fail" for result in dmarc):
        return None
    if dmarc and all(result.result == "pass" and result.identity == domain for result in dmarc):
        return f"{upstream.authserv_id} found a DMARC pass for {domain}"
    modes = {"dkim": evidence.dmarc.adkim, "spf": evidence.dmarc.aspf}
    for result in upstream.results:
        strict = modes.get(result.method) == "s"
        passed = result.method in modes and result.result == "pass"
        if passed and aligned(result.identity, domain, strict=strict):
            return f"{upstream.authserv_id} found {result.method.upper()} to pass for {result.identity}"
    return None


def _own_proof(evidence: Evidence, domain: str) -> str | None:
    # Without the record it is unknown how strictly the owner wants alignment to be taken.
    if not evidence.dns_asked or evidence.dmarc.dns_error:
        return None
    for signature in evidence.dkim:
        proves = signature.passed and not signature.has_l
        if proves and aligned(signature.domain, domain, strict=evidence.dmarc.adkim == "s"):
            return f"DKIM passes for {signature.domain}, aligned with {domain} in From"
    spf = evidence.spf
    if spf.result == "pass" and aligned(spf.domain, domain, strict=evidence.dmarc.aspf == "s"):
        return f"SPF passes for {spf.domain}, aligned with {domain} in From"
    return None


def _upstream_disproof(evidence: Evidence, domain: str, site: Site) -> str | None:
    upstream = evidence.upstream
    if upstream is None:
        return None
    for result in upstream.of("dmarc"):
        if result.result != "fail" or result.identity != domain:
            continue
        policy = result.policy or _policy(evidence.dmarc, domain)
        seen = f"{upstream.authserv_id} found a DMARC fail for {domain}"
        if policy in _STOPS:
            return f"{seen}, whose policy is {policy}"
        if _is_own(domain, site):
            return f"{seen}, a domain of our own"
    return None


def _own_disproof(evidence: Evidence, domain: str, site: Site) -> str | None:
    """A fail, told only when nothing that is still unknown could have been a pass."""
    dmarc, spf = evidence.dmarc, _spf(evidence)
    if dmarc.dns_error or not (evidence.dns_asked or _upstream_checked_dkim(evidence)):
        return None
    if any(signature.temporary and aligned(signature.domain, domain) for signature in evidence.dkim):
        return None
    if spf.result in ("unknown", "temperror") and (evidence.upstream or aligned(spf.domain, domain)):
        return None
    policy = _policy(dmarc, domain)
    if policy in _STOPS:
        return f"DMARC fails and the policy of {dmarc.found_at} is {policy} ({_seen(evidence, domain)})"
    if not _is_own(domain, site):
        return None
    if dmarc.found_at:
        return f"DMARC fails for {domain}, a domain of our own ({_seen(evidence, domain)})"
    if spf.result == "fail" and aligned(spf.domain, domain):
        return f"SPF fails for {domain}, a domain of our own ({_seen(evidence, domain)})"
    return None


def _spf(evidence: Evidence) -> Spf:
    """SPF as the first server saw it: behind an upstream the peer's address says nothing about the sender."""
    if evidence.upstream:
        for result in evidence.upstream.of("spf"):
            return Spf(result.result, result.identity, f"found by {evidence.upstream.authserv_id}")
    return evidence.spf


def _upstream_checked_dkim(evidence: Evidence) -> bool:
    return evidence.upstream is not None and bool(evidence.upstream.of("dkim"))


def _policy(dmarc: Dmarc, domain: str) -> str:
    """What the owner asks for (RFC 7489 6.3): `sp` where the record stands at the organisation's domain."""
    policy = dmarc.p if dmarc.found_at == domain else dmarc.sp or dmarc.p
    return _WEAKER.get(policy, policy) if dmarc.testing else policy


def _is_own(domain: str, site: Site) -> bool:
    return is_own_domain(domain, site.own_domains)


def _as_the_operator_says(why: str, domain: str, site: Site) -> tuple[str, str]:
    for name in (domain, *parents(domain), "*"):
        if name in site.trust:
            level = site.trust[name]
            whose = "every domain" if name == "*" else name
            said = f"{why}; the operator takes unverified senders of {whose} as {level}"
            return level, why if level == UNVERIFIED else said
    return UNVERIFIED, why


def _undecided(evidence: Evidence, domain: str) -> str:
    if not evidence.dns_asked:
        return "nothing proves or disproves the sender: DNS was not asked"
    if evidence.dmarc.dns_error:
        return f"nothing proves or disproves the sender: {evidence.dmarc.dns_error}"
    policy = _policy(evidence.dmarc, domain)
    said = f"the DMARC policy of {evidence.dmarc.found_at} is {policy}" if policy else "no DMARC policy"
    return f"nothing proves or disproves the sender: {said} ({_seen(evidence, domain)})"


def _seen(evidence: Evidence, domain: str) -> str:
    """SPF and DKIM in a few words. At most three signatures: a mail may bring hundreds."""
    spf = _spf(evidence)
    parts = [f"SPF {spf.result}" + (f" for {spf.domain}" if spf.domain else "")]
    ours = [signature for signature in evidence.dkim if aligned(signature.domain, domain)]
    parts += [f"DKIM of {signature.domain}: {signature.why}" for signature in ours[:3]]
    if not ours:
        parts.append(f"no DKIM signature of {domain}")
    return ", ".join(parts)
