"""The API end to end: what a program that writes touchpoints does with it."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.desk.house import ADA, JONAS, MEI, NORA, TOM, House
from tests.http.client import Client

CALL: dict[str, Any] = {
    "account": "acme",
    "type": "telephone call",
    "subject": "Second site",
    "text": "We agreed on March.",
    "date": "2026-11-26T11:00:00+01:00",
}


def test_written_read_changed_deleted(nora: Client) -> None:
    made = nora.post("/touchpoints", {**CALL, "participants": [{"email": ADA}], "mentions": [MEI]})
    assert made.status == 201
    assert made.headers["location"] == f"/api/v1/touchpoints/{made.value['id']}"
    path = f"/touchpoints/{made.value['id']}"
    assert nora.get(path).value == made.value
    assert made.value["date"] == "2026-11-26T10:00:00Z"
    assert made.value["participants"] == [
        {"email": ADA, "name": "Ada Marsh", "side": "external", "known": "contact", "copy": None}
    ]
    changed = nora.ask("PATCH", path, {"version": 1, "subject": "Third site"})
    assert (changed.status, changed.value["subject"], changed.value["version"]) == (200, "Third site", 2)
    lost = nora.ask("PATCH", path, {"version": 1, "subject": "Lost"})
    assert (lost.status, lost.value["title"]) == (409, "Changed meanwhile")
    moved = nora.ask("PATCH", path, {"version": 2, "account": "harbor"})
    assert (moved.status, moved.value["detail"]) == (409, "The account of a touchpoint never changes.")
    assert nora.ask("PATCH", path, {"subject": "No version"}).status == 422
    assert nora.ask("DELETE", path).status == 204
    assert nora.get(path).status == 404
    assert nora.ask("DELETE", path).status == 404


def test_the_same_key_writes_once(nora: Client) -> None:
    first = nora.post("/touchpoints", CALL, **{"Idempotency-Key": "a key"})
    again = nora.post("/touchpoints", CALL, **{"Idempotency-Key": "a key"})
    assert (first.status, again.status) == (201, 200)
    assert first.value == again.value


def test_e_mail_outside_asks_first(house: House, nora: Client) -> None:
    wish = {
        **CALL,
        "participants": [{"email": ADA}, {"email": JONAS}],
        "email": {"internal": True, "external": True},
    }
    asked = nora.post("/touchpoints", wish)
    assert (asked.status, asked.value["type"].rpartition(":")[2]) == (409, "email-confirmation")
    wish["email"]["confirm_external"] = True
    made = nora.post("/touchpoints", wish).value
    assert made["emailed_externally"] is True
    assert house.recipients(made["id"]) == [ADA, JONAS] or sorted(house.recipients(made["id"])) == [
        ADA,
        JONAS,
    ]
    wish["participants"] = [{"email": "zed@elsewhere.example"}]
    assert nora.post("/touchpoints", wish).status == 403


def test_lists_by_filter_and_page(nora: Client) -> None:
    for number in range(5):
        kind = "internal note" if number % 2 else "web meeting"
        assert nora.post("/touchpoints", {**CALL, "subject": f"n{number}", "type": kind}).status == 201
    found, path = [], "/touchpoints?limit=2"
    following: str | None = ""
    while following is not None:
        page = nora.get(f"{path}&cursor={following}").value
        found += [each["subject"] for each in page["items"]]
        following = page["next"]
    assert found == ["n4", "n3", "n2", "n1", "n0"]
    for query, count in (
        ("notes=true", 2),
        ("notes=false", 3),
        ("type=web%20meeting", 3),
        ("type=web%20meeting&type=internal%20note", 5),
        ("flow=Renewal", 0),
        ("since=2026-11-26T10:00:00Z", 5),
        ("until=2026-11-26T10:00:00Z", 0),
        ("since=2026-11-26T12:00:00%2B02:00", 5),
        ("q=N3", 1),
        ("account=acme", 5),
        ("account=harbor", 0),
        ("q=%00", 0),
        ("q=%ED%A0%80", 0),
    ):
        answer = nora.get(f"/touchpoints?{query}")
        assert (answer.status, len(answer.value["items"])) == (200, count), query


def test_threads(nora: Client) -> None:
    made = nora.post("/touchpoints", CALL).value["id"]
    assert nora.get(f"/touchpoints/{made}/replies").value == {"items": [], "next": None}
    assert nora.ask("PUT", f"/touchpoints/{made}/following").status == 204
    assert nora.get(f"/touchpoints/{made}").value["followers"][0]["email"] == NORA
    assert nora.ask("DELETE", f"/touchpoints/{made}/following").status == 204
    assert nora.post(f"/touchpoints/{made}/close").value["closed"] is True
    assert nora.post(f"/touchpoints/{made}/reopen").value["closed"] is False


@pytest.mark.parametrize(
    "name", ["plan.pdf", 'a"b\\c;d.txt', "Zahlen März 🚀.csv", "../../etc/passwd", "x\r\nSet-Cookie: a.txt"]
)
def test_files_go_up_and_down(nora: Client, name: str) -> None:
    content = bytes(range(256)) * 8192  # beyond what is kept in memory
    sent = nora.ask(
        "POST",
        f"/uploads?filename={quote(name)}",
        data=content,
        headers={"Content-Type": "text/html; charset=x"},
    )
    assert sent.status == 201
    made = nora.post("/touchpoints", {**CALL, "attachments": [{"upload": sent.value["id"]}]}).value
    (part,) = made["attachments"]
    assert (part["number"], part["size"], part["sha256"]) == (1, len(content), sent.value["sha256"])
    got = nora.get(f"/touchpoints/{made['id']}/attachments/1")
    assert got.data == content
    assert got.headers["content-type"] == "text/html"
    assert got.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    disposition = got.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=")
    assert f"filename*=UTF-8''{quote(part['filename'], safe='')}" in disposition
    assert "set-cookie" not in got.headers

    first = nora.post(f"/touchpoints/{made['id']}/attachments/1/asset")
    again = nora.post(f"/touchpoints/{made['id']}/attachments/1/asset")
    assert (first.status, again.status) == (201, 200)
    assert nora.get("/accounts/acme/assets").value["items"] == [first.value]
    assert nora.get(f"/accounts/acme/assets/{first.value['id']}").data == content


def test_the_rest_is_read(house: House, nora: Client) -> None:
    assert nora.get("/me").value["email"] == NORA
    assert nora.get("/catalogue").value["scope"] == "contacts"
    assert len(nora.get("/users").value["items"]) == 6
    assert len(nora.get("/accounts?limit=4").value["items"]) == 4
    assert nora.get("/accounts/ACME").value["health"] is None
    assert len(nora.get("/accounts/acme/contacts").value["items"]) == 4
    assert nora.get("/accounts/%2F").status == 404
    boss = nora.with_token(house.token(TOM))
    assert boss.get("/accounts/nordlys").value["contract_value"] == "310000"
    made = boss.post("/touchpoints", {**CALL, "email": {"me": True}}).value
    (entry,) = boss.get(f"/outbox?touchpoint={made['id']}&state=waiting").value["items"]
    assert boss.post(f"/outbox/{entry['id']}/cancel").value["state"] == "cancelled"
    assert boss.post(f"/outbox/{entry['id']}/cancel").status == 409
    assert boss.post(f"/outbox/{entry['id']}/retry").value["state"] == "waiting"
    assert boss.get(f"/outbox/{entry['id']}").value["history"][0]["outcome"] == "cancelled"
    assert boss.get("/queue?state=filed&state=received").value == {"items": [], "next": None}
    for path in ("/queue/1", "/outbox/99"):
        assert boss.get(path).status == 404
    assert boss.post("/queue/1/assign", {"account": "acme"}).status == 404
    assert boss.post("/queue/1/drop").status == 404
    assert boss.post("/queue/1/retry").status == 404
