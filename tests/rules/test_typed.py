"""What a person may type into a touchpoint."""

from datetime import timedelta
from typing import Any

import pytest

from rules.typed import MAX_SUBJECT, MAX_TEXT, Catalogue, flaws
from tests.rules.build import NOW

CATALOGUE = Catalogue(
    types=("email", "web meeting", "internal note"),
    internal_notes=frozenset({"internal note"}),
    flows=("Adoption", "Onboarding"),
    reasons=("Risk", "Renewal"),
    one_reason=False,
)


def found(catalogue: Catalogue = CATALOGUE, **values: Any) -> list[tuple[str, str]]:
    good: dict[str, Any] = {
        "type_": "web meeting",
        "flow": "Adoption",
        "reasons": (),
        "subject": "Kick-off",
        "text": "We met.",
        "date": NOW,
        "now": NOW,
    }
    return [(flaw.field, flaw.why) for flaw in flaws(catalogue, **{**good, **values})]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"reasons": ("Risk", "Renewal")},
        {"text": ""},
        {"text": "x" * MAX_TEXT},
        {"text": "🚀" * MAX_TEXT},
        {"subject": "x" * MAX_SUBJECT},
        {"date": NOW - timedelta(days=9999)},
        {"type_": "internal note"},
    ],
)
def test_what_is_right_has_no_flaw(values: dict[str, Any]) -> None:
    assert found(**values) == []


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"type_": "telegram"}, "type", "'telegram' is no type here; the types are email, web meeting"),
        ({"type_": "Email"}, "type", "'Email' is no type here"),
        ({"flow": "Retention"}, "flow", "'Retention' is no flow here; the flows are Adoption, Onboarding."),
        (
            {"reasons": ("Risk", "Whim")},
            "reasons",
            "'Whim' is no reason here; the reasons are Risk, Renewal.",
        ),
        ({"subject": " \t"}, "subject", "A touchpoint needs a subject."),
        ({"subject": "x" * 999}, "subject", "at most 998 characters; this one has 999."),
        ({"text": "x" * 20_001}, "body", "at most 20,000 characters; this one has 20,001."),
        ({"date": NOW + timedelta(seconds=1)}, "date", "not in the future"),
    ],
)
def test_each_flaw_names_its_field_and_what_would_be_right(
    values: dict[str, Any], field: str, said: str
) -> None:
    ((where, why),) = found(**values)
    assert where == field
    assert said in why


def test_a_site_that_allows_one_reason_takes_one_and_not_two() -> None:
    strict = Catalogue(CATALOGUE.types, frozenset(), CATALOGUE.flows, CATALOGUE.reasons, one_reason=True)
    assert found(strict, reasons=("Risk",)) == []
    assert found(strict, reasons=("Risk", "Risk")) == []
    assert found(strict, reasons=("Risk", "Renewal")) == [
        ("reasons", "This site allows one reason for a touchpoint.")
    ]


def test_a_site_without_reasons_says_so() -> None:
    bare = Catalogue(CATALOGUE.types, frozenset(), CATALOGUE.flows, (), one_reason=False)
    ((_, why),) = found(bare, reasons=("Risk",))
    assert "none are set up" in why


def test_all_flaws_are_told_at_once() -> None:
    fields = [field for field, _ in found(type_="x", flow="y", reasons=("z",), subject="", text="a" * 30_000)]
    assert fields == ["type", "flow", "reasons", "subject", "body"]


def test_the_internal_notes_are_told_apart() -> None:
    assert CATALOGUE.is_note("internal note")
    assert not CATALOGUE.is_note("email")
