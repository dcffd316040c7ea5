"""A cell of the spoof matrix on the product's whole way: the mail read, its sender checked, its outcome decided."""

from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from sqlalchemy import Engine

from gateway.config import Settings
from gateway.directory import import_directory
from gateway.filing.belief import Belief
from gateway.filing.directory import StoredDirectory
from gateway.filing.examine import Directory, Inbound, examine
from rules.decision import Decision
from rules.site import Site
from storage.directory import remember_contacts
from storage.engine import open_engine, writing
from storage.migrations import migrate
from tests.believe.cells import DORA, SEALERS, Cell
from tests.believe.world import OWN, RELAY, RELAY_NAME
from tests.daemon import LOG, SAMPLE

RECEIVED = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
VICTIM = "acme"


def settings(**more: object) -> Settings:
    """The gateway behind one relay, with two sealers it believes."""
    return Settings.model_validate(
        {
            "own_domains": [OWN],
            "sender_check": {
                "upstreams": [{"networks": [RELAY], "authserv_id": RELAY_NAME}],
                "arc_sealers": SEALERS,
            },
            **more,
        }
    )


def open_directory(file: Path) -> tuple[Engine, StoredDirectory]:
    """The sample directory, with Dora as one of acme's contacts; the engine is to be disposed of."""
    engine = open_engine(file)
    migrate(engine)
    import_directory(engine, SAMPLE)
    with writing(engine) as conn:
        remember_contacts(conn, VICTIM, [(DORA, "Dora Meier")])
    return engine, StoredDirectory(engine)


def decide(cell: Cell, config: Settings, site: Site, directory: Directory) -> tuple[Decision, float]:
    """What becomes of it, and the seconds of CPU that it took."""
    belief = Belief(config, dns=True, resolver=cell.dns)
    started = process_time()
    inbound = Inbound(cell.raw, cell.envelope_from, (LOG,), RECEIVED)
    believe = belief.of(cell.envelope_from, {"address": cell.peer, "helo": cell.helo})
    return examine(inbound, site, directory, believe).decision, process_time() - started


def wrong(cell: Cell, decision: Decision) -> str:
    """What is wrong with the decision; "" when nothing is."""
    account = decision.account.key if decision.account else ""
    return judge(cell, decision.sender_trust, decision.outcome, account, _why(decision))


def judge(cell: Cell, trust: str, outcome: str, account: str, why: str) -> str:
    """What is wrong with how far a mail is believed and what it became, by what the cell was made to be, or ""."""
    filed = outcome in ("filed", "replied")
    match cell.kind:
        case "honest" if trust != "verified":
            return f"honest mail is {trust}: {why}"
        case "forged" if trust == "verified":
            return f"forged mail is verified: {why}"
        case "forged" if cell.stopped and outcome not in ("quarantined", "ignored"):
            return f"forged mail is {outcome}, which should be put aside: {why}"
        case "look-alike" if filed and account == VICTIM:
            return f"mail of a look-alike is {outcome} at the account it looks like"
        case "trouble" if trust != "unverified":
            return f"mail is {trust} while DNS is in trouble: {why}"
    return ""


def _why(decision: Decision) -> str:
    return next((verdict.why for verdict in decision.rules if verdict.rule == "sender-trust"), "")
