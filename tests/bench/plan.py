"""`python -m tests.bench.plan`: a hundred million mails a day on paper, from what was measured.

docs/scaling.md holds figures between `<!--=name-->` and `<!--/-->`; this computes each from docs/benchmarks.json
and the assumptions below, and writes it there. What nobody has measured yet, and all that follows from it, says
TO MEASURE.
"""

import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from storage.inbound import INLINE_LIMIT
from tests.bench.mails import SIZES
from tests.bench.results import Run, load
from tests.daemon import ROOT

UNKNOWN = "`TO MEASURE`"

ASSUMED: dict[str, float] = {
    "mails_day": 100e6,
    "peak": 3.0,  # the busiest hour over the mean: business mail comes in ten hours of the day
    "share_2000": 0.60,
    "share_30000": 0.35,
    "share_1000000": 0.05,
    "busy": 0.6,  # of a core or a worker at the peak: beyond it queues grow faster than load
    "cores_node": 16.0,
    "memory_node_gb": 32.0,
    "raw_days": 90.0,  # retention.raw_mail_days
    "checkpoint": 2.0,  # write-ahead log of a large database over that of a small one: full pages after checkpoints
    "questions": 4.0,  # DNS questions of a mail when nothing is remembered: SPF, DKIM key, DMARC, and one include
    "remembered": 0.8,  # share of them that a resolver's cache answers
    "envelope": 1.05,  # bytes on the wire over bytes of mail: SMTP, TCP, TLS
    "connections_gateway": 60.0,  # to PostgreSQL, at most, when its API has much to do as well (docs/operations.md)
    "primary_wal_mb": 100.0,  # MB/s of write-ahead log that one primary with local NVMe sustains, replicas following
    "primary_commits": 20_000.0,  # transactions a second of the same, committed in groups
    "connections_primary": 500.0,  # server processes before a pooler is needed
    "s3_prefix_put": 3_500.0,  # PUTs a second of one S3 prefix, as its operator documents
    "s3_put_usd": 5e-6,
    "s3_gb_month_usd": 0.023,
}
"""What is not measured but chosen, or taken from elsewhere. Change them here."""

_MARK = re.compile(r"<!--=(?P<name>[a-z0-9_.]+)-->.*?<!--/-->", re.DOTALL)

Numbers = dict[str, float]
"""By name; nan is what is not known, and everything computed with it is nan as well."""


def measured(runs: Mapping[str, Run]) -> Numbers:
    """Key → figure, of the sections that were run whole."""
    return {
        each.key: each.measured
        for run in runs.values()
        if not run.quick
        for each in run.figures
        if each.key and each.measured is not None
    }


def computed(found: Mapping[str, float]) -> Numbers:
    """Every figure of the page, by the name of its mark."""
    a = ASSUMED
    nan = float("nan")

    def each(prefix: str, end: str) -> float:
        """The mean over the sizes, by their shares."""
        return sum(a[f"share_{size}"] * found.get(f"{prefix}.{size}.{end}", nan) for size in SIZES)

    n: Numbers = dict(a)
    n["mail_kb"] = sum(a[f"share_{size}"] * size for size in SIZES) / 1000
    n["mean_rate"] = a["mails_day"] / 86_400
    n["peak_rate"] = n["mean_rate"] * a["peak"]
    for end in ("cpu", "commits", "inserted", "updated", "wal", "octets", "blobs", "blob_octets"):
        n[end] = each("postgresql", end)
    n["worker_ms"] = sum(a[f"share_{size}"] * 1000 / found.get(f"filed.{size}.rate", nan) for size in SIZES)
    n["memory_rest"] = found.get("memory.rest", nan)
    n["memory_peak"] = found.get("memory.peak", nan)
    n["connections"] = found.get("postgresql.connections", nan)
    n["accept_rate"] = found.get("postgresql.accept", nan)
    # processes and nodes
    n["cores"] = n["peak_rate"] * n["cpu"] / 1000 / a["busy"]
    n["nodes"] = _ceil(n["cores"] / a["cores_node"]) + 1  # one may be away
    n["workers"] = _ceil(n["peak_rate"] * n["worker_ms"] / 1000 / a["busy"])
    n["workers_node"] = _ceil(n["workers"] / (n["nodes"] - 1))
    n["rate_node"] = n["peak_rate"] / (n["nodes"] - 1)
    n["listeners_node"] = _ceil(n["rate_node"] / (n["accept_rate"] * a["busy"]))
    # database
    n["commits_s"] = n["peak_rate"] * n["commits"]
    n["rows_day"] = a["mails_day"] * n["inserted"] / 1e9
    n["wal_s"] = n["peak_rate"] * n["wal"] * a["checkpoint"] / 1000
    n["wal_day"] = a["mails_day"] * n["wal"] * a["checkpoint"] / 1e9
    n["db_day"] = a["mails_day"] * n["octets"] / 1e9
    n["db_raw"] = n["db_day"] * a["raw_days"] / 1000
    n["touchpoints_year"] = a["mails_day"] * 365 / 1e9
    n["connections_all"] = a["connections_gateway"] * n["listeners_node"] + n["workers_node"]
    n["connections_all"] *= n["nodes"]
    n["shards_wal"] = _ceil(n["wal_s"] / a["primary_wal_mb"])
    n["shards_commits"] = _ceil(n["commits_s"] / a["primary_commits"])
    n["shards"] = max(n["shards_wal"], n["shards_commits"]) if not math.isnan(n["shards_wal"]) else nan
    n["first_wal"] = a["primary_wal_mb"] / (n["wal"] * a["checkpoint"] / 1000) / a["peak"] * 86_400 / 1e6
    n["first_commits"] = a["primary_commits"] / n["commits"] / a["peak"] * 86_400 / 1e6
    n["first_connections"] = a["connections_primary"] / n["connections_all"] * a["mails_day"] / 1e6
    # objects
    n["puts_s"] = n["peak_rate"] * n["blobs"]
    n["puts_day"] = a["mails_day"] * n["blobs"] / 1e6
    n["prefixes"] = _ceil(n["puts_s"] / a["s3_prefix_put"])
    n["objects_day"] = a["mails_day"] * n["blob_octets"] / 1e9
    raw_kb = sum(a[f"share_{size}"] * size for size in SIZES if size > INLINE_LIMIT) / 1000
    n["files_day"] = a["mails_day"] * (n["blob_octets"] - raw_kb) / 1e9
    n["objects_raw"] = a["mails_day"] * raw_kb / 1e9 * a["raw_days"] / 1e3
    n["files_year"] = n["files_day"] * 365 / 1e3
    n["puts_usd"] = a["mails_day"] * n["blobs"] * a["s3_put_usd"]
    n["raw_usd"] = n["objects_raw"] * 1e6 * a["s3_gb_month_usd"]
    n["files_usd"] = n["files_year"] * 1e6 * a["s3_gb_month_usd"]
    # network and DNS
    n["net_in"] = n["peak_rate"] * n["mail_kb"] * a["envelope"] * 8 / 1e6
    n["net_node"] = n["net_in"] / (n["nodes"] - 1)
    n["net_day"] = a["mails_day"] * n["mail_kb"] / 1e9
    n["dns_s"] = n["peak_rate"] * a["questions"]
    n["dns_out"] = n["dns_s"] * (1 - a["remembered"])
    return n


def write(page: Path, runs: Mapping[str, Run]) -> list[str]:
    """Put every figure into the page; returns the names of those that wait for a measurement.

    Raises KeyError for a mark that names none.
    """
    numbers = computed(measured(runs))
    waiting: list[str] = []

    def put(match: re.Match[str]) -> str:
        name = match["name"]
        value = numbers[name]
        if math.isnan(value):
            waiting.append(name)
        return f"<!--={name}-->{UNKNOWN if math.isnan(value) else written(value)}<!--/-->"

    page.write_text(_MARK.sub(put, page.read_text(encoding="utf-8")), encoding="utf-8")
    return sorted(set(waiting))


def written(value: float) -> str:
    """Three digits that count: a plan on paper knows no more."""
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{digits}f}"


def _ceil(value: float) -> float:
    return value if math.isnan(value) else float(math.ceil(value))


def main() -> int:
    """Write the page from the results; exit code 0."""
    waiting = write(ROOT / "docs" / "scaling.md", load(ROOT / "docs" / "benchmarks.json"))
    if waiting:
        print(f"to be measured: {', '.join(waiting)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
