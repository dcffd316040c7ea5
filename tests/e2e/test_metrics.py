"""The metrics of the real daemon: mail in, mail out, workers that die, and nothing in them that a stranger chose."""

import asyncio
import os
import re
import signal
import smtplib
import socket
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

from tests.daemon import LOG, daemon
from tests.e2e.mails import letter
from tests.outbound.relays import Recorder, relay
from tests.watch.asking import Metrics, get

STRANGE = "xq7zz"
"""A word that stands in everything the stranger sends."""

BOUNCE = (
    b"From: Mail Delivery System <mailer-daemon@elsewhere.example>\r\nTo: log@touchpoints.lumenfold.example\r\n"
    b"Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
    b"Message-ID: <b@elsewhere.example>\r\nDate: Mon, 02 Mar 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; elsewhere.example\r\n\r\nFinal-Recipient: rfc822; gone@acme.example\r\nAction: failed\r\n"
    b"Status: 5.1.1\r\n\r\n--b--\r\n"
)


def test_mail_in_every_way_is_counted(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        seen = Metrics(house.api)
        for mail, outcome in (
            (letter(), "filed"),
            (letter("Whose?", to="Rosa Lind <rosa@orchard.example>"), "unresolved"),
            (letter("Who?", sender="x@nowhere.example"), "quarantined"),
            (BOUNCE, "ignored"),
        ):
            house.event(
                outcome, mail=house.send(mail, sender="" if mail is BOUNCE else "n@lumenfold.example")
            )
        house.send(letter())
        seen.wait(1, "settled_total", outcome="filed", machine="none")
        seen.wait(1, "settled_total", outcome="ignored", machine="bounce")
        assert seen.of("settled_total", outcome="unresolved", machine="none") == 1
        assert seen.of("settled_total", outcome="quarantined", machine="none") == 1
        assert seen.of("mails_received_total", result="new") == 4
        assert seen.of("mails_received_total", result="duplicate") == 1
        assert seen.of("received_bytes_total") > 1000
        assert seen.of("connections_total", kind="smtp") == 5
        assert seen.of("open_connections", kind="smtp") == 0
        assert seen.of("message_bytes_in_flight") == 0
        for histogram, number in (("accept", 5), ("commit", 5), ("filing", 4), ("sender_check", 4)):
            assert seen.of(f"{histogram}_seconds_count") == number
        assert seen.of("settled_after_seconds_count") == 4
        assert seen.of("commit_mails_sum") == 5
        assert (
            sum(seen.of("sender_trust_total", trust=trust) for trust in ("verified", "unverified", "failed"))
            == 4
        )
        assert seen.of("queue_mails", state="unresolved") == 1
        assert seen.of("workers_running") == seen.of("workers_configured") == 1
        assert seen.of("children_resident_bytes", process="filing") > 10**7
        assert seen.of("database_bytes") > 0
        assert seen.of("disk_free_bytes", place="data") > seen.of("disk_floor_bytes") > 0
        assert seen.of("loop_lag_seconds_count") > 0
        assert seen.of("ready") == 1
        # What is sent through again has waited for a person, and not for the gateway.
        house.run("queue", "retry", "2")
        seen.wait(2, "settled_total", outcome="unresolved", machine="none")
        assert seen.of("settled_after_seconds_count") == 4


def test_a_session_under_way_and_a_message_in_memory(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        seen = Metrics(house.api)
        with smtplib.SMTP("127.0.0.1", house.port, timeout=30) as client:
            client.ehlo()
            client.mail("nora.feld@lumenfold.example")
            client.rcpt(LOG)
            client.docmd("DATA")
            client.send(letter() + b"x" * 100_000)
            seen.wait(1, "open_connections", kind="smtp")
            while not seen.read().of("message_bytes_in_flight"):
                pass
            client.send(b"\r\n.\r\n")
            assert client.getreply()[0] == 250
            seen.wait(0, "message_bytes_in_flight")


def test_nothing_that_a_stranger_chooses_is_in_a_label(tmp_path: Path) -> None:
    """Hostile verbs, domains, addresses and paths by the hundred: the series stay those of a quiet day."""
    with daemon(tmp_path, config="[smtp.limits]\nerrors = 1000\nunknown_recipients = 1000\n") as house:
        quiet = set(Metrics(house.api).read().all)
        with closing(socket.create_connection(("127.0.0.1", house.port), 30)) as client:
            client.recv(1000)
            for number in range(100):
                word = f"{STRANGE}{number}"
                client.sendall(
                    f"{word} x\r\nEHLO {word}.example\r\nMAIL FROM:<{word}@{word}.example> {word}=1\r\n"
                    f"MAIL FROM:<{word}@{word}.example>\r\nRCPT TO:<{word}@{word}.example>\r\nRSET\r\n".encode()
                )
            client.sendall(b"QUIT\r\n")
            while client.recv(65536):
                pass
        mail = letter(
            f"{STRANGE} {LOG}", sender=f"{STRANGE}@{STRANGE}.example", to=f"{STRANGE}@{STRANGE}.test"
        )
        house.event("quarantined", mail=house.send(mail, sender=f"{STRANGE}@{STRANGE}.example"))
        for number in range(100):
            word = f"{STRANGE}{number}"
            for path in (
                f"/{word}",
                f"/api/v1/accounts/{word}",
                f"/api/v1/touchpoints/{word}?x={word}",
                f"/metrics/{word}",
            ):
                get(house.api, path, Accept=word, Authorization=f"Bearer tpg_{word}")
        host, _, port = house.api.rpartition(":")
        with closing(socket.create_connection((host, int(port)), 30)) as client:
            client.sendall(f"{STRANGE.upper()} /{STRANGE} HTTP/1.1\r\nHost: {STRANGE}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 4")
        seen = Metrics(house.api)
        seen.wait(1, "settled_total", outcome="quarantined", machine="none")
        assert STRANGE not in seen.text.lower()
        assert "@" not in seen.text
        assert "lumenfold" not in seen.text
        assert seen.of("refused_total", code="500", status="5.5.2") == 100
        assert seen.of("refused_total", code="550", status="5.7.1") == 100
        new = {name for name, _ in set(seen.all) - quiet}
        assert new == {"gateway_http_requests_total"}
        told = {frozenset(labels) for name, labels in seen.all if name == "gateway_http_requests_total"}
        assert len(told) < 12, told
        assert {dict(labels)["method"] for labels in told} == {"GET", "other"}


def test_workers_that_die_and_mail_that_defeats_them(tmp_path: Path) -> None:
    worker = tmp_path / "sitecustomize"
    worker.mkdir()
    # The worker of the real daemon, but two words in a mail kill it (tests.filing.deadly_worker).
    (worker / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'gateway.filing.worker' in ' '.join(sys.orig_argv):\n"
        "    import runpy\n"
        "    sys.argv = ['worker']\n"
        "    runpy.run_module('tests.filing.deadly_worker', run_name='__main__')\n"
    )
    path = f"{worker}{os.pathsep}{Path(__file__).parents[2]}"
    with daemon(tmp_path, config="[filing]\ndeadline_seconds = 1\n", PYTHONPATH=path) as house:
        seen = Metrics(house.api)
        house.send(letter("DEADLY"))
        seen.wait(1, "settled_total", outcome="filed", machine="none")
        assert seen.of("worker_deaths_total", why="signal") == 2
        assert seen.of("strikes_total") == 2
        assert seen.of("mails_minimal_total") == 1
        house.send(letter("FAULTY"))
        seen.wait(2, "mails_minimal_total")
        assert seen.of("strikes_total") == 4
        house.event("filed", mail=house.send(letter()))
        seen.wait(3, "settled_total", outcome="filed", machine="none")
        assert seen.of("mails_minimal_total") == 2
        assert seen.of("worker_deaths_total", why="signal") == 2
        house.send(letter("FAULTY TO THE LAST"))
        seen.wait(1, "settled_total", outcome="failed", machine="none")
        seen.wait(1, "queue_mails", state="failed")


async def test_mail_that_goes_out(tmp_path: Path) -> None:
    async with relay(Recorder()) as server:
        config = (
            f'[trust]\n"*" = "verified"\n[relay]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n'
        )

        def use() -> None:
            with daemon(tmp_path, config=config) as house:
                seen = Metrics(house.api)
                house.send(letter("Whose?", to="Rosa Lind <rosa@orchard.example>"))
                seen.wait(1, "outgoing_total", event="copied", kind="notice")
                assert seen.of("sending_running") == 1
                assert seen.of("outbox_waiting") == 0
                server.answers["RCPT"] = "550 5.1.1 no such user nora.feld@lumenfold.example"
                house.send(
                    letter(
                        "And this?",
                        sender="Jonas Berg <jonas.berg@lumenfold.example>",
                        to="r@orchard.example",
                    )
                )
                seen.wait(1, "outgoing_total", event="bounced", kind="notice")
                server.answers["RCPT"] = "451 4.3.0 later"
                house.send(
                    letter("And that?", sender="Mei Tan <mei.tan@lumenfold.example>", to="r@orchard.example")
                )
                seen.wait(1, "outgoing_total", event="postponed", kind="notice")
                assert seen.of("outbox_waiting") == 1
                assert seen.of("check_ok", check="outgoing") == 0
                assert seen.of("ready") == 0

        await asyncio.to_thread(use)


def test_open_metrics_by_accept(tmp_path: Path) -> None:
    with daemon(tmp_path) as house:
        status, headers, body = get(
            house.api, "/metrics", Accept="application/openmetrics-text;version=1.0.0;q=0.9,*/*"
        )
        assert (status, headers["content-type"].partition(";")[0]) == (200, "application/openmetrics-text")
        families = {family.name for family in open_metrics(body.decode())}
        assert {"gateway_settled", "gateway_queue_mails", "process_resident_memory_bytes"} <= families
        status, headers, _ = get(house.api, "/metrics", Accept="application/openmetrics-text; version=what")
        assert status == 200
        assert get(house.api, "/metrics")[1]["content-type"].startswith("text/plain; version=0.0.4")


def test_an_address_of_its_own(tmp_path: Path) -> None:
    """Where the world reaches the API, it does not reach the metrics."""
    config = '[http]\nlisten = "127.0.0.1:0"\nmetrics_listen = "127.0.0.1:0"\n'
    with daemon(tmp_path, started=False) as house:
        house.config.write_text(house.config.read_text().replace('[http]\nlisten = "127.0.0.1:0"\n', config))
        house.start()
        (listening,) = [entry for entry in house.seen if entry.get("event") == "listening"]
        address = listening["metrics"]
        assert address != house.api
        assert Metrics(address).read().of("ready") == 1
        assert get(house.api, "/metrics")[0] == 404
        assert get(address, "/api/v1/accounts")[0] == 404
        assert [get(place, "/healthz")[0] for place in (address, house.api)] == [200, 200]
        assert get(address, "/readyz")[0] == 200
        assert house.stop() == 0


def test_below_the_floor_mail_is_refused_for_now_and_said_so(tmp_path: Path) -> None:
    with daemon(tmp_path, config='[storage]\nfree_floor = "100000TiB"\n') as house:
        with smtplib.SMTP("127.0.0.1", house.port, timeout=30) as client:
            client.ehlo()
            assert client.mail("nora.feld@lumenfold.example")[0] == 452
        seen = Metrics(house.api).read()
        assert seen.of("limit_hits_total", limit="storage.free_floor") == 1
        assert seen.of("check_ok", check="disk") == 0
        assert get(house.api, "/readyz")[0] == 503
        assert get(house.api, "/healthz")[0] == 200
        assert "storage.free_floor" in house.run("doctor", "--json", check=False).stdout


def test_while_it_drains_it_is_not_ready(tmp_path: Path) -> None:
    with daemon(tmp_path) as house, smtplib.SMTP("127.0.0.1", house.port, timeout=30) as client:
        client.ehlo()
        client.mail("nora.feld@lumenfold.example")
        client.rcpt(LOG)
        client.docmd("DATA")
        assert house.process is not None
        house.process.send_signal(signal.SIGTERM)
        house.event("draining")
        status, _, body = get(house.api, "/readyz")
        assert status == 503
        assert b"on its way down" in body
        client.send(letter() + b".\r\n")
        assert client.getreply()[0] == 250
        client.close()


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_what_watchers_are_told_names_nobody(tmp_path: Path, path: str) -> None:
    with daemon(tmp_path) as house:
        house.event("filed", mail=house.send(letter()))
        _, _, body = get(house.api, path)
        assert not re.search(rb"@|acme|nora|lumenfold|/tmp", body)
