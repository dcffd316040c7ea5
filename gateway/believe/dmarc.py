"""The DMARC record of a domain (RFC 7489 6, RFC 9091, RFC 9989).

RFC 9989 tells an organisation by walking up the DNS tree. Here the public suffix list stays the measure: where a
host of many customers has a DMARC record without `psd=y`, the walk takes them all for one organisation, and one
could speak for the other. Of the walk is taken what finds a policy or narrows an organisation: the records
between domain and registrable domain, `psd=n` in one of them, and a public suffix that says `psd=y`.
"""

from dataclasses import replace

from gateway.believe.dns import DnsTroubleError, Questions
from rules.domains import parents, registrable
from rules.trust import Dmarc

POLICIES = frozenset({"none", "quarantine", "reject"})

LONGEST_WALK = 8
"""Questions for records (RFC 9989 4.10): nobody nests deeper, and a stranger may write a hundred labels."""

_VERSION = [("v", "DMARC1")]


def find_dmarc(domain: str, questions: Questions) -> Dmarc:
    """The record for a domain in From: its own, else that of its organisation, else that of the public suffix.

    `domain` is an A-label. DNS trouble is told in the result; nothing is raised.
    """
    try:
        found = _applying(domain, questions)
    except DnsTroubleError as trouble:
        return Dmarc(dns_error=str(trouble))
    if found.np and found.found_at != domain:
        found = replace(found, exists=_exists(domain, questions))
    return found


def _applying(domain: str, questions: Questions) -> Dmarc:
    """The record that applies. Raises DnsTroubleError."""
    places = parents(domain) or (domain,)
    places = (places[0], *places[1:][1 - LONGEST_WALK :])
    records = [_record(places[0], questions)]
    for place in places[1:]:
        if records[-1].organisation:
            break
        records.append(_record(place, questions))
    organisation = records[-1].organisation
    applying = next((record for record in (records[0], *reversed(records)) if record.found_at), None)
    if applying is not None:
        return replace(applying, organisation=organisation)
    suffix = (registrable(domain) or "").partition(".")[2]
    return _record(suffix, questions, of_suffix=True) if suffix else Dmarc()


def _record(place: str, questions: Questions, *, of_suffix: bool = False) -> Dmarc:
    """The record that a domain publishes; Dmarc() for none. Raises DnsTroubleError.

    `of_suffix`: the domain is a public suffix, whose record counts only if it says so.
    """
    texts = questions.ask(f"_dmarc.{place}", "TXT")
    records = [text for text in texts if _tags(text)[:1] == _VERSION]
    if len(records) != 1:
        return Dmarc()
    if of_suffix and ("psd", "y") not in _tags(records[0].lower()):
        return Dmarc()
    return parse_dmarc(records[0], place) or Dmarc()


def _exists(domain: str, questions: Questions) -> bool:
    """Whether a domain has an address or takes mail (RFC 9091 2.7); when DNS cannot tell, it is taken to exist."""
    try:
        return any(questions.ask(domain, kind) for kind in ("MX", "A", "AAAA"))
    except DnsTroubleError:
        return True


def parse_dmarc(record: str, place: str) -> Dmarc | None:
    """The record that `place` publishes, or None when it is none.

    What is unknown or misspelt falls back to its default, as RFC 7489 6.3 and 6.6.3 say: a record without a
    usable `p` is taken as "none" when it asks for reports, and as no record otherwise. `pct=0` and the `t=y`
    that follows it mean that the owner still tries the policy out; between 1 and 99 the policy is applied,
    for a filed mail should not be a matter of luck (RFC 9989 knows no such numbers any more).
    """
    tags = _tags(record)
    if tags[:1] != _VERSION:
        return None
    values = {name: value.lower() for name, value in reversed(tags)}
    p, sp, np = values.get("p", ""), values.get("sp", ""), values.get("np", "")
    if p not in POLICIES or (sp and sp not in POLICIES):
        if not values.get("rua"):
            return None
        p, sp, np = "none", "", ""
    return Dmarc(
        found_at=place,
        p=p,
        sp=sp,
        np=np if np in POLICIES else "",
        adkim="s" if values.get("adkim") == "s" else "r",
        aspf="s" if values.get("aspf") == "s" else "r",
        testing=values.get("pct") == "0" or values.get("t") == "y",
        organisation=place if values.get("psd") == "n" else "",
    )


def _tags(record: str) -> list[tuple[str, str]]:
    """Tags in order, names in lower case. What is no tag is left out, but for the first: it must be `v`."""
    pairs = [part.partition("=") for part in record.split(";")]
    return [(name.strip().lower(), value.strip()) for name, equals, value in pairs if equals]
