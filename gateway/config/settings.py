"""The settings, section by section: names, defaults, and what can be told of one value alone.

`config.example.toml` says the same to the operator, with the why of each default.
"""

import os
import re
import socket
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, SecretStr

from gateway.config.values import (
    AddressOrDomain,
    Domain,
    Listen,
    LogAddress,
    MailAddress,
    NameServer,
    Network,
    OptionalPath,
    Prefix,
    Seconds,
    Size,
    Table,
    TrustKey,
    Words,
    check_domain,
    empty_is_none,
)
from gateway.smtp.limits import Limits as ListenerLimits
from rules.outgoing import Outgoing, Scope
from rules.permissions import PERMISSIONS, Permission
from rules.site import LoggingAddress, Site
from rules.typed import Catalogue


class Section(BaseModel):
    """A table of the file. A key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Logging(Section):
    """One logging address and the flow its mail is filed under."""

    address: LogAddress = Field(examples=["log@touchpoints.example.com"])
    flow: str = Field(default="Adoption", min_length=1, max_length=100, examples=["Onboarding"])


class Limits(Section):
    """What one peer, and all peers together, may take of the listener; `gateway.smtp.limits` says why."""

    connections: int = Field(default=500, ge=1, le=100_000, examples=[500])
    connections_per_address: int = Field(default=20, ge=1, le=100_000, examples=[20])
    connections_per_minute: int = Field(default=120, ge=1, le=1_000_000, examples=[120])
    session_seconds: Seconds = Field(default=1800, examples=[1800])
    command_seconds: Seconds = Field(default=300, examples=[300])
    data_seconds: Seconds = Field(default=600, examples=[600])
    data_bytes_per_second: int = Field(default=500, ge=0, le=1_000_000, examples=[500])
    data_grace_seconds: Seconds = Field(default=30, examples=[30])
    proxy_seconds: Seconds = Field(default=5, examples=[5])
    handshake_seconds: Seconds = Field(default=30, examples=[30])
    linger_seconds: Seconds = Field(default=2, examples=[2])
    lingering: int = Field(default=2000, ge=1, le=100_000, examples=[2000])
    errors: int = Field(default=20, ge=1, le=1_000_000, examples=[20])
    unknown_recipients: int = Field(default=10, ge=1, le=1_000_000, examples=[10])
    login_failures: int = Field(default=6, ge=1, le=1000, examples=[6])
    login_failures_per_hour: int = Field(default=30, ge=1, le=100_000, examples=[30])
    command_bytes: Size = Field(default=ByteSize(1024), ge=512, le=65_536, examples=["1KiB"])
    unterminated_bytes: Size = Field(default=ByteSize(64 * 1024), ge=4096, examples=["64KiB"])
    header_bytes: Size = Field(default=ByteSize(256 * 1024), ge=16 * 1024, le=256 * 1024, examples=["256KiB"])
    received_lines: int = Field(default=50, ge=1, le=1000, examples=[50])
    total_message_bytes: Size = Field(default=ByteSize(256 * 1024**2), examples=["256MiB"])


class Smtp(Section):
    """The listener."""

    listen: Annotated[tuple[Listen, ...], Words] = Field(
        default=(Listen("127.0.0.1", 8025),),
        min_length=1,
        examples=[["127.0.0.1:8025", "lmtp:unix:/run/gateway.sock", "submissions::8465"]],
    )
    tls_certificate: OptionalPath = Field(default=None, examples=["/etc/touchpoint-gateway/fullchain.pem"])
    tls_key: OptionalPath = Field(default=None, examples=["/etc/touchpoint-gateway/privkey.pem"])
    require_starttls: bool = Field(default=False, examples=[True])
    size_limit: Size = Field(default=ByteSize(25 * 1024**2), examples=["25MiB"])
    recipients_limit: int = Field(default=100, ge=1, le=10_000, examples=[100])
    bare_newlines: Literal["refuse", "normalize"] = Field(default="refuse", examples=["normalize"])
    proxy_trusted: Annotated[tuple[Network, ...], Words] = Field(default=(), examples=[["10.0.0.0/24"]])
    limits: Annotated[Limits, Table] = Limits()

    def bounds(self) -> ListenerLimits:
        """The limits as the listener takes them."""
        return ListenerLimits(
            message_bytes=int(self.size_limit),
            recipients=self.recipients_limit,
            **{name: getattr(self.limits, name) for name in Limits.model_fields},
        )


MOST_WORKERS = 8
"""How many workers a large machine has by itself. On SQLite they settle one after the other."""


class Filing(Section):
    """The processes that read mail, decide and file."""

    workers: int = Field(default=0, ge=0, le=64, examples=[2])
    deadline_seconds: Seconds = Field(default=30, examples=[30])
    cpu_seconds: Seconds = Field(default=20, examples=[20])
    lease_seconds: Seconds = Field(default=120, examples=[120])
    memory_limit: Size = Field(default=ByteSize(1024**3), ge=256 * 1024**2, examples=["1GiB"])

    @property
    def processes(self) -> int:
        """How many workers run: `workers`, or one for each core but that of the listener, `MOST_WORKERS` at most."""
        return self.workers or min(MOST_WORKERS, max(1, len(os.sched_getaffinity(0)) - 1))


class Storage(Section):
    """Where everything is kept. `Settings.database_url` and `Settings.blobs_place` fill in the defaults."""

    database: str = Field(default="", examples=["/var/lib/touchpoint-gateway/gateway.db"], repr=False)
    blobs: str = Field(default="", examples=["/var/lib/touchpoint-gateway/blobs"])
    inline_raw_limit: Annotated[ByteSize, Field(ge=0, le=16 * 1024**2)] = Field(
        default=ByteSize(64 * 1024), examples=["64KiB"]
    )
    free_floor: Annotated[ByteSize, Field(ge=0)] = Field(default=ByteSize(512 * 1024**2), examples=["512MiB"])


class Retention(Section):
    """How long what is needed for a time only is kept, and where it is written who was erased."""

    raw_mail_days: int = Field(default=90, ge=0, le=36_500, examples=[90])
    tombstones: OptionalPath = Field(default=None, examples=["/var/lib/touchpoint-gateway/erased.jsonl"])


class Upstream(Section):
    """A mail server in front of this one whose Authentication-Results are believed (RFC 8601)."""

    networks: Annotated[tuple[Network, ...], Words] = Field(min_length=1, examples=[["10.0.0.5"]])
    authserv_id: str = Field(min_length=1, examples=["mx.example.com"])


class SenderCheck(Section):
    """How a sender is believed."""

    dns: bool = Field(default=True, examples=[False])
    nameservers: Annotated[tuple[NameServer, ...], Words] = Field(
        default=(), examples=[["127.0.0.1", "[::1]:5353"]]
    )
    timeout_seconds: Seconds = Field(default=10, examples=[10])
    retry_seconds: float = Field(default=60, ge=0, le=3600, allow_inf_nan=False, examples=[60])
    upstreams: Annotated[tuple[Upstream, ...], Table] = Field(
        default=(), examples=['[{networks = ["10.0.0.5"], authserv_id = "mx.example.com"}]']
    )
    arc_sealers: Annotated[tuple[Domain, ...], Words] = Field(default=(), examples=[["lists.example.org"]])


class Relay(Section):
    """The mail server that takes what the gateway sends. Without a host, mail to be sent waits."""

    host: str = Field(default="", examples=["smtp.example.com"])
    port: int = Field(default=25, ge=1, le=65535, examples=[587])
    tls: Literal["none", "starttls", "implicit"] = Field(default="starttls", examples=["starttls"])
    username: str = Field(default="", examples=["touchpoints"])
    password: SecretStr = Field(default=SecretStr(""), repr=False, examples=["(better: password_file)"])
    password_file: OptionalPath = Field(default=None, examples=["/etc/touchpoint-gateway/relay-password"])

    def read_password(self) -> str:
        """The password, from the file when one is named; one trailing line end is not part of it.

        Raises OSError when the file cannot be read, UnicodeDecodeError when it is not UTF-8.
        """
        if self.password_file is None:
            return self.password.get_secret_value()
        return self.password_file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")


class DkimKey(Section):
    """A key that outgoing mail from a domain is signed with (RFC 6376)."""

    domain: Domain = Field(examples=["example.com"])
    selector: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", examples=["touchpoints"])
    key_file: Path = Field(examples=["/etc/touchpoint-gateway/dkim.pem"])


class Sending(Section):
    """What the gateway sends, in whose name, and to whom."""

    scope: Scope = Field(default="internal", examples=["contacts"])
    sender: Literal["author", "gateway"] = Field(default="author", examples=["gateway"])
    authenticated_domains: Annotated[tuple[Domain, ...], Words] = Field(
        default=(), examples=[["example.com"]]
    )
    name: str = Field(default="Touchpoints", min_length=1, max_length=100, examples=["Touchpoints"])
    dkim: Annotated[tuple[DkimKey, ...], Table] = Field(
        default=(), examples=['[{domain = "example.com", selector = "tp", key_file = "/etc/…/dkim.pem"}]']
    )
    connections: int = Field(default=4, ge=1, le=64, examples=[4])
    replies_per_thread_hour: int = Field(default=30, ge=1, le=100_000, examples=[30])
    mails_per_recipient_hour: int = Field(default=60, ge=1, le=100_000, examples=[60])
    attachments_limit: Size = Field(default=ByteSize(15 * 1024**2), examples=["15MiB"])


class Threads(Section):
    """The signed addresses: of threads, of single copies, of questions."""

    prefix: Prefix = Field(default="reply-", examples=["reply-"])
    return_prefix: Prefix = Field(default="bounce-", examples=["bounce-"])
    question_prefix: Prefix = Field(default="ask-", examples=["ask-"])
    keys_file: OptionalPath = Field(default=None, examples=["/etc/touchpoint-gateway/thread-keys.json"])


class Template(Section):
    """What a touchpoint starts from when a person picks it."""

    name: str = Field(min_length=1, max_length=100, examples=["Kick-off"])
    subject: str = Field(default="", max_length=998, examples=["Kick-off with {account}"])
    text: str = Field(default="", max_length=20_000, examples=["Agenda: …"])
    type: str = Field(default="", max_length=100, examples=["web meeting"])
    flow: str = Field(default="", max_length=100, examples=["Onboarding"])


class Touchpoints(Section):
    """What a person may choose for a touchpoint."""

    types: tuple[str, ...] = Field(
        default=("web meeting", "in-person meeting", "telephone call", "email", "internal note"),
        min_length=1,
        examples=[["web meeting", "email", "internal note"]],
    )
    internal_notes: tuple[str, ...] = Field(default=("internal note",), examples=[["internal note"]])
    flows: tuple[str, ...] = Field(default=(), examples=[["Onboarding", "Adoption"]])
    reasons: tuple[str, ...] = Field(default=(), examples=[["Risk", "Renewal"]])
    reasons_each: Literal["one", "many"] = Field(default="many", examples=["one"])
    templates: Annotated[tuple[Template, ...], Table] = Field(default=(), examples=['[{name = "Kick-off"}]'])


class Permissions(Section):
    """What people may do by the API, beside what their role implies."""

    user: Annotated[tuple[Permission, ...], Words] = Field(
        default=("create", "edit", "delete"), examples=[["create", "edit", "delete", "attributes"]]
    )
    admin: Annotated[tuple[Permission, ...], Words] = Field(default=PERMISSIONS, examples=[list(PERMISSIONS)])
    accounts: Literal["all", "team"] = Field(default="all", examples=["team"])


class Http(Section):
    """The HTTP API."""

    listen: Annotated[Listen | None, BeforeValidator(empty_is_none)] = Field(
        default=Listen("127.0.0.1", 8026), examples=["127.0.0.1:8026"]
    )
    metrics_listen: Annotated[Listen | None, BeforeValidator(empty_is_none)] = Field(
        default=None, examples=["127.0.0.1:8027"]
    )


class Log(Section):
    """What is logged, and how."""

    format: Literal["auto", "json", "console"] = Field(default="auto", examples=["json"])
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", examples=["debug"])


def _machine_name() -> str:
    """The machine's own name, where it can stand in EHLO; else one that can.

    Not `getfqdn`, which asks DNS: every verb would wait for it.
    """
    try:
        return check_domain(socket.gethostname())
    except ValueError:
        return "localhost"


def _machine_name_if_empty(value: object) -> object:
    return _machine_name() if value == "" else value


def _state_folder() -> Path:
    """The folder systemd made for the service (systemd.exec(5), StateDirectory=), else ./var."""
    return Path(os.environ.get("STATE_DIRECTORY", "").partition(":")[0] or "var")


def _state_folder_if_empty(value: object) -> object:
    return _state_folder() if value == "" else value


class Settings(Section):
    """Everything an operator may say. Frozen; `gateway.config.load` makes it from the file and the rest.

    `Settings()` alone is the defaults: it reads no file and no environment variable but $STATE_DIRECTORY.
    """

    hostname: Annotated[Domain, BeforeValidator(_machine_name_if_empty)] = Field(
        default_factory=_machine_name, examples=["touchpoints.example.com"]
    )
    data_dir: Annotated[Path, BeforeValidator(_state_folder_if_empty)] = Field(
        default_factory=_state_folder, examples=["/var/lib/touchpoint-gateway"]
    )
    own_domains: Annotated[tuple[Domain, ...], Words] = Field(
        default=("lumenfold.example",), examples=[["example.com"]]
    )
    never_log: Annotated[tuple[AddressOrDomain, ...], Words] = Field(
        default=(), examples=[["lawyers.example", "anna@customer.example"]]
    )
    free_mail: Annotated[tuple[Domain, ...], Words] = Field(default=(), examples=[["mail.example"]])
    administrator: Annotated[MailAddress | None, BeforeValidator(empty_is_none)] = Field(
        default=None, examples=["postmaster@example.com"]
    )
    user_prefix: str = Field(default="me-", pattern=r"^[a-z0-9][a-z0-9._-]{0,14}[_-]$", examples=["me-"])
    max_participants: int = Field(default=1000, ge=1, le=1000, examples=[1000])
    logging: Annotated[tuple[Logging, ...], Table] = Field(
        default=(Logging(address="log@touchpoints.lumenfold.example"),),
        min_length=1,
        examples=['[{address = "log@touchpoints.example.com", flow = "Adoption"}]'],
    )
    trust: Annotated[dict[TrustKey, Literal["verified", "unverified", "failed"]], Table] = Field(
        default={}, examples=['{"*" = "unverified", "partner.example" = "verified"}']
    )
    smtp: Annotated[Smtp, Table] = Smtp()
    filing: Annotated[Filing, Table] = Filing()
    storage: Annotated[Storage, Table] = Storage()
    retention: Annotated[Retention, Table] = Retention()
    sender_check: Annotated[SenderCheck, Table] = SenderCheck()
    relay: Annotated[Relay, Table] = Relay()
    sending: Annotated[Sending, Table] = Sending()
    threads: Annotated[Threads, Table] = Threads()
    touchpoints: Annotated[Touchpoints, Table] = Touchpoints()
    permissions: Annotated[Permissions, Table] = Permissions()
    http: Annotated[Http, Table] = Http()
    log: Annotated[Log, Table] = Log()

    def site(self) -> Site:
        """What the rules need to know of this."""
        return Site(
            logging=tuple(LoggingAddress(entry.address, entry.flow) for entry in self.logging),
            own_domains=frozenset(self.own_domains),
            never_log=frozenset(self.never_log),
            free_mail=frozenset(self.free_mail),
            trust=dict(self.trust),
            hostname=self.hostname,
            user_prefix=self.user_prefix,
            max_participants=self.max_participants,
            thread_prefix=self.threads.prefix,
            copy_prefix=self.threads.return_prefix,
            question_prefix=self.threads.question_prefix,
        )

    def outgoing(self) -> Outgoing:
        """What the rules need to know of what is sent."""
        sending = self.sending
        return Outgoing(
            scope=sending.scope,
            sender=sending.sender,
            authenticated=frozenset(sending.authenticated_domains),
            address=self.logging[0].address,
            name=sending.name,
            replies_per_thread_hour=sending.replies_per_thread_hour,
            mails_per_recipient_hour=sending.mails_per_recipient_hour,
        )

    def catalogue(self) -> Catalogue:
        """What a person may choose for a touchpoint. The flows of the logging addresses are among the flows."""
        chosen = self.touchpoints
        return Catalogue(
            types=chosen.types,
            internal_notes=frozenset(chosen.internal_notes),
            flows=tuple(dict.fromkeys((*(entry.flow for entry in self.logging), *chosen.flows))),
            reasons=chosen.reasons,
            one_reason=chosen.reasons_each == "one",
        )

    @property
    def keys_file(self) -> Path:
        """Where the keys of signed addresses are."""
        return self.threads.keys_file or self.data_dir / "thread-keys.json"

    @property
    def tombstones_file(self) -> Path:
        """Where it is written who was erased; its key is beside it."""
        return self.retention.tombstones or self.data_dir / "erased.jsonl"

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database; a plain path, or nothing, means SQLite."""
        place = self.storage.database or str(self.data_dir.absolute() / "gateway.db")
        return place if "://" in place else f"sqlite:///{Path(place).absolute()}"

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, or None for a database that is no file of ours."""
        scheme, _, rest = self.database_url.partition(":///")
        path = rest.partition("?")[0]
        return Path(path) if scheme == "sqlite" and path else None

    @property
    def shown_database(self) -> str:
        """`database_url` for the eyes: a password in it is hidden."""
        return re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:***@", self.database_url)

    @property
    def blobs_place(self) -> str:
        """Folder (absolute path) or URL of large raw mail and attachments."""
        place = self.storage.blobs or str(self.data_dir / "blobs")
        return place if "://" in place else str(Path(place).absolute())
