"""What `/metrics` answers: the counters of the process, and what is measured at the moment of asking."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import exposition
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from gateway import metrics
from gateway.watch.health import Health
from rules.watch import Check
from storage.gauges import Backlog

KEPT_SECONDS = 1.0
"""How long an answer is given again: who asks more often than that learns nothing new, and costs nothing."""

OPEN_METRICS = "application/openmetrics-text"
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Scrape:
    """Answers for one daemon; belongs to its event loop."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._asking = asyncio.Lock()
        self._kept: dict[bool, tuple[float, bytes]] = {}

    async def text(self, accept: str) -> tuple[bytes, str]:
        """The metrics and their content type: OpenMetrics where `accept` names it, else Prometheus' text."""
        wanted = OPEN_METRICS in accept
        loop = asyncio.get_running_loop()
        async with self._asking:
            kept = self._kept.get(wanted)
            if kept is None or loop.time() - kept[0] >= KEPT_SECONDS:
                checks, backlog = await self._health.checks(), await self._health.backlog()
                body = await loop.run_in_executor(
                    self._health.threads, self._written, checks, backlog, wanted
                )
                kept = self._kept[wanted] = (loop.time(), body)
        return kept[1], openmetrics.CONTENT_TYPE_LATEST if wanted else exposition.CONTENT_TYPE_PLAIN_0_0_4

    def _written(self, checks: tuple[Check, ...], backlog: Backlog | None, wanted: bool) -> bytes:
        everything = _Everything(self._health, checks, backlog)
        if wanted:
            text: bytes = openmetrics.generate_latest(everything)  # type: ignore[no-untyped-call]
            return text
        return exposition.generate_latest(everything)


class _Everything(Collector):
    """The registry and the gauges of this moment, as one. What cannot be told is left out, not guessed."""

    def __init__(self, health: Health, checks: tuple[Check, ...], backlog: Backlog | None) -> None:
        self._health = health
        self._checks = checks
        self._backlog = backlog

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        yield from metrics.REGISTRY.collect()
        yield from self._ready()
        yield from self._waiting()
        yield from self._processes()
        yield from self._disk()

    def _ready(self) -> Iterator[Metric]:
        yield _gauge("ready", "1 when every check is well.", float(all(check.ok for check in self._checks)))
        yield _gauges(
            "check_ok",
            "1 when the check is well.",
            "check",
            ((check.name, float(check.ok)) for check in self._checks),
        )

    def _waiting(self) -> Iterator[Metric]:
        backlog, now = self._backlog, self._health.now()
        if backlog is None:
            return
        queue = "Mails that wait, by state; counted up to 100,000 of each."
        yield _gauges("queue_mails", queue, "state", backlog.queue.items())
        for name, text, since in (
            (
                "oldest_pending_seconds",
                "How long the oldest received mail has waited to be filed.",
                backlog.oldest,
            ),
            (
                "outbox_oldest_seconds",
                "How long the oldest outgoing mail has waited.",
                backlog.outgoing_oldest,
            ),
        ):
            yield _gauge(name, text, max((now - since).total_seconds(), 0.0) if since is not None else 0.0)
        yield _gauge("outbox_waiting", "Outgoing mails that wait.", backlog.outgoing)

    def _processes(self) -> Iterator[Metric]:
        if self._health.processes is None:
            return
        found = self._health.processes()
        yield _gauge("workers_configured", "Filing workers there should be.", found.wanted)
        yield _gauge("workers_running", "Filing workers there are.", found.running)
        yield _gauge("sending_running", "1 when the sending process runs.", float(found.sending is not None))
        pids = {"filing": found.workers, "sending": (found.sending,), "commits": (found.commits,)}
        sizes = {
            name: [size for pid in each if pid and (size := _resident(pid)) is not None]
            for name, each in pids.items()
        }
        yield _gauges(
            "children_resident_bytes",
            "Memory of the processes beside the daemon.",
            "process",
            ((name, sum(each)) for name, each in sizes.items()),
        )

    def _disk(self) -> Iterator[Metric]:
        room = (
            self._health.disk.room
        )  # as seen last: who asks a disk that hangs would hang, and this answer with it
        yield _gauges(
            "disk_free_bytes", "Room on the disks that mail is kept on.", "place", room.free.items()
        )
        floor = "Below this much room no mail is taken (storage.free_floor)."
        yield _gauge("disk_floor_bytes", floor, self._health.disk.floor)
        yield _gauge("database_bytes", "The database file.", room.database)
        yield _gauge("database_wal_bytes", "The database's write-ahead log.", room.wal)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"gateway_{name}", text, value)


def _gauges(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"gateway_{name}", text, labels=(label,))
    for value, number in values:
        family.add_metric((value,), number)
    return family


def _resident(pid: int) -> int | None:
    """Bytes of a process in memory (proc(5)); None where that cannot be told."""
    try:
        return int((Path("/proc") / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return None
