"""A client that believes nothing: every answer bears the safe headers, every error is a problem."""

import http.client
import json
from dataclasses import dataclass, field, replace
from typing import Any

SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """What came back. `headers` by lower-case name; `value` is the body as JSON, None for another."""

    status: int
    headers: dict[str, str]
    data: bytes
    value: Any = field(repr=False, default=None)


@dataclass(frozen=True)
class Client:
    """Asks a server at `host:port`, with a token if there is one."""

    address: str
    token: str = ""

    def with_token(self, token: str) -> "Client":
        """The same for somebody else."""
        return replace(self, token=token)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, value: Any = None, **headers: str) -> Answer:
        """POST of JSON."""
        return self.ask("POST", path, value, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        value: Any = None,
        *,
        data: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request under /api/v1; `value` as JSON, or `data` as it is."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if value is not None:
            data = json.dumps(value).encode()
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.address, timeout=SECONDS)
        try:
            connection.request(method, f"/api/v1{path}", data, {**sent, **(headers or {})})
            response = connection.getresponse()
            body = response.read()
            found = {name.lower(): text for name, text in response.getheaders()}
        finally:
            connection.close()
        is_json = found.get("content-type", "").endswith("json")
        answer = Answer(response.status, found, body, json.loads(body) if is_json else None)
        check(answer)
        return answer


def check(answer: Answer) -> None:
    """What holds for every answer."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer
        assert answer.value["status"] == answer.status
        assert answer.value["type"].startswith("urn:touchpoint-gateway:problem:")
        assert answer.value["title"]
        assert answer.value["detail"].endswith(".")
    if answer.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if answer.status == 405:
        assert answer.headers["allow"]
    if answer.status == 503:
        assert int(answer.headers["retry-after"]) > 0
