"""The alert rules and the dashboard: every metric, label and value they name is one that a running daemon tells."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.daemon import daemon
from tests.watch.asking import Key, Metrics, get

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"

WORDS = {
    "and",
    "or",
    "unless",
    "on",
    "by",
    "without",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
}
PROMETHEUS_OWN = {"job", "instance"}
"""Labels that Prometheus puts on what it scrapes."""


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Where a query stands, and the query."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for annotation in json.loads(DASHBOARD.read_text())["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def read(query: str) -> tuple[dict[str, list[tuple[str, str, str]]], set[str]]:
    """The metrics of a query with their matchers (label, operator, value), and the labels it groups by."""
    query = re.sub(r"\[[^\]]*\]", "", query)
    grouped: set[str] = set()
    for labels in re.findall(r"\b(?:by|on|without|ignoring|group_left)\s*\(([^)]*)\)", query):
        grouped |= {label.strip() for label in labels.split(",") if label.strip()}
    query = re.sub(r"\b(?:by|on|without|ignoring|group_left)\s*\([^)]*\)", " ", query)
    metrics: dict[str, list[tuple[str, str, str]]] = {}
    for name, inside in re.findall(r"([a-zA-Z_:][\w:]*)\s*(?!\s*\()(?:\{([^}]*)\})?(?![\w:]|\s*\()", query):
        if name not in WORDS:
            found = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', inside)
            metrics.setdefault(name, []).extend(found)
    return metrics, grouped


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, float]:
    """What a daemon tells that has seen one request and one refusal."""
    with daemon(tmp_path_factory.mktemp("house"), config='[storage]\nfree_floor = "100000TiB"\n') as house:
        with pytest.raises(Exception, match="452"):
            house.send(b"Subject: x\r\n\r\nx\r\n")
        get(house.api, "/healthz")
        return dict(Metrics(house.api).read().all)


def test_the_reader_of_queries_sees_what_stands_there() -> None:
    query = 'histogram_quantile(0.9, sum by (le, x) (rate(a_bucket{b="c",d!~"e"}[5m]))) > on (i) group_left () 4 * f'
    assert read(query) == ({"a_bucket": [("b", "=", "c"), ("d", "!~", "e")], "f": []}, {"le", "x", "i"})


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_a_query_names_what_there_is(where: str, query: str, told: dict[Key, float]) -> None:
    metrics, grouped = read(query)
    assert metrics, query
    labels_of_all: set[str] = set()
    for name, matchers in metrics.items():
        if name == "up":  # Prometheus' own
            continue
        series = [dict(labels) for metric, labels in told if metric == name]
        assert series, f"{where}: no metric {name}"
        labels = set(series[0])
        labels_of_all |= labels
        for label, operator, value in matchers:
            assert label in labels | PROMETHEUS_OWN, f"{where}: {name} has no label {label}"
            if operator in ("=", "!=") and label in labels:
                assert value in {each[label] for each in series}, f"{where}: no {name} with {label}={value}"
    assert grouped <= labels_of_all | PROMETHEUS_OWN, where


def test_each_series_that_matters_is_looked_at(told: dict[Key, float]) -> None:
    """A metric that no alert and no panel names is one that nobody will see move."""
    named = {name for _, query in queries() for name in read(query)[0]}
    for name in {metric for metric, _ in told if metric.startswith("gateway_")}:
        family = re.sub(r"_(bucket|sum|count)\Z", "", name)
        assert any(other.startswith(family) for other in named) or family in {
            "gateway_build_info",  # names the gateways in the dashboard's choice
            "gateway_ready",  # the checks one by one say more
        }, name


def test_the_legends_name_labels_of_their_queries(told: dict[Key, float]) -> None:
    for panel in panels():
        for target in panel["targets"]:
            used = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            metrics, grouped = read(target["expr"])
            own = {label for metric, labels in told if metric in metrics for label, _ in labels}
            assert used <= (grouped or own), panel["title"]


def test_the_dashboard_can_be_imported() -> None:
    board = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    places: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= cells
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels())


CASES = {
    "evaluation_interval": "1m",
    "rule_files": [str(ALERTS)],
    "tests": [
        {
            "interval": "1m",
            "input_series": [
                {"series": 'up{job="touchpoint-gateway",instance="a"}', "values": "1x5 0x60"},
                {"series": 'gateway_check_ok{check="disk",instance="a"}', "values": "1x60"},
                {"series": 'gateway_check_ok{check="outgoing",instance="a"}', "values": "1x10 0x50"},
                {"series": 'gateway_disk_free_bytes{place="data",instance="a"}', "values": "100x10 39x50"},
                {"series": 'gateway_disk_free_bytes{place="blobs",instance="a"}', "values": "100x60"},
                {"series": 'gateway_disk_floor_bytes{instance="a"}', "values": "10x60"},
                {"series": 'gateway_mails_not_kept_total{instance="a"}', "values": "0x30 1x30"},
                {"series": 'gateway_worker_deaths_total{why="signal",instance="a"}', "values": "0x20 0+1x40"},
                {
                    "series": 'gateway_sender_trust_total{trust="verified",instance="a"}',
                    "values": "0+1x60 60x180",
                },
                {
                    "series": 'gateway_sender_trust_total{trust="unverified",instance="a"}',
                    "values": "0+1x240",
                },
                {"series": 'gateway_commit_seconds_bucket{le="1",instance="a"}', "values": "0+60x20 1200x60"},
                {"series": 'gateway_commit_seconds_bucket{le="5",instance="a"}', "values": "0+60x80"},
                {"series": 'gateway_commit_seconds_bucket{le="+Inf",instance="a"}', "values": "0+60x80"},
            ],
            "promql_expr_test": [
                {
                    "eval_time": at,
                    "expr": f'count by (alertname) (ALERTS{{alertname="{name}",alertstate="firing"}})',
                    "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1}] if fires else [],
                }
                for name, quiet, loud in (
                    ("GatewayDown", "4m", "9m"),
                    ("GatewayNotReady", "14m", "20m"),
                    ("GatewayDiskSoonFull", "9m", "40m"),
                    ("GatewayKeepsNoMail", "29m", "33m"),
                    ("GatewayWorkersDie", "20m", "40m"),
                    ("GatewayBelievesNobody", "100m", "200m"),
                    ("GatewayCommitsSlowly", "15m", "60m"),
                )
                for at, fires in ((quiet, False), (loud, True))
            ],
        }
    ],
}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here: apt-get install prometheus")
def test_the_rules_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    case = tmp_path / "case.yml"
    case.write_text(yaml.safe_dump(CASES))
    checked = subprocess.run(
        ["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = subprocess.run(
        ["promtool", "test", "rules", str(case)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here: apt-get install prometheus")
def test_prometheus_finds_nothing_to_mend_in_the_metrics(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        text = Metrics(house.api).read().text
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr + done.stdout == ""
