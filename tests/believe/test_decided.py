"""What a sender's check leads to: authors who cannot be told, the operator's word, and claims nobody listens to."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.filing.directory import StoredDirectory
from rules.decision import Decision, as_json
from tests.believe.cells import ALWAYS_STOPPED, DORA, FORGED, LIST, PASS, Cell, world
from tests.believe.judge import decide, open_directory, settings
from tests.believe.world import ACME, OWN, RELAY_NAME, SERVER_OF_ACME, letter, sign


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredDirectory]:
    engine, made = open_directory(tmp_path_factory.mktemp("decided") / "gateway.db")
    yield made
    engine.dispose()


def decided(cell: Cell, directory: StoredDirectory, **more: object) -> Decision:
    config = settings(**more)
    return decide(cell, config, config.site(), directory)[0]


@pytest.mark.parametrize("name", sorted(ALWAYS_STOPPED))
def test_who_has_not_exactly_one_author_is_quarantined(name: str, directory: StoredDirectory) -> None:
    """Whoever sent it, whatever is signed, whatever the operator says."""
    mail = FORGED[name]()
    for policy in ("", "reject"):
        cell = Cell(name, "forged", mail.raw, world(policy), mail.envelope_from, mail.peer, mail.helo)
        for trust in ({}, {"*": "verified"}):
            decision = decided(cell, directory, trust=trust)
            assert (decision.sender_trust, decision.outcome) == ("failed", "quarantined")


NOBODY_PROVES = Cell("unproved", "forged", letter(), world(""))
OF_A_SUB_DOMAIN = replace(NOBODY_PROVES, raw=letter(f"dora@news.{ACME}"))
DISPROVED = Cell("disproved", "forged", letter(), world("reject"))


@pytest.mark.parametrize(
    ("trust", "level", "outcome"),
    [
        ({}, "unverified", "filed"),
        ({ACME: "failed"}, "failed", "quarantined"),
        ({"*": "failed"}, "failed", "quarantined"),
        ({"*": "failed", ACME: "unverified"}, "unverified", "filed"),
        ({ACME: "verified"}, "verified", "filed"),
        ({"other.example": "failed"}, "unverified", "filed"),
    ],
)
@pytest.mark.parametrize("cell", [NOBODY_PROVES, OF_A_SUB_DOMAIN], ids=["domain", "sub-domain"])
def test_the_operator_tightens_and_loosens_by_domain(
    cell: Cell, trust: dict[str, str], level: str, outcome: str, directory: StoredDirectory
) -> None:
    decision = decided(cell, directory, trust=trust)
    assert (decision.sender_trust, decision.outcome) == (level, outcome)


def test_the_operator_says_of_a_sub_domain_what_he_wants(directory: StoredDirectory) -> None:
    trust = {ACME: "verified", f"news.{ACME}": "failed"}
    assert decided(NOBODY_PROVES, directory, trust=trust).sender_trust == "verified"
    assert decided(OF_A_SUB_DOMAIN, directory, trust=trust).outcome == "quarantined"


def test_who_is_disproved_stays_so_whatever_the_operator_says(directory: StoredDirectory) -> None:
    assert decided(DISPROVED, directory, trust={ACME: "verified"}).outcome == "quarantined"


def test_who_is_proved_stays_so_too(directory: StoredDirectory) -> None:
    proved = Cell("proved", "honest", sign(letter()), world("reject"), DORA, SERVER_OF_ACME)
    assert decided(proved, directory, trust={ACME: "failed", "*": "failed"}).sender_trust == "verified"


CLAIMS = (
    f"Authentication-Results: {RELAY_NAME}; {PASS}",
    f"Authentication-Results: {RELAY_NAME}; auth=pass smtp.auth={DORA}",
    f"Authentication-Results-Original: {RELAY_NAME}; {PASS}",
    f"X-Original-Authentication-Results: {RELAY_NAME}; {PASS}",
    f"ARC-Authentication-Results: i=1; {RELAY_NAME}; {PASS}",
    f"ARC-Authentication-Results: i=1; mx.{LIST}; {PASS}",
    f"Received-SPF: pass identity=mailfrom; envelope-from={DORA}; receiver={RELAY_NAME}",
    f"DKIM-Filter: OpenDKIM {RELAY_NAME} pass",
    f"X-Spam-Status: No ({RELAY_NAME}), DKIM_VALID_AU",
)


@pytest.mark.parametrize("policy", ["", "reject"])
@pytest.mark.parametrize("author", [DORA, f"nora.feld@{OWN}"])
def test_what_a_mail_says_of_its_own_sender_changes_nothing_and_is_not_shown(
    policy: str, author: str, directory: StoredDirectory
) -> None:
    plain = Cell("plain", "forged", letter(author), world(policy))
    without = as_json(decided(plain, directory))
    for claim in CLAIMS:
        told = replace(plain, raw=f"{claim}\r\n".encode() + plain.raw)
        assert as_json(decided(told, directory)) == without
