"""What the daemon counts, for Prometheus. No label holds an address, a token or anything else a stranger chose."""

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry(auto_describe=True)
"""The daemon's own: the client library's global one would add what other libraries register."""

LIMIT_HITS = Counter(
    "gateway_limit_hits_total",
    "Times a limit of the listener was reached, by limit (the name of its setting).",
    ("limit",),
    registry=REGISTRY,
)
