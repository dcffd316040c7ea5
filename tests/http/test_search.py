"""Search by the API: only what one may see, page by page, with what was found marked."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from storage.engine import writing
from storage.filing import file
from tests.desk import house as building
from tests.desk.house import ADA, MEI, NORA, NOW, TOM, House
from tests.http.client import Client
from tests.http.serving import serving
from tests.http.test_api import CALL
from tests.storage.build import filing, kept, touchpoint


def found(client: Client, typed: str, more: str = "") -> list[dict[str, Any]]:
    """What is found."""
    answer = client.get(f"/search?q={quote(typed)}{more}")
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.value["items"]
    return items


def test_found_as_in_the_list_with_what_was_found_marked(nora: Client) -> None:
    made = nora.post(
        "/touchpoints", {**CALL, "text": "We <b>agreed</b> on März.", "participants": [{"email": ADA}]}
    ).value
    (item,) = found(nora, "marz AGREED")
    assert item.pop("snippet") == {
        "field": "text",
        "parts": [
            {"text": "We <b>", "match": False},
            {"text": "agreed", "match": True},
            {"text": "</b> on ", "match": False},
            {"text": "März", "match": True},
            {"text": ".", "match": False},
        ],
    }
    (listed,) = nora.get("/touchpoints").value["items"]
    assert item == listed
    assert [each["id"] for each in found(nora, f'"{ADA}"')] == [made["id"]]
    changed = nora.ask("PATCH", f"/touchpoints/{made['id']}", {"version": 1, "text": "Not before May."})
    assert changed.status == 200
    assert found(nora, "agreed") == []
    assert nora.ask("DELETE", f"/touchpoints/{made['id']}").status == 204
    assert found(nora, "may") == []


def test_page_by_page_newest_first(nora: Client) -> None:
    for number in range(5):
        date = f"2026-11-{20 + number % 3}T10:00:00Z"
        assert nora.post("/touchpoints", {**CALL, "subject": f"n{number}", "date": date}).status == 201
    subjects, following = [], ""
    while following is not None:
        page = nora.get(f"/search?q=agreed&limit=2&cursor={following}").value
        assert len(page["items"]) <= 2
        subjects += [each["subject"] for each in page["items"]]
        following = page["next"]
    assert subjects == ["n2", "n4", "n1", "n3", "n0"]
    assert nora.get("/search?q=agreed&limit=5").value["next"] is None


def test_a_reply_is_found_and_names_its_thread(house: House, nora: Client) -> None:
    root = nora.post("/touchpoints", CALL).value["id"]
    with writing(house.engine) as conn:
        answer = touchpoint("answer", thread_id=root, text="Tamarind it is")
        file(conn, kept(conn)[0], filing(None, "replied", replies=(answer,)), NOW)
    (item,) = found(nora, "tamarind")
    assert (item["thread"], item["text"], item["account"]["key"]) == (root, "Tamarind it is", "acme")


@pytest.mark.parametrize(
    ("query", "field", "why"),
    [
        ("", "q", "This is needed."),
        ("q=", "q", "no word in it"),
        ("q=%22%22%20-%20*", "q", "no word in it"),
        ("q=-draft", "q", "not only what to leave out"),
        ("q=ab*", "q", "3 letters or more"),
        (f"q={'x' * 201}", "q", "200 characters"),
        ("q=agreed&cursor=bad", "cursor", "no cursor of this listing"),
        ("q=agreed&limit=0", "limit", ""),
    ],
)
def test_what_cannot_be_looked_for_is_a_problem(nora: Client, query: str, field: str, why: str) -> None:
    answer = nora.get(f"/search?{query}")
    assert answer.status == 422
    assert answer.value["errors"][0]["field"] == field
    assert why in answer.value["errors"][0]["why"]


@pytest.mark.parametrize(
    "typed",
    ["a'; --", 'x" OR "1', "agreed)", "words: x NEAR/3", "\x00agreed", "§1", "ag\ud7ffr*", "%_", "\\"],
)
def test_signs_of_a_database_are_signs(nora: Client, typed: str) -> None:
    assert nora.get(f"/search?q={quote(typed)}").status in (200, 422)


def test_another_team_finds_nothing(tmp_path: Path) -> None:
    with building.house(tmp_path, permissions={"accounts": "team"}) as house, serving(house.desk) as anybody:
        nora, mei, boss = (anybody.with_token(house.token(email)) for email in (NORA, MEI, TOM))
        assert nora.post("/touchpoints", CALL).status == 201
        assert mei.post("/touchpoints", {**CALL, "account": "okada"}).status == 201
        assert [each["account"]["key"] for each in found(nora, "agreed")] == ["acme"]
        assert [each["account"]["key"] for each in found(mei, "agreed")] == ["okada"]
        assert len(found(boss, "agreed")) == 2
        assert [each["account"]["key"] for each in found(boss, "agreed", "&account=OKADA")] == ["okada"]
        assert mei.get("/search?q=agreed&account=acme").status == 404
        assert mei.get("/search?q=agreed&account=nowhere").status == 404
        assert anybody.get("/search?q=agreed").status == 401
