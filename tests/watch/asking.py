"""A daemon's metrics, read with the client library's own parser."""

import http.client
from collections.abc import Mapping
from contextlib import closing

from prometheus_client.parser import text_string_to_metric_families

from tests.postfix import until

Key = tuple[str, frozenset[tuple[str, str]]]


def get(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields by lower-case name, and body."""
    host, _, port = address.rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()


def samples(text: str) -> dict[Key, float]:
    """Every sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Metrics:
    """What one daemon tells."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.text = ""
        self.all: Mapping[Key, float] = {}

    def read(self) -> "Metrics":
        """Ask."""
        status, _, body = get(self.address, "/metrics")
        assert status == 200
        self.text = body.decode()
        self.all = samples(self.text)
        return self

    def of(self, name: str, **labels: str) -> float:
        """One sample as it was last read; 0 for one that is not there."""
        return self.all.get((f"gateway_{name}", frozenset(labels.items())), 0.0)

    def wait(self, wanted: float, name: str, **labels: str) -> None:
        """Ask until a sample has the value: what workers do is told a moment after the log has it."""
        until(
            lambda: self.read().of(name, **labels) == wanted,
            lambda: f"{name} {labels} is {self.of(name, **labels)}",
        )
