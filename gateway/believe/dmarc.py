"""The DMARC record of a domain (RFC 7489 6)."""

from gateway.believe.dns import DnsTroubleError, Questions
from rules.domains import registrable
from rules.trust import Dmarc

POLICIES = frozenset({"none", "quarantine", "reject"})

_VERSION = [("v", "DMARC1")]


def find_dmarc(domain: str, questions: Questions) -> Dmarc:
    """The record for a domain in From: its own, else that of its organisation (RFC 7489 6.6.3).

    `domain` is an A-label. DNS trouble is told in the result; nothing is raised.
    """
    try:
        for place in dict.fromkeys((domain, registrable(domain) or domain)):
            records = [
                record for record in questions.ask(f"_dmarc.{place}", "TXT") if _tags(record)[:1] == _VERSION
            ]
            if len(records) > 1:
                return Dmarc()
            if records:
                return parse_dmarc(records[0], place) or Dmarc()
    except DnsTroubleError as trouble:
        return Dmarc(dns_error=str(trouble))
    return Dmarc()


def parse_dmarc(record: str, place: str) -> Dmarc | None:
    """The record that `place` publishes, or None when it is none.

    What is unknown or misspelt falls back to its default, as RFC 7489 6.3 and 6.6.3 say: a record without a
    usable `p` is taken as "none" when it asks for reports, and as no record otherwise. `pct=0` and the `t=y`
    that follows it mean that the owner still tries the policy out; between 1 and 99 the policy is applied,
    for a filed mail should not be a matter of luck.
    """
    tags = _tags(record)
    if tags[:1] != _VERSION:
        return None
    values = {name: value.lower() for name, value in reversed(tags)}
    p, sp = values.get("p", ""), values.get("sp", "")
    if p not in POLICIES or (sp and sp not in POLICIES):
        if not values.get("rua"):
            return None
        p, sp = "none", ""
    return Dmarc(
        found_at=place,
        p=p,
        sp=sp,
        adkim="s" if values.get("adkim") == "s" else "r",
        aspf="s" if values.get("aspf") == "s" else "r",
        testing=values.get("pct") == "0" or values.get("t") == "y",
    )


def _tags(record: str) -> list[tuple[str, str]]:
    """Tags in order, names in lower case. What is no tag is left out, but for the first: it must be `v`."""
    pairs = [part.partition("=") for part in record.split(";")]
    return [(name.strip().lower(), value.strip()) for name, equals, value in pairs if equals]
