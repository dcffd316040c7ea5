"""Believing a sender: from what was found out about a mail to verified, unverified or failed.

The measure is DMARC (RFC 7489): SPF or DKIM must pass for a domain that is aligned with the one in From. Who
hands mail on and changes it may break both; a configured sealer may then tell that they passed (ARC, RFC 8617).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.addresses import address_key, fold_domain
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

    `found_at` is the domain that publishes it, "" when there is none. `p`, `sp` (for sub-domains) and `np` (for
    those that do not exist, RFC 9091) are none, quarantine or reject; `sp` and `np` are "" when absent. `adkim`
    and `aspf` are "r" or "s". `testing`: the owner asks that the policy be applied one step weaker. `exists`:
    whether the domain in From does, as far as `np` asks. `organisation` is the domain below the registrable one
    that marks itself as the organisation (`psd=n`, RFC 9989 4.7), or "". `dns_error` says why the record could
    not be asked for, or is "".
    """

    found_at: str = ""
    p: str = ""
    sp: str = ""
    adkim: str = "r"
    aspf: str = "r"
    testing: bool = False
    dns_error: str = ""
    np: str = ""
    exists: bool = True
    organisation: str = ""


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
class ArcSet:
    """What one sealer of a chain says he saw (RFC 8617 4.1): `sealer` is the `d=` of his seal, an A-label."""

    sealer: str
    configured: bool
    results: tuple[UpstreamResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Arc:
    """An ARC chain that holds, the newest set first; no sets when there is none, or none that holds.

    `temporary`: it could not be checked for now (DNS, time), though its newest seal names a configured sealer.
    """

    sets: tuple[ArcSet, ...] = ()
    temporary: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything known about who sent a mail.

    `from_fields` and `from_addresses` count From fields and the addresses in them. `dns_asked` is false when
    `spf`, `dkim` and `dmarc` were not looked at; `arc` is looked at when they prove nothing. `upstream` is None when
    the peer is no configured server. `submission_user` is who logged in at that server to submit the mail, or "";
    `author` the key (`rules.addresses.address_key`) of the address in From.
    `own_submission`: whoever logged in here owns the address in From.
    """

    from_fields: int = 1
    from_addresses: int = 1
    dns_asked: bool = False
    spf: Spf = Spf()
    dkim: tuple[Dkim, ...] = ()
    dmarc: Dmarc = Dmarc()
    upstream: Upstream | None = None
    submission_user: str = ""
    author: str = ""
    own_submission: bool = False
    arc: Arc = Arc()


def sender_trust(evidence: Evidence, from_domain: str, site: Site) -> tuple[str, Verdict]:
    """Whether the sender is "verified", "unverified" or "failed", and why.

    `from_domain` is the domain of the address in From. The verdict hits when the sender is not unverified.
    An operator's word on a domain changes only unverified: what is disproved stays so. It makes nobody verified
    while DNS is in trouble: the answer that is missing may have been the disproof.
    """
    domain = fold_domain(from_domain)
    level, why = _level(evidence, domain, site)
    if level == UNVERIFIED:
        said, told = _as_the_operator_says(why, domain, site)
        if said != VERIFIED or not _trouble(evidence, domain):
            level, why = said, told
    return level, Verdict(NAME, level != UNVERIFIED, why)


def worth_another_look(evidence: Evidence, from_domain: str, site: Site) -> bool:
    """Whether the sender is undecided because DNS was in trouble, so that he may be decided a little later."""
    domain = fold_domain(from_domain)
    return _level(evidence, domain, site)[0] == UNVERIFIED and _trouble(evidence, domain)


def dmarc_pass(evidence: Evidence, from_domain: str) -> str | None:
    """How DKIM or SPF prove the domain in From (RFC 7489 4.2), or None when they do not."""
    domain, dmarc = fold_domain(from_domain), evidence.dmarc
    # Without the record it is unknown how strictly the owner wants alignment to be taken.
    if not evidence.dns_asked or dmarc.dns_error:
        return None
    for signature in evidence.dkim:
        proves = signature.passed and not signature.has_l
        if proves and _speaks(signature.domain, domain, dmarc, dmarc.adkim):
            return f"DKIM passes for {signature.domain}, aligned with {domain} in From"
    spf = evidence.spf
    if spf.result == "pass" and _speaks(spf.domain, domain, dmarc, dmarc.aspf):
        return f"SPF passes for {spf.domain}, aligned with {domain} in From"
    return None


def aligned(domain: str, from_domain: str, *, strict: bool = False, organisation: str = "") -> bool:
    """Whether a proven domain speaks for the one in From (RFC 7489 3.1). All are A-labels.

    Relaxed: both lie under one registrable domain, or under `organisation`, when that is given and lies below it.
    A public suffix is aligned with nothing but itself.
    """
    if not domain or not from_domain:
        return False
    if domain == from_domain:
        return True
    if strict or not f".{domain}".endswith(f".{organisation}" if organisation else ""):
        return False
    registered = registrable(from_domain)
    return registered is not None and registered == registrable(domain)


def _speaks(domain: str, from_domain: str, dmarc: Dmarc, mode: str) -> bool:
    """Alignment as the owner of the domain in From wants it."""
    return aligned(domain, from_domain, strict=mode == "s", organisation=dmarc.organisation)


def _level(evidence: Evidence, domain: str, site: Site) -> tuple[str, str]:
    if evidence.from_fields != 1 or evidence.from_addresses != 1:
        seen = f"{evidence.from_fields} From fields with {evidence.from_addresses} addresses"
        return FAILED, f"{seen}: who of them sent the mail cannot be told"
    if not domain:
        return UNVERIFIED, "the address in From has no domain that could speak for it"
    proof = _submission(evidence, domain, site) or _upstream_proof(evidence, domain)
    proof = proof or dmarc_pass(evidence, domain) or _arc_proof(evidence, domain)
    if proof:
        return VERIFIED, proof
    disproof = _upstream_disproof(evidence, domain, site) or _own_disproof(evidence, domain, site)
    if disproof:
        return FAILED, disproof
    return UNVERIFIED, _undecided(evidence, domain)


def _submission(evidence: Evidence, domain: str, site: Site) -> str | None:
    """A login proves its own address and nobody else's; a bare name is one of our own domain's, where it logs in."""
    if evidence.own_submission:
        return "its author logged in here to submit the mail"
    user = evidence.submission_user
    if not user:
        return None
    if "@" not in user and _is_own(domain, site):
        user = f"{user}@{domain}"
    fits = "@" in user and address_key(user) == evidence.author
    return f"{user} logged in to submit the mail" if fits else None


def _upstream_proof(evidence: Evidence, domain: str) -> str | None:
    upstream = evidence.upstream
    if upstream is None:
        return None
    known = evidence.dns_asked and not evidence.dmarc.dns_error
    passed = _told_to_pass(upstream.results, evidence.dmarc, domain, alignment_known=known)
    return f"{upstream.authserv_id} found {passed}" if passed else None


def _arc_proof(evidence: Evidence, domain: str) -> str | None:
    """What a configured sealer saw (RFC 8617 7.2).

    From the newest set down: whoever sealed later could have written the mail anew and kept the older sets, so the
    first sealer who is not configured ends it.
    """
    if not evidence.dns_asked or evidence.dmarc.dns_error:
        return None
    for each in evidence.arc.sets:
        if not each.configured:
            return None
        passed = _told_to_pass(each.results, evidence.dmarc, domain, alignment_known=True)
        if passed:
            return f"the ARC seal of {each.sealer} holds, who found {passed}"
    return None


def _told_to_pass(
    results: Iterable[UpstreamResult], dmarc: Dmarc, domain: str, *, alignment_known: bool
) -> str | None:
    """What one report says to pass for the domain in From, in words, or None.

    Where its owner's record is not known, nor how strictly he wants alignment to be taken, the very domain must pass.
    """
    results = tuple(results)
    verdicts = [result for result in results if result.method == "dmarc"]
    # One dissenting result spoils all: a second one may have been slipped in by whoever chose the addresses
    # that the header repeats.
    if any(result.result == "fail" for result in verdicts):
        return None
    if verdicts and all(result.result == "pass" and result.identity == domain for result in verdicts):
        return f"a DMARC pass for {domain}"
    modes: Mapping[str, str] = {"dkim": dmarc.adkim, "spf": dmarc.aspf}
    for result in results:
        passed = result.method in modes and result.result == "pass"
        mode = modes.get(result.method, "s") if alignment_known else "s"
        if passed and _speaks(result.identity, domain, dmarc, mode):
            return f"{result.method.upper()} to pass for {result.identity}"
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
    if _trouble(evidence, domain):
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


def _trouble(evidence: Evidence, domain: str) -> bool:
    """Whether DNS or the time failed where the answer might have decided."""
    if evidence.dmarc.dns_error or evidence.arc.temporary:
        return True
    if evidence.spf.result == "temperror" and aligned(evidence.spf.domain, domain):
        return True
    return any(signature.temporary and aligned(signature.domain, domain) for signature in evidence.dkim)


def _spf(evidence: Evidence) -> Spf:
    """SPF as the first server saw it: behind an upstream the peer's address says nothing about the sender."""
    if evidence.upstream:
        for result in evidence.upstream.of("spf"):
            return Spf(result.result, result.identity, f"found by {evidence.upstream.authserv_id}")
    return evidence.spf


def _upstream_checked_dkim(evidence: Evidence) -> bool:
    return evidence.upstream is not None and bool(evidence.upstream.of("dkim"))


def _policy(dmarc: Dmarc, domain: str) -> str:
    """What the owner asks for (RFC 7489 6.3, RFC 9091 2.3): `sp` or `np` where the record stands further up."""
    below = dmarc.sp or dmarc.p if dmarc.exists else dmarc.np or dmarc.sp or dmarc.p
    policy = dmarc.p if dmarc.found_at == domain else below
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
    if evidence.arc.why:
        parts.append(evidence.arc.why)
    return ", ".join(parts)
