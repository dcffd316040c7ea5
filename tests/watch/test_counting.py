"""What the processes beside the daemon say is counted, and believed no more than a mail."""

import json
from typing import Any

import pytest

from gateway import metrics
from gateway.filing.lines import heard
from rules.replies import Reply


def series() -> dict[str, float]:
    """Every sample of the registry, by name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in metrics.REGISTRY.collect()
        for sample in family.samples
        if sample.name.startswith("gateway_")
    }


def test_facts_become_counts() -> None:
    before = series()
    facts = {
        "outcome": "ignored",
        "machine": "bounce",
        "trust": "failed",
        "seconds": 0.2,
        "waited": 3.0,
        "check": 0.1,
    }
    metrics.filed(facts)
    metrics.filed({"struck": True, "outcome": "failed"})
    metrics.filed({"put_off": True})
    metrics.filed({"again": True})
    metrics.filed({"minimal": True})
    moved = {
        name: value - before.get(name, 0.0) for name, value in series().items() if value != before.get(name)
    }
    counts = {name: value for name, value in moved.items() if "_bucket" not in name and "_sum" not in name}
    assert counts == {
        "gateway_settled_total[('machine', 'bounce'), ('outcome', 'ignored')]": 1,
        "gateway_settled_total[('machine', 'none'), ('outcome', 'failed')]": 1,
        "gateway_sender_trust_total[('trust', 'failed')]": 1,
        "gateway_strikes_total[]": 1,
        "gateway_mails_put_off_total[]": 1,
        "gateway_sender_checks_again_total[]": 1,
        "gateway_mails_minimal_total[]": 1,
        "gateway_filing_seconds_count[]": 1,
        "gateway_settled_after_seconds_count[]": 1,
        "gateway_sender_check_seconds_count[]": 1,
    }


@pytest.mark.parametrize(
    "value",
    [
        "ann@acme.example",
        "x" * 100_000,
        ["filed"],
        {"a": 1},
        None,
        7,
        10**400,
        float("inf"),
        float("nan"),
        -1.0,
    ],
)
def test_whatever_a_worker_says_makes_no_series_of_its_own(value: Any) -> None:
    for key in ("outcome", "machine", "trust", "seconds", "waited", "check", "event", "kind"):
        facts = {"outcome": "filed", key: value}
        metrics.filed(facts)
        metrics.sent(facts)
    known = {*metrics.OUTCOMES, *metrics.MACHINES, *metrics.TRUSTS, *metrics.SENDING, *metrics.ENTRIES}
    for labelled in (metrics.SETTLED, metrics.TRUST, metrics.OUTGOING):
        for family in labelled.collect():
            for sample in family.samples:
                assert set(sample.labels.values()) <= known | {metrics.NONE, metrics.OTHER}


def test_a_reply_that_is_nowhere_written_down_counts_as_other() -> None:
    before = series()
    metrics.refused(Reply(599, "5.9.9", "made up by somebody"))
    name = "gateway_refused_total[('code', 'other'), ('status', 'other')]"
    assert series()[name] == before[name] + 1
    assert not any("599" in each for each in series())


def test_a_request_of_an_unheard_method() -> None:
    metrics.asked("HACK", metrics.NONE, 405, 0.1)
    assert not any("HACK" in name for name in series())


def test_what_comes_up_a_pipe() -> None:
    assert heard(b"begin 17\n") == ("begin", 17, {})
    assert heard(b"idle\n") == ("idle", None, {})
    assert (
        heard(f"done 17 {json.dumps({'outcome': 'filed', 'why': 'a {b} c'})}\n".encode())[2]["why"]
        == "a {b} c"
    )
    assert heard(b'sent {"event": "copied"}\n') == ("sent", None, {"event": "copied"})


@pytest.mark.parametrize("line", [b"begin what\n", b"done 7 {\n", b"done 7 x\n", b"\xff\n"])
def test_what_cannot_be_understood(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind: the supervisor ends such a worker
        heard(line)
