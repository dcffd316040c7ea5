"""Who may do what: tokens of others, of less, of none."""

from datetime import timedelta
from pathlib import Path

import pytest

from storage.api_tokens import revoke
from storage.engine import writing
from tests.desk import house as building
from tests.desk.house import JONAS, MEI, NORA, NOW, TOM, House
from tests.http.client import Client
from tests.http.serving import serving
from tests.http.test_api import CALL


def test_without_a_good_token_there_is_nothing(house: House, anybody: Client) -> None:
    revoked = house.token(NORA)
    with writing(house.engine) as conn:
        revoke(conn, 1, NOW)
    expired = house.token(NORA, expires_at=NOW)
    for token in ("", revoked, expired, "tpg_" + "a" * 52, "é", "x" * 5000):
        for method, path in (
            ("GET", "/me"),
            ("POST", "/touchpoints"),
            ("POST", "/uploads"),
            ("GET", "/queue/1"),
        ):
            value = CALL if path == "/touchpoints" else None
            assert anybody.with_token(token).ask(method, path, value).status == 401
    assert anybody.get("/me", Authorization="Basic bm9yYTp4").status == 401
    assert anybody.get("/openapi.json").status == 200
    house.now += timedelta(days=1)


def test_another_team_sees_nothing(tmp_path: Path) -> None:
    with building.house(tmp_path, permissions={"accounts": "team"}) as house, serving(house.desk) as anybody:
        nora, mei = (anybody.with_token(house.token(email)) for email in (NORA, MEI))
        boss = anybody.with_token(house.token(TOM))
        made = nora.post("/touchpoints", CALL).value["id"]
        sent = nora.ask("POST", "/uploads?filename=a.txt", data=b"a").value["id"]
        changed = nora.ask("PATCH", f"/touchpoints/{made}", {"version": 1, "attachments": [{"upload": sent}]})
        assert changed.status == 200
        assert nora.post(f"/touchpoints/{made}/attachments/1/asset").status == 201
        asked = [
            ("GET", f"/touchpoints/{made}", None),
            ("PATCH", f"/touchpoints/{made}", {"version": 2, "subject": "x"}),
            ("DELETE", f"/touchpoints/{made}", None),
            ("GET", f"/touchpoints/{made}/replies", None),
            ("PUT", f"/touchpoints/{made}/following", None),
            ("DELETE", f"/touchpoints/{made}/following", None),
            ("POST", f"/touchpoints/{made}/close", None),
            ("POST", f"/touchpoints/{made}/reopen", None),
            ("GET", f"/touchpoints/{made}/attachments/1", None),
            ("POST", f"/touchpoints/{made}/attachments/1/asset", None),
            ("GET", "/touchpoints?account=acme", None),
            ("GET", "/accounts/acme", None),
            ("GET", "/accounts/acme/assets", None),
            ("GET", "/accounts/acme/assets/1", None),
            ("GET", "/accounts/acme/contacts", None),
        ]
        for method, path, value in asked:
            assert mei.ask(method, path, value).status == 404, (method, path)
        refused = mei.post("/touchpoints", CALL)
        unknown = mei.post("/touchpoints", {**CALL, "account": "nowhere"})
        assert (refused.status, unknown.status) == (422, 422)
        assert (
            refused.value["errors"][0]["why"].replace("acme", "nowhere") == unknown.value["errors"][0]["why"]
        )
        assert mei.get("/touchpoints").value["items"] == []
        assert [each["key"] for each in mei.get("/accounts").value["items"]] == ["okada"]
        for method, path, value in asked[:2]:
            assert boss.ask(method, path, value).status == 200, (method, path)


def test_only_the_author_and_admins_change_a_touchpoint(house: House, nora: Client) -> None:
    made = nora.post("/touchpoints", CALL).value["id"]
    jonas, boss = (nora.with_token(house.token(email)) for email in (JONAS, TOM))
    path = f"/touchpoints/{made}"
    assert jonas.get(path).status == 200
    assert jonas.ask("PATCH", path, {"version": 1, "subject": "x"}).status == 403
    assert jonas.ask("DELETE", path).status == 403
    assert jonas.post(f"{path}/close").status == 403
    assert boss.ask("PATCH", path, {"version": 1, "subject": "x"}).status == 200
    assert boss.ask("DELETE", path).status == 204


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ((), set()),
        (("create",), {"create", "upload"}),
        (("edit",), {"edit", "upload"}),
        (("delete",), {"delete"}),
        (("queue",), {"queue"}),
        (("outbox",), {"outbox"}),
    ],
)
def test_a_token_of_less_does_less(
    house: House, nora: Client, permissions: tuple[str, ...], allowed: set[str]
) -> None:
    boss = nora.with_token(house.token(TOM))
    less = nora.with_token(house.token(TOM, permissions=permissions))
    made = boss.post("/touchpoints", CALL).value["id"]
    asked = {
        "create": ("POST", "/touchpoints", CALL),
        "edit": ("PATCH", f"/touchpoints/{made}", {"version": 1, "subject": "x"}),
        "upload": ("POST", "/uploads", None),
        "queue": ("GET", "/queue", None),
        "outbox": ("GET", "/outbox", None),
        "delete": ("DELETE", f"/touchpoints/{made}", None),
    }
    for name, (method, path, value) in asked.items():
        answer = less.ask(method, path, value)
        assert (answer.status == 403) == (name not in allowed), (name, answer)
    if "attributes" not in permissions:
        assert less.get("/accounts/acme").value["health"] is None


def test_a_plain_user_has_neither_queue_nor_outbox(nora: Client) -> None:
    for path in ("/queue", "/queue/1", "/outbox", "/outbox/1"):
        assert nora.get(path).status == 403
    for path in ("/queue/1/retry", "/queue/1/drop", "/outbox/1/retry", "/outbox/1/cancel"):
        assert nora.post(path).status == 403
    assert nora.post("/queue/1/assign", {"account": "acme"}).status == 403
