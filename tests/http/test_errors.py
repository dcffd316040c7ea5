"""Every error is a problem in JSON; nothing that is sent brings out a fault of ours."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.desk import touchpoints
from gateway.http import frame
from gateway.http.routes import files
from storage.errors import BlobMissing, BlobsUnavailable, DatabaseLocked, DatabaseUnavailable
from tests.desk import house as building
from tests.desk.house import TOM, House
from tests.http.client import Client
from tests.http.serving import serving
from tests.http.test_api import CALL


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/touchpoints/", 404),
        ("GET", "/touchpoints/1/2/3", 404),
        ("PUT", "/touchpoints", 405),
        ("POST", "/touchpoints/1", 405),
        ("BREW", "/me", 405),
        ("GET", "/touchpoints/x", 422),
        ("GET", "/touchpoints/0", 422),
        ("GET", "/touchpoints/-1", 422),
        ("GET", f"/touchpoints/{2**63 - 1}", 404),
        ("GET", f"/touchpoints/{2**63}", 422),
        ("GET", f"/touchpoints/{'9' * 5000}", 422),
        ("DELETE", f"/touchpoints/{2**63 - 1}", 404),
        ("GET", "/touchpoints/1/attachments/0", 422),
        ("GET", "/touchpoints/1/attachments/1", 404),
        ("GET", "/accounts/nobody", 404),
        ("GET", "/accounts/%00", 404),
        ("GET", "/accounts/%ED%A0%80", 404),
        ("GET", "/accounts/nobody/assets", 404),
        ("GET", "/accounts/acme/assets/5", 404),
        ("GET", "/touchpoints?limit=0", 422),
        ("GET", "/touchpoints?limit=201", 422),
        ("GET", "/touchpoints?limit=1e3", 422),
        ("GET", "/touchpoints?cursor=x", 422),
        ("GET", "/touchpoints?since=yesterday", 422),
        ("GET", "/touchpoints?since=2026-02-30T00:00:00Z", 422),
        ("GET", "/touchpoints?since=2026-01-01T00:00:00", 422),
        ("GET", "/touchpoints?since=0001-01-01T00:00:00%2B14:00", 422),
        ("GET", "/touchpoints?account=nobody", 404),
        ("GET", "/accounts?cursor=%00", 422),
        ("GET", "/users?cursor=x", 422),
    ],
)
def test_errors_of_addresses(nora: Client, method: str, path: str, status: int) -> None:
    assert nora.ask(method, path).status == status


def test_allow_names_every_method(nora: Client) -> None:
    assert nora.ask("PUT", "/touchpoints/1").headers["allow"] == "DELETE, GET, PATCH"
    assert nora.ask("POST", "/openapi.json").headers["allow"]


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b"9" * 5000, "application/json", 400),
        (b"", "application/json", 422),
        (b"null", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{}", "", 415),
        (b"{}", "text/plain", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"{}", "application/vnd.x+json", 422),
        (b'{"account": 5}', "application/json", 422),
        (b'{"account": "acme", "type": "telephone call", "subject": "\\ud800"}', "application/json", 201),
        (b'{"account": "acme", "type": "telephone call", "subject": "\\u0000"}', "application/json", 201),
        (
            b'{"account": "acme", "type": "email", "subject": "x", "html": "\\udfff<b>x"}',
            "application/json",
            201,
        ),
        (
            b'{"account": "acme", "type": "email", "subject": "x", "participants": [{"email": "\\ud800@x.example"}]}',
            "application/json",
            422,
        ),
        (b'{"account": "acme\\u0000", "type": "telephone call", "subject": "x"}', "application/json", 422),
    ],
)
def test_errors_of_bodies(nora: Client, data: bytes, kind: str, status: int) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert nora.ask("POST", "/touchpoints", data=data, headers=headers).status == status


def test_every_flaw_is_named_by_its_field(nora: Client) -> None:
    answer = nora.post("/touchpoints", {"acount": "acme", "participants": [{"name": "x"}], "date": 5})
    found = {each["field"]: each["why"] for each in answer.value["errors"]}
    assert found == {
        "account": "This is needed.",
        "acount": "There is no such field here.",
        "participants.0.email": "This is needed.",
        "date": "This is no point in time with a zone; write it like 2026-03-02T14:05:00Z.",
    }
    wrong = nora.post(
        "/touchpoints", {**CALL, "flow": "Adaption", "reasons": ["Boredom"], "text": "x" * 20_001}
    )
    assert [each["field"] for each in wrong.value["errors"]] == ["flow", "reasons", "text"]
    assert nora.post("/touchpoints", {**CALL, "text": "x" * 20_000}).status == 201


def test_json_is_bounded(nora: Client) -> None:
    assert nora.post("/touchpoints", {**CALL, "text": "x" * frame.MAX_JSON}).status == 413

    def endless() -> Any:
        for _ in range(30):
            yield b"x" * 65536

    headers = {"Content-Type": "application/json"}
    assert nora.ask("POST", "/touchpoints", data=endless(), headers=headers).status == 413
    assert nora.ask("GET", "/me", data=b"x" * (frame.MAX_JSON + 1)).status == 413


@pytest.mark.parametrize(("path", "size"), [("touchpoints", frame.MAX_JSON + 1), ("uploads", 1 << 30)])
def test_what_is_announced_too_large_is_not_read(house: House, nora: Client, path: str, size: int) -> None:
    """Whoever waits for the answer before the body is spared sending it."""
    host, _, port = nora.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        fields = f"Host: x\r\nAuthorization: Bearer {nora.token}\r\nContent-Length: {size}\r\n\r\n"
        line.sendall(f"POST /api/v1/{path} HTTP/1.1\r\n{fields}".encode())
        response = http.client.HTTPResponse(line)
        response.begin()
        assert response.status == 413


def test_uploads_are_bounded(tmp_path: Path) -> None:
    with building.house(tmp_path, smtp={"size_limit": "2MiB"}) as house, serving(house.desk) as anybody:
        boss = anybody.with_token(house.token(TOM))
        assert boss.ask("POST", "/uploads", data=bytes(2 * 1024**2)).status == 201
        assert boss.ask("POST", "/uploads", data=bytes(2 * 1024**2 + 1)).status == 413

        def endless() -> Any:
            for _ in range(40):
                yield bytes(65536)

        assert boss.ask("POST", "/uploads", data=endless()).status == 413
        answer = boss.ask("POST", "/uploads", data=bytes(2 * 1024**2 + 1))
        assert "2 MiB" in answer.value["detail"]


def test_an_upload_without_an_end_is_not_read_to_it(tmp_path: Path) -> None:
    with building.house(tmp_path, smtp={"size_limit": "2MiB"}) as house, serving(house.desk) as anybody:
        boss = anybody.with_token(house.token(TOM))
        host, _, port = boss.address.partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as line:
            fields = f"Host: x\r\nAuthorization: Bearer {boss.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
            line.sendall(f"POST /api/v1/uploads HTTP/1.1\r\n{fields}".encode())
            line.sendall(b"%x\r\n%b\r\n" % (1 << 20, bytes(1 << 20)) * 2 + b"1\r\nx\r\n")
            response = http.client.HTTPResponse(line)
            response.begin()
            assert response.status == 413


def test_a_slow_body_is_given_up(nora: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "BODY_SECONDS", 0.05)
    host, _, port = nora.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(b"POST /api/v1/touchpoints HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        response = http.client.HTTPResponse(line)
        response.begin()
        assert response.status == 408
        assert json.loads(response.read())["title"] == "Too slow"


def test_a_slow_upload_is_given_up(house: House, nora: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "UPLOAD_SECONDS", 0.05)
    host, _, port = nora.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        fields = f"Host: x\r\nAuthorization: Bearer {nora.token}\r\nContent-Length: 100\r\n\r\n"
        line.sendall(f"POST /api/v1/uploads HTTP/1.1\r\n{fields}x".encode())
        response = http.client.HTTPResponse(line)
        response.begin()
        assert response.status == 408


def test_who_leaves_in_the_middle_does_no_harm(nora: Client) -> None:
    host, _, port = nora.address.partition(":")
    fields = f"Host: x\r\nAuthorization: Bearer {nora.token}\r\nContent-Length: 100"
    for path in ("touchpoints", "uploads"):
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall(f"POST /api/v1/{path} HTTP/1.1\r\n{fields}\r\n\r\nab".encode())
    assert nora.get("/me").status == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DatabaseLocked("the database /var/lib/x is held"), 503),
        (DatabaseUnavailable("the database /var/lib/x cannot be used"), 503),
        (BlobsUnavailable("no room on /var/lib/x"), 503),
        (PoolTimeout("QueuePool limit of size 5"), 503),
        (BlobMissing("there is no blob /var/lib/x"), 500),
        (ZeroDivisionError("our own /var/lib/x"), 500),
    ],
)
def test_trouble_of_ours_is_told_without_our_insides(
    nora: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(*_given: Any) -> Any:
        raise error

    monkeypatch.setattr(touchpoints, "read", fails)
    with structlog.testing.capture_logs() as logs:
        answer = nora.get("/touchpoints/1")
    assert answer.status == status
    assert b"/var/lib" not in answer.data
    if status == 500:
        (entry,) = [each for each in logs if each["event"] == "request failed"]
        assert answer.value["incident"] == entry["incident"]
        assert entry["incident"] in answer.value["remedy"]
        assert entry["exc_info"] is error


def test_requests_are_logged_without_what_they_ask(house: House, nora: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        nora.get("/touchpoints?q=secret")
        nora.get("/me")  # the answer may be here before it is logged; that of the next one is not
    assert logs[0]["path"] == "/api/v1/touchpoints"
    assert all(each["log_level"] == "debug" for each in logs)
    assert nora.token not in repr(logs)
    assert "secret" not in repr(logs)
