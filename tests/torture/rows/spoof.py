"""Every way to forge a sender, and every honest way, under every DMARC policy: nobody forged may be verified.

`tests/believe/cells.py` makes the mails and says of each, from what was done to it, what it is. All cells take the
product's way from the raw mail to the outcome in this process, each with a DNS of its own; those of one policy also
go to the real daemon over SMTP, which asks a name server on the loopback and learns the peers from PROXY headers.
"""

import smtplib
import socket
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gateway.config import Settings
from storage.directory import remember_contacts
from storage.engine import open_engine, reading, writing
from storage.queue import get_mail
from tests.believe.cells import DORA, SEALERS, Cell, cells, world
from tests.believe.judge import VICTIM, decide, judge, open_directory, settings, wrong
from tests.believe.nameserver import name_server
from tests.believe.world import OWN, RELAY, RELAY_NAME
from tests.daemon import LOG, SECONDS, Daemon, daemon
from tests.torture.bench import Outcome, Row, Torment

HONEST_SHARE = 0.98
SLOWEST = 2.0
"""Seconds of CPU that no cell may take: the largest has 560 kB."""

_POLICY = "reject"


class _Peer(smtplib.SMTP):
    """A client that a proxy brings in: the peer's address is that of the cell."""

    def __init__(self, port: int, address: str, helo: str) -> None:
        self._address = address
        super().__init__("127.0.0.1", port, local_hostname=helo, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # type: ignore[override]
        made = socket.create_connection((host, port), timeout)
        family, target = ("TCP6", "2001:db8::25") if ":" in self._address else ("TCP4", "198.51.100.1")
        made.sendall(f"PROXY {family} {self._address} {target} 40000 25\r\n".encode())
        return made


def _run(torment: Torment) -> Outcome:
    matrix = list(cells())
    violations, seconds, verified = _in_process(matrix, torment)
    sample = [cell for cell in matrix if cell.dns.records == world(_POLICY).records]
    found, refused = _by_the_daemon(sample, torment)
    violations += found
    kinds = Counter(cell.kind for cell in matrix)
    share = verified["honest"] / kinds["honest"]
    if verified["forged"]:
        violations.append(f"{verified['forged']} forged mails are verified")
    if share < HONEST_SHARE:
        violations.append(f"only {share:.1%} of the honest mails are verified")
    if max(seconds) > SLOWEST:
        violations.append(f"one mail took {max(seconds):.2f} s of CPU")
    measured = (
        f"{len(matrix)} cells: {kinds['forged']} forged, {verified['forged']} of them verified; "
        f"{kinds['honest']} honest, {share:.1%} verified; {kinds['look-alike']} of look-alikes, "
        f"{kinds['trouble']} in DNS trouble; a mail takes {statistics.median(seconds) * 1000:.1f} ms of CPU, "
        f"the slowest {max(seconds) * 1000:.0f} ms; {len(sample)} through the daemon: {len(found)} wrong, "
        f"{refused} refused at the door"
    )
    return Outcome(measured, tuple(violations))


def _in_process(matrix: Sequence[Cell], torment: Torment) -> tuple[list[str], list[float], Counter[str]]:
    """What is wrong, the seconds each took, and how many of each kind were verified."""
    config = settings()
    site = config.site()
    violations: list[str] = []
    seconds: list[float] = []
    verified: Counter[str] = Counter()
    engine, directory = open_directory(torment.folder / "directory.db")
    try:
        decide(matrix[0], config, site, directory)  # loads what is loaded once
        for number, cell in enumerate(matrix):
            decision, took = decide(cell, config, site, directory)
            seconds.append(took)
            verified[cell.kind] += decision.sender_trust == "verified"
            if problem := wrong(cell, decision):
                violations.append(f"{cell.name}: {problem}")
            torment.say("cells", number + 1, len(matrix))
    finally:
        engine.dispose()
    return violations, seconds, verified


def _by_the_daemon(sample: Sequence[Cell], torment: Torment) -> tuple[list[str], int]:
    """What is wrong with those that went over SMTP, and how many were refused there: none that is honest may be."""
    folder = torment.folder / "daemon"
    folder.mkdir()
    upstreams = f'[{{"networks": ["{RELAY}"], "authserv_id": "{RELAY_NAME}"}}]'
    environment = {
        "GATEWAY_OWN_DOMAINS": OWN,
        "GATEWAY_SENDER_CHECK__DNS": "true",
        "GATEWAY_SENDER_CHECK__UPSTREAMS": upstreams,
        "GATEWAY_SENDER_CHECK__ARC_SEALERS": ",".join(SEALERS),
        "GATEWAY_SMTP__PROXY_TRUSTED": "127.0.0.0/8",
    }
    violations: list[str] = []
    refused = 0
    with (
        name_server(world(_POLICY)) as place,
        daemon(folder, started=False, GATEWAY_SENDER_CHECK__NAMESERVERS=place, **environment) as house,
    ):
        _know_dora(folder)
        house.start()
        kept: dict[int, Cell] = {}
        for peer, helo in sorted({(cell.peer, cell.helo) for cell in sample}):
            with _Peer(house.port, peer, helo) as client:
                for number, cell in enumerate(sample):
                    if (cell.peer, cell.helo) != (peer, helo):
                        continue
                    # Two cells may be one mail from two places: the gateway would take it for a second delivery.
                    raw = f"X-Cell: {number}\r\n".encode() + cell.raw
                    try:
                        client.sendmail(cell.envelope_from, [LOG], raw)
                    except smtplib.SMTPResponseException as error:
                        refused += 1
                        if cell.kind == "honest":
                            violations.append(f"{cell.name}: honest mail is refused with {error.smtp_code}")
                        continue
                    kept[int(house.event("received")["mail"])] = cell
                    torment.say("mails to the daemon", len(kept), len(sample))
        violations += _judged(house, kept)
    return violations, refused


def _know_dora(folder: Path) -> None:
    engine = open_engine(Settings(data_dir=folder / "data").database_url)
    with writing(engine) as conn:
        remember_contacts(conn, VICTIM, [(DORA, "Dora Meier")])
    engine.dispose()


def _judged(house: Daemon, kept: dict[int, Cell]) -> list[str]:
    """What is wrong with what the daemon made of them."""
    violations = []
    engine = open_engine(Settings(data_dir=house.folder / "data").database_url)
    deadline = time.monotonic() + 60
    try:
        for mail_id, cell in kept.items():
            while True:
                with reading(engine) as conn:
                    mail = get_mail(conn, mail_id)
                if mail.state != "received":
                    break
                if time.monotonic() > deadline:
                    return [*violations, f"{cell.name}: not settled within a minute"]
                time.sleep(0.05)
            decision = mail.decision or {}
            account = (decision.get("account") or {}).get("key", "")
            if problem := judge(cell, mail.trust or "", mail.state, account, mail.error or ""):
                violations.append(f"{cell.name}, by the daemon: {problem}")
    finally:
        engine.dispose()
    return violations


ROW = Row(
    name="spoof",
    test="forged senders: DMARC policy × SPF × DKIM × Authentication-Results × From × look-alikes × ARC",
    asked="120 cells on an injected DNS: 0 false verified; 98 % of the honest ones verified",
    run=_run,
)
