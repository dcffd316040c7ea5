"""Authentication-Results of a server in front of this one (RFC 8601).

Anybody can write such a header into a mail. It counts only when the mail came from a configured server, bears
that server's name, and stands above the Received line which the server put on top of what it was given.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from gateway.believe.header import Header
from rules.addresses import domain_of, fold_domain
from rules.domains import registrable
from rules.trust import Upstream, UpstreamResult

MAX_FIELD = 16 * 1024
"""Octets of one header: a long mail path with a dozen signatures takes two thousand."""

HELO = "spf-helo"
"""The method of a result of SPF that tells of HELO alone."""

_BLANK = re.compile(r"[ \t\r\n]+")
_WORD = re.compile(r"[^ \t\r\n;=()\"\\]+")
_VALUE = re.compile(r"[^ \t\r\n;()\"\\]+")
_POLICY = re.compile(r"\b(s?p)=(none|quarantine|reject)\b", re.IGNORECASE)


class Server(Protocol):
    """A configured server: the networks it connects from, and the name in its headers."""

    @property
    def networks(self) -> Sequence[IPv4Network | IPv6Network]:
        """One address or many."""

    @property
    def authserv_id(self) -> str:
        """As RFC 8601 2.5 calls it; letter case is ignored."""


@dataclass(slots=True)
class _Result:
    """One `method=result` with its properties and comments."""

    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


class MalformedError(Exception):
    """The header is not as RFC 8601 says; whoever chose the addresses in it may have broken it."""


def read_upstream(
    header: Header | None, peer_ip: str | None, servers: Sequence[Server], *, null_sender: bool = False
) -> Upstream | None:
    """What the peer found, if it is a configured server; None when it is not.

    What SPF says of HELO is a result for the mail with a null sender alone (RFC 7489 3.1.2). Headers that cannot be
    read, bear another name, or stand below the peer's Received line are ignored.
    """
    server = _server_at(peer_ip, servers)
    if server is None:
        return None
    name = server.authserv_id.lower()
    results: list[UpstreamResult] = []
    for value in _above_received(header):
        try:
            authserv_id, found = parse_results(value)
        except MalformedError:
            continue
        if authserv_id == name:
            results += found
    if null_sender:
        results = [replace(each, method="spf") if each.method == HELO else each for each in results]
    return Upstream(server.authserv_id, tuple(results))


def _server_at(peer_ip: str | None, servers: Sequence[Server]) -> Server | None:
    try:
        address = ip_address(peer_ip or "")
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return next((s for s in servers if any(address in network for network in s.networks)), None)


def _above_received(header: Header | None) -> list[str]:
    """The Authentication-Results above the first Received line; none when there is no such line."""
    names = [name for name, _ in header.fields] if header else []
    if header is None or "received" not in names:
        return []
    above = header.fields[: names.index("received")]
    return [
        value.decode("utf-8", "replace")
        for name, value in above
        if name == "authentication-results" and len(value) <= MAX_FIELD
    ]


def parse_results(value: str) -> tuple[str, tuple[UpstreamResult, ...]]:
    """The authserv-id in lower case and the results of an Authentication-Results value (RFC 8601 2.2).

    Raises MalformedError for unbalanced comments, quotes and the like.
    """
    scanner = _Scanner(value)
    authserv_id = scanner.value().lower()
    scanner.comments.clear()
    scanner.to_semicolon()
    results: list[_Result] = []
    while not scanner.at_end:
        result = _one_result(scanner)
        if result:
            results.append(result)
    return authserv_id, tuple(_as_upstream(result) for result in results)


def _one_result(scanner: "_Scanner") -> _Result | None:
    scanner.comments.clear()
    result: _Result | None = None
    while scanner.more():
        name = scanner.word().lower()
        if not scanner.take("="):
            if name == "none" or result is not None:
                continue
            raise MalformedError
        value = scanner.value()
        if result is None:
            result = _Result(name.partition("/")[0], value.lower())
        elif result.properties.setdefault(name, value) != value:
            raise MalformedError
    if result:
        result.comments = list(scanner.comments)
    return result


def _as_upstream(result: _Result) -> UpstreamResult:
    found = result.properties
    match result.method:
        case "dmarc":
            identity = _domain(found.get("header.from", ""))
            return UpstreamResult("dmarc", result.result, identity, _policy(result, identity))
        case "dkim":
            identity = _domain(found.get("header.d", "") or found.get("header.i", ""))
        case "spf":
            sender, helo = found.get("smtp.mailfrom", ""), found.get("smtp.helo", "")
            if helo and not sender:
                return UpstreamResult(HELO, result.result, _domain(helo))
            identity = _domain(sender)
        case "auth":
            identity = found.get("smtp.auth", "").lower()
        case _:
            identity = ""
    return UpstreamResult(result.method, result.result, identity)


def _domain(text: str) -> str:
    return domain_of(text) if "@" in text else fold_domain(text)


def _policy(result: _Result, domain: str) -> str:
    """The domain's policy, which servers tell of as a property or, in a comment, as "p=REJECT sp=NONE"."""
    told = result.properties.get("policy.published-domain-policy", "").lower()
    if told in ("none", "quarantine", "reject"):
        return told
    policies: dict[str, str] = {}
    for comment in result.comments:
        for tag, policy in _POLICY.findall(comment):
            policies.setdefault(tag.lower(), policy.lower())
    below = registrable(domain) != domain
    return (policies.get("sp") if below else None) or policies.get("p", "")


class _Scanner:
    """Goes once over a structured header value; comments (RFC 5322 3.2.2) are kept aside."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.comments: list[str] = []
        self._skip()

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def more(self) -> bool:
        """Whether the result goes on; a semicolon is stepped over."""
        return not self.at_end and not self.take(";")

    def take(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        self._skip()
        return True

    def to_semicolon(self) -> None:
        """Past the optional version that may follow the authserv-id."""
        while self.more():
            self.word()

    def word(self) -> str:
        return self._match(_WORD)

    def value(self) -> str:
        """A word, a quoted string, or the local part in quotes that an address begins with; may be empty."""
        if self.at_end or self._text.startswith(";", self._at):
            return ""
        if not self._text.startswith('"', self._at):
            return self._match(_VALUE)
        quoted = self._quoted()
        rest = _VALUE.match(self._text, self._at) if self._text.startswith("@", self._at) else None
        if rest:
            self._at = rest.end()
        self._skip()
        return quoted + (rest.group() if rest else "")

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise MalformedError
        self._at = found.end()
        self._skip()
        return found.group()

    def _quoted(self) -> str:
        text: list[str] = []
        self._at += 1
        while not self.at_end:
            sign = self._text[self._at]
            self._at += 1
            if sign == '"':
                return "".join(text)
            if sign == "\\" and not self.at_end:
                sign = self._text[self._at]
                self._at += 1
            text.append(sign)
        raise MalformedError

    def _skip(self) -> None:
        """Past blanks and comments."""
        while not self.at_end:
            blank = _BLANK.match(self._text, self._at)
            if blank:
                self._at = blank.end()
            elif self._text[self._at] == "(":
                self._comment()
            else:
                return

    def _comment(self) -> None:
        depth, start = 0, self._at
        while not self.at_end:
            sign = self._text[self._at]
            self._at += 2 if sign == "\\" else 1
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth == 0:
                self.comments.append(self._text[start : self._at])
                return
        raise MalformedError
