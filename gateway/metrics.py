"""What the daemon counts, for Prometheus. No label holds an address, a token or anything else a stranger chose.

Every label's values are a set that stands here, or in the code that counts; what is not in it counts as "other".
Filing workers and the sending process are processes of their own: they say what they did up their pipes, and it is
counted here, in the daemon (`filed`, `sent`). Sizes are bytes, times seconds.
"""

import platform
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from gateway import __version__
from gateway.events import BOUNCED, COPIED, FAILED, PASSED_ON
from rules import replies
from rules.replies import Reply

disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the lines, and the process's start says the same

REGISTRY = CollectorRegistry(auto_describe=True)
"""The daemon's own: the client library's global one would add what other libraries register."""

ProcessCollector(registry=REGISTRY)

NONE, OTHER = "none", "other"
KINDS = ("smtp", "lmtp", "submission")
OUTCOMES = (
    *("filed", "replied", "unresolved", "quarantined", "ignored", "passed-on", "failed"),
    *("refused", "dropped"),
)
LIMITS = (
    *(
        "connections",
        "connections_per_address",
        "connections_per_minute",
        "session_seconds",
        "command_seconds",
    ),
    *("data_seconds", "data_bytes_per_second", "proxy_seconds", "handshake_seconds", "recipients", "errors"),
    *("unknown_recipients", "command_bytes", "unterminated_bytes", "message_bytes", "total_message_bytes"),
    *("header_bytes", "received_lines", "login_failures", "login_failures_per_hour", "lingering"),
)
FLOOR = "storage.free_floor"
MACHINES = ("bounce", "auto-reply", "receipt", "complaint", "list", "calendar-response", "loop")
TRUSTS = ("verified", "unverified", "failed")
DEATHS = ("overrun", "store", "signal", "exit", "not-started")
POSTPONED, HELD, CANCELLED = "postponed", "held", "cancelled"
SENDING = (COPIED, PASSED_ON, BOUNCED, FAILED, POSTPONED, HELD, CANCELLED)
ENTRIES = ("pass-on", "copy", "reply", "notice")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_FINE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_COARSE = (0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14400)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"gateway_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"gateway_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, buckets: Iterable[float] = _FINE) -> Histogram:
    return Histogram(f"gateway_{name}", text, registry=REGISTRY, buckets=tuple(buckets))


BUILD = _gauge("build_info", "1, with the version of the gateway and of Python.", "version", "python")

# -- the listener ------------------------------------------------------------------------------------------

CONNECTIONS = _counter("connections_total", "Connections to the listener, by kind.", "kind")
OPEN_CONNECTIONS = _gauge("open_connections", "Connections to the listener now, by kind.", "kind")
REFUSED = _counter(
    "refused_total", "Replies of 4xx and 5xx, by code and enhanced status code.", "code", "status"
)
LIMIT_HITS = _counter(
    "limit_hits_total",
    "Times a limit of the listener was reached, by limit (its field in gateway.smtp.limits).",
    "limit",
)
IN_FLIGHT = _gauge(
    "message_bytes_in_flight", "Bytes of messages on their way in, from DATA until they are kept."
)
ACCEPT_SECONDS = _histogram("accept_seconds", "From the end of a message to its 250.")

# -- intake ------------------------------------------------------------------------------------------------

RECEIVED = _counter(
    "mails_received_total", "Mails kept, by result: new, or duplicate of one before.", "result"
)
RECEIVED_BYTES = _counter("received_bytes_total", "Bytes of the mails kept.")
NOT_KEPT = _counter("mails_not_kept_total", "Mails answered 451 because they could not be kept.")
COMMIT_MAILS = _histogram("commit_mails", "Mails in one commit.", (1, 2, 4, 8, 16, 32, 64, 128, 256))
COMMIT_SECONDS = _histogram("commit_seconds", "One commit of received mail, fsync and all.")

# -- filing ------------------------------------------------------------------------------------------------

SETTLED = _counter(
    "settled_total", "Mails settled, by outcome and by kind of machine mail.", "outcome", "machine"
)
FILING_SECONDS = _histogram("filing_seconds", "Reading, deciding and filing one mail.")
SETTLED_AFTER = _histogram("settled_after_seconds", "From 250 to settled, of mail that is new.", _COARSE)
TRUST = _counter("sender_trust_total", "Mails by how their sender is believed.", "trust")
CHECK_SECONDS = _histogram("sender_check_seconds", "The sender check of one mail, DNS and all.")
PUT_OFF = _counter("mails_put_off_total", "Mails put off because the store or the disk was in trouble.")
AGAIN = _counter(
    "sender_checks_again_total", "Mails put off because DNS was in trouble: looked at once more."
)
MINIMAL = _counter(
    "mails_minimal_total", "Mails filed by their header alone: their body defeated the reader."
)
STRIKES = _counter("strikes_total", "Times a mail was too much for its worker.")
WORKER_DEATHS = _counter("worker_deaths_total", "Filing workers that died, by why.", "why")

# -- sending -----------------------------------------------------------------------------------------------

OUTGOING = _counter("outgoing_total", "What became of attempts to send, by event and kind.", "event", "kind")
SENDING_DEATHS = _counter("sending_deaths_total", "Times the sending process died.")

# -- committing --------------------------------------------------------------------------------------------

COMMITTING_DEATHS = _counter(
    "committing_deaths_total",
    "Times the process that commits died. Until the next start a thread does its work.",
)

# -- the process -------------------------------------------------------------------------------------------

LOOP_LAG = _histogram(
    "loop_lag_seconds",
    "How much later than asked the event loop wakes, looked at four times a second.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
HTTP_REQUESTS = _counter(
    "http_requests_total", "HTTP requests, by method, route and status.", "method", "route", "status"
)
HTTP_SECONDS = _histogram("http_request_seconds", "HTTP requests, from their head to the end of the answer.")
HTTP_CUT = _counter("http_cut_total", "HTTP connections that the gateway cut, by why.", "why")
HTTP_CUTS = ("head", "crowd", "reader")
"""`head`: no whole request in time; `crowd`: the oldest of too many that wait; `reader`: answers are not read."""

_REPLIES = {
    (reply.code, reply.enhanced): REFUSED.labels(str(reply.code), reply.enhanced or NONE)
    for reply in vars(replies).values()
    if isinstance(reply, Reply) and reply.refuses
}
_OTHER_REPLY = REFUSED.labels(OTHER, OTHER)
_OPENED = {kind: (CONNECTIONS.labels(kind), OPEN_CONNECTIONS.labels(kind)) for kind in KINDS}
_NEW, _DUPLICATE = RECEIVED.labels("new"), RECEIVED.labels("duplicate")


def _begin() -> None:
    """Every series that is known beforehand begins at 0: a rate needs the sample before the first one counted."""
    BUILD.labels(__version__, platform.python_version()).set(1)
    for outcome in OUTCOMES:
        SETTLED.labels(outcome, NONE)
    for machine in MACHINES:
        SETTLED.labels("ignored", machine)
    for event in SENDING:
        for kind in ENTRIES:
            OUTGOING.labels(event, kind)
    for labelled, values in (
        (TRUST, TRUSTS),
        (LIMIT_HITS, (*LIMITS, FLOOR)),
        (WORKER_DEATHS, DEATHS),
        (HTTP_CUT, HTTP_CUTS),
    ):
        for value in values:
            labelled.labels(value)


_begin()


def one_of(value: object, known: Iterable[str]) -> str:
    """The value if it is a known one, else "other"."""
    return value if isinstance(value, str) and value in known else OTHER


def connected(kind: str) -> None:
    """A client has connected to the listener."""
    total, now = _OPENED[kind]
    total.inc()
    now.inc()


def disconnected(kind: str) -> None:
    """A client has left."""
    _OPENED[kind][1].dec()


def limit_hit(limit: str) -> None:
    """A limit of the listener was reached: a field of `gateway.smtp.limits.Limits`, or FLOOR."""
    LIMIT_HITS.labels(one_of(limit, (*LIMITS, FLOOR))).inc()


def refused(reply: Reply) -> None:
    """A client did not get what it asked for."""
    _REPLIES.get((reply.code, reply.enhanced), _OTHER_REPLY).inc()


def received(size: int, *, new: bool) -> None:
    """A mail is kept."""
    (_NEW if new else _DUPLICATE).inc()
    RECEIVED_BYTES.inc(size)


def filed(facts: Mapping[str, Any]) -> None:
    """What a filing worker says of one mail (`gateway.filing.lines`). Its labels are believed no more than a mail."""
    if "outcome" in facts:
        machine = facts.get("machine")
        labels = one_of(facts["outcome"], OUTCOMES), NONE if machine is None else one_of(machine, MACHINES)
        SETTLED.labels(*labels).inc()
    if "trust" in facts:
        TRUST.labels(one_of(facts["trust"], TRUSTS)).inc()
    for key, counter in _MARKS.items():
        if facts.get(key):
            counter.inc()
    for key, histogram in _TIMES.items():
        value = facts.get(key)
        if isinstance(value, float) and isfinite(value):
            histogram.observe(max(value, 0.0))


_MARKS = {"struck": STRIKES, "put_off": PUT_OFF, "again": AGAIN, "minimal": MINIMAL}
_TIMES = {"seconds": FILING_SECONDS, "waited": SETTLED_AFTER, "check": CHECK_SECONDS}


def sent(facts: Mapping[str, Any]) -> None:
    """What the sending process says of one entry of the outbox."""
    OUTGOING.labels(one_of(facts.get("event"), SENDING), one_of(facts.get("kind"), ENTRIES)).inc()


def asked(method: str, route: str, status: int, seconds: float) -> None:
    """A request was answered. `route` is a template of ours, such as /accounts/{key}, or "none"."""
    HTTP_REQUESTS.labels(one_of(method, METHODS), route, str(status)).inc()
    HTTP_SECONDS.observe(seconds)
