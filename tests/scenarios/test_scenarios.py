"""Scenarios: a mail, its envelope and a directory on one side, what must become of it on the other.

Each is a pair of files under `cases/`; `README.md` beside this file says how to read and write them.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.directory import import_directory
from gateway.filing.belief import settled
from gateway.filing.directory import StoredDirectory
from gateway.filing.examine import Inbound, examine
from rules.decision import Decision, as_json
from rules.site import LoggingAddress, Site
from rules.tokens import KeyRing
from storage.directory import rotate_user_secret
from storage.engine import open_engine, writing
from storage.migrations import migrate
from tests import postgresql
from tests.scenarios import before

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").rglob("*.toml"))

NORAS_SECRET = "noranoranoranora2345"

SITE = Site(
    logging=(
        LoggingAddress("log@touchpoints.brightwell.example", "Adoption"),
        LoggingAddress("onboarding@touchpoints.brightwell.example", "Onboarding"),
    ),
    own_domains=frozenset({"brightwell.example", "brightwell-labs.example"}),
    never_log=frozenset({"lawyers.example", "secret@acme.example"}),
    hostname="touchpoints.brightwell.example",
    ring=KeyRing("brightwell", 7, {7: bytes(range(32))}),
)

CONTRACT = {
    "outcome": {"filed", "replied", "unresolved", "quarantined", "ignored", "passed-on", "refused"},
    "way": {
        "",
        "bcc",
        "cc",
        "forward",
        "note",
        "thread",
        "reference",
        "account-address",
        "user-address",
        "postmaster",
    },
    "machine": {"", "bounce", "auto-reply", "receipt", "complaint", "list", "calendar-response", "loop"},
    "sender_trust": {"verified", "unverified", "failed"},
}
"""What `explain` may say."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=postgresql.NEEDED)])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The directory, and what was before, on every back end."""
    engine = open_engine(
        postgresql.shared().create()
        if request.param == "postgresql"
        else tmp_path_factory.mktemp("scenarios") / "gateway.db"
    )
    migrate(engine)
    import_directory(engine, HERE / "directory", own_domains=SITE.own_domains)
    with writing(engine) as conn:
        rotate_user_secret(conn, "nora@brightwell.example", datetime.now(UTC), NORAS_SECRET)
        before.fill(conn, SITE)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(HERE / "cases"))[:-5] for case in CASES])
def test_scenario(case: Path, engine: Engine) -> None:
    scenario = tomllib.loads(before.named(case.read_bytes(), SITE).decode("utf-8"))
    decided = decide(scenario, case, engine)
    wrong = {
        key: (expected, found)
        for key, expected in scenario["expect"].items()
        if not fits(key, expected, found := readable(key, decided))
    }
    report = "\n".join(
        f"{key}: expected {expected!r}, found {found!r}" for key, (expected, found) in wrong.items()
    )
    assert not wrong, f"{scenario['about']}\n{report}\n\nbecause: {decided['reason']}"


def test_the_scenarios_cover_the_contract() -> None:
    """Every word that `explain` may answer with stands in the expectation of some scenario."""
    expectations = [tomllib.loads(case.read_text("utf-8"))["expect"] for case in CASES]
    assert len(expectations) >= 60
    for key, words in CONTRACT.items():
        assert words <= {expect[key] for expect in expectations if key in expect}, key


def decide(scenario: Mapping[str, Any], case: Path, engine: Engine) -> dict[str, Any]:
    mail = case.parent / scenario.get("mail", f"{case.stem}.eml")
    inbound = Inbound(
        raw=before.named(mail.read_bytes(), SITE).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        mail_from="" if scenario.get("from") == "<>" else scenario.get("from"),
        recipients=tuple(scenario.get("rcpt", [SITE.logging[0].address])),
        received_at=scenario.get("received_at", datetime(2026, 3, 4, 12, tzinfo=UTC)),
        accepted=scenario.get("accepted", False),
        assigned=scenario.get("assigned", ""),
    )
    believe = settled(scenario.get("trust", "verified"), "as the scenario says")
    decision = examine(inbound, SITE, StoredDirectory(engine), believe).decision
    return as_json(decision) | follows(decision)


def follows(decision: Decision) -> dict[str, Any]:
    """What the decision asks for beside the filing, in words that `explain` does not say."""
    mail, account = decision.answers or (0, "")
    return {
        "threads": [thread.id for thread in decision.threads],
        "told": decision.tell_followers,
        "answers": f"{mail} {account}" if mail else "",
        "bounced": decision.bounced or 0,
        "asked": decision.notice,
    }


def readable(key: str, decided: Mapping[str, Any]) -> Any:
    """What was decided, in the words that scenarios use."""
    match key:
        case "account":
            return decided["account"]["key"] if decided["account"] else ""
        case "author" | "filed_by":
            return person(decided[key]) if decided[key] else ""
        case "participants":
            return [person(each) for each in decided["participants"]]
        case "participant_count":
            return len(decided["participants"])
        case "candidates":
            return [each["key"] for each in decided["candidates"]]
        case "attachments":
            return [each["filename"] for each in decided["attachments"] if not each["inline"]]
        case "inline":
            return [each["filename"] for each in decided["attachments"] if each["inline"]]
        case "notice":
            return "\n".join(decided["notices"])
        case "calendar":
            return [f"{each['method']} {each['summary']} {each['start']}" for each in decided["calendar"]]
        case "because":
            return [rule["rule"] for rule in decided["rules"] if rule["hit"]]
        case "text" | "quoted" | "comment":
            return decided[key] or ""
        case "way" | "machine":
            return decided[key] or ""
        case "thread":
            return decided[key] or 0
    return decided[key]


def person(value: Mapping[str, str]) -> str:
    """`Ada Marsh <ada@acme.example> external contact`"""
    name = f"{value['name']} " if value["name"] else ""
    return " ".join(filter(None, (f"{name}<{value['email']}>", value.get("side"), value.get("known"))))


def fits(key: str, expected: Any, found: Any) -> bool:
    match key:
        case "notice":
            return expected in found if expected else not found
        case "because":
            return set(expected) <= set(found)
        case "candidates":
            return sorted(found) == sorted(expected)
        case "text" | "quoted" | "comment":
            return written_lines(found) == written_lines(expected)
        case "report":
            return all(found and found[name] == value for name, value in expected.items())
    return bool(found == expected)


def written_lines(text: str) -> list[str]:
    """The lines that say something: how much room lies between two paragraphs is a matter of taste."""
    lines = text.replace("\N{NO-BREAK SPACE}", " ").strip().split("\n")
    return [line.rstrip() for line in lines if line.strip()]
