"""SPF: whether the envelope sender's domain lets this peer send (RFC 7208)."""

from ipaddress import ip_address, ip_network

import spf

from gateway.believe.dns import DnsTroubleError, Questions
from rules.addresses import domain_of, fold_domain
from rules.trust import Spf, aligned

MAX_RECORD = 2048
"""Octets of an SPF record. RFC 7208 3.4 asks for 450; pyspf takes quadratic time over some long ones."""

MAX_SENDER = 320
"""Octets of a sender (RFC 5321 4.5.3.1): a macro may repeat it hundreds of times."""

LOCAL_NETWORKS = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
"""Where a peer is a neighbour that hands mail on, and no record on the Internet names it."""


def check_spf(envelope_from: str, helo: str, peer_ip: str | None, domain: str, questions: Questions) -> Spf:
    """What SPF says of the envelope sender, or of HELO when that is null.

    It is asked only where a pass would count: for a domain aligned with `domain`, the one in From (A-label),
    and a peer whose address is known and not of a private network. Otherwise the result is "unknown".
    """
    speaks_for = domain_of(envelope_from) if envelope_from else fold_domain(helo)
    if not aligned(speaks_for, domain):
        return Spf(domain=speaks_for, why="the envelope sender is of another domain")
    if not peer_ip or _is_local(peer_ip):
        return Spf(domain=speaks_for, why="the mail was handed on by a server nearby")
    if len(envelope_from) > MAX_SENDER:
        return Spf("permerror", speaks_for, "the envelope sender is too long")
    local = envelope_from.rpartition("@")[0] or "postmaster"
    if "@" in local:  # pyspf would take what follows the first one for the domain
        return Spf("permerror", speaks_for, "the envelope sender has a quoted @")
    try:
        result, _, why = _Query(peer_ip, f"{local}@{speaks_for}", helo, questions).check()
    except Exception as error:  # noqa: BLE001 - pyspf meets records that a stranger wrote
        return Spf("permerror", speaks_for, f"the SPF record cannot be read ({type(error).__name__})")
    return Spf(result, speaks_for, why)


class _Query(spf.query):  # type: ignore[misc]  # pyspf has no types
    """A pyspf query that asks our resolver instead of the module's own; SPF's limits stay pyspf's."""

    def __init__(self, peer_ip: str, sender: str, helo: str, questions: Questions) -> None:
        super().__init__(i=peer_ip, s=sender, h=helo)
        self._questions = questions

    def dns(
        self,
        name: str,
        qtype: str,
        cnames: object = None,  # noqa: ARG002 - the resolver follows aliases itself
        ignore_void: bool = False,
    ) -> list[object]:
        try:
            records = self._questions.ask(name, qtype)
        except DnsTroubleError as trouble:
            raise spf.TempError(str(trouble)) from trouble
        if not records and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"more than {spf.MAX_VOID_LOOKUPS} questions without an answer")
        return [_for_pyspf(record, qtype) for record in records]

    def get_explanation(self, spec: str) -> None:  # noqa: ARG002
        # Nobody is shown the text that a stranger's domain has for a refusal: not worth a question.
        return None


def _for_pyspf(record: str, kind: str) -> object:
    match kind:
        case "TXT":
            if len(record) > MAX_RECORD and record[:6].lower() == "v=spf1":
                raise spf.PermError(f"the SPF record has more than {MAX_RECORD} octets")
            return (record.encode("latin-1"),)
        case "MX":
            preference, _, host = record.partition(" ")
            return (int(preference), host)
        case _:
            return record


def _is_local(peer_ip: str) -> bool:
    try:
        address = ip_address(peer_ip)
    except ValueError:
        return True
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in LOCAL_NETWORKS)
