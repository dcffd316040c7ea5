"""Kinds of values: how each is written in the file, checked and folded to the form the program uses."""

import json
import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, GetCoreSchemaHandler
from pydantic_core import core_schema

from rules.addresses import fold_domain

MAX_UNIX_PATH = 107
"""Bytes of a Unix socket's path: `sun_path` of unix(7), less the closing zero."""

RESERVED = frozenset({"postmaster", "abuse"})
"""Local parts kept for the people who run the server (RFC 5321 4.5.1, RFC 2142)."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_LOCAL = re.compile(r"[a-z0-9!#$%&'*/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*/=?^_`{|}~-]+)*\Z")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,14}[_-]\Z")
_SEPARATORS = re.compile(r"[,\s]+")


def split_list(value: Any) -> Any:
    """A list written as one string, as in variables: JSON, or words parted by commas or blanks."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return read_json(value)
    return [word for word in _SEPARATORS.split(value) if word]


def read_json(value: Any) -> Any:
    """A table written as one string of JSON; anything but a string is returned as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error})") from None


def check_domain(text: str) -> str:
    """A domain as lower-case A-labels (RFC 5890). Raises ValueError when it cannot stand in mail."""
    folded = fold_domain(text)
    labels = folded.split(".")
    if not text.strip().isprintable() or len(text.split()) != 1:  # IDNA folding drops blanks in silence
        raise ValueError(f"{text!r} is not a domain name")
    if not folded or len(folded) > 253 or not all(_LABEL.match(label) for label in labels):
        raise ValueError(f"{text!r} is not a domain name")
    if labels[-1].isdigit():
        raise ValueError(f"{text!r} is an IP address, not a domain name")
    return folded


def check_address(text: str) -> str:
    """A mail address of this site in lower case, its domain as A-labels (RFC 5321 4.1.2, dot-atoms only)."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not local:
        raise ValueError(f"{text!r} is not a mail address")
    local = local.lower()
    if len(local) > 64 or not _LOCAL.match(local.replace("+", "")):
        raise ValueError(f"{local!r} cannot stand before the @ of an address of this site")
    return f"{local}@{check_domain(domain)}"


def check_logging_address(text: str) -> str:
    """An address that people log by, folded as `check_address` does."""
    address = check_address(text)
    local = address.partition("@")[0]
    if "+" in local:
        raise ValueError(f'has a "+" in {local!r}; what follows a "+" is the key of an account (log+acme@…)')
    if local in RESERVED:
        raise ValueError(f"is {local!r}, which every mail server keeps for its administrator")
    return address


def check_address_or_domain(text: str) -> str:
    """An address or a domain, folded as `check_address` and `check_domain` do."""
    return check_address(text) if "@" in text else check_domain(text)


def check_prefix(text: str) -> str:
    """What signed addresses begin with: lower case, ending in "-" or "_"."""
    if not _PREFIX.match(text):
        raise ValueError(
            f"{text!r} should be up to 16 letters, digits, '.', '_' or '-', and end in '-' or '_'"
        )
    return text


def check_trust_key(text: str) -> str:
    """A domain, or "*" for the site's default."""
    return text if text == "*" else check_domain(text)


def check_name_server(text: str) -> str:
    """An IP address, with a port or for port 53."""
    try:
        ip_address(text)
    except ValueError:
        listen = Listen.parse(text)
        try:
            ip_address(listen.host)
        except ValueError:
            raise ValueError(f"{text!r} is not an IP address, or one with a port") from None
    return text


Kind = Literal["smtp", "lmtp", "submission", "submissions"]
PREFIXED: tuple[Kind, ...] = ("lmtp", "submission", "submissions")
SUBMISSION: tuple[Kind, ...] = ("submission", "submissions")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where the listener waits: a TCP port, or a Unix socket when `path` is set, and what is spoken there.

    Written `host:port`, `[ipv6]:port`, `:port` (every interface), `unix:/path`; before any of them `lmtp:` (RFC
    2033), `submission:` (RFC 6409: people log in, after STARTTLS) or `submissions:` (the same by TLS from the start,
    RFC 8314 3.3). Port 0 takes any free one.
    """

    host: str = ""
    port: int = 0
    path: str = ""
    kind: Kind = "smtp"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form. Raises ValueError with the reason."""
        rest = text.strip()
        kind: Kind = "smtp"
        for named in PREFIXED:
            if rest.lower().startswith(f"{named}:"):
                kind, rest = named, rest[len(named) + 1 :]
        if rest.lower().startswith("unix:"):
            path = rest[5:]
            if not path.startswith("/"):
                raise ValueError(f"{text!r}: the path of a Unix socket starts with /")
            if len(path.encode()) > MAX_UNIX_PATH:
                raise ValueError(f"{text!r}: a Unix socket's path has at most {MAX_UNIX_PATH} bytes")
            return cls(path=path, kind=kind)
        host, colon, port = rest.rpartition(":")
        if not colon or not (port.isascii() and port.isdigit()):
            raise ValueError(
                f"{text!r} is not host:port, unix:/path or one of these after lmtp:, submission: or submissions:"
            )
        if int(port) > 65535:
            raise ValueError(f"{text!r}: ports end at 65535")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            raise ValueError(f"{text!r}: an IPv6 address stands in brackets")
        return cls(host="" if host == "*" else host, port=int(port), kind=kind)

    @property
    def for_people(self) -> bool:
        """Whether people log in there, and nobody else brings mail."""
        return self.kind in SUBMISSION

    def __str__(self) -> str:
        """The written form again."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"unix:{self.path}" if self.path else f"{host}:{self.port}"
        return place if self.kind == "smtp" else f"{self.kind}:{place}"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Let pydantic read the written form and write it again."""
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def _validate(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise ValueError("should be text")
        return cls.parse(value)


def check_network(value: Any) -> Any:
    """An IPv4 or IPv6 network, or one address, as `ipaddress` reads it."""
    return ip_network(value) if isinstance(value, str) else value


Domain = Annotated[str, AfterValidator(check_domain)]
LogAddress = Annotated[str, AfterValidator(check_logging_address)]
MailAddress = Annotated[str, AfterValidator(check_address)]
AddressOrDomain = Annotated[str, AfterValidator(check_address_or_domain)]
Prefix = Annotated[str, AfterValidator(check_prefix)]
TrustKey = Annotated[str, AfterValidator(check_trust_key)]
NameServer = Annotated[str, AfterValidator(check_name_server)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(check_network)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Size = Annotated[ByteSize, Field(ge=1024)]
Words = BeforeValidator(split_list)
Table = BeforeValidator(read_json)


def empty_is_none(value: Any) -> Any:
    """TOML has no null: "" says that an optional value is not set."""
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(empty_is_none)]
