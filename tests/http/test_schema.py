"""The OpenAPI description taken at its word: requests made from it, right ones and wrong ones, over a real socket."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from obstore.store import MemoryStore
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    object_level_authorization,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)
from sqlalchemy import create_engine

from gateway.config.settings import Settings
from gateway.desk import Desk
from gateway.desk.drafts import File, Mailing
from gateway.http.app import create_app
from rules.tokens import KeyRing
from storage.blobs import Blobs
from storage.engine import writing
from storage.remote import Remote
from storage.touchpoints import create as write_new
from tests.desk import house as building
from tests.desk.house import ADA, JONAS, NORA, NOW, TOM, House
from tests.desk.test_directory import waiting
from tests.desk.test_files import sent
from tests.http.client import Answer, Client, check
from tests.http.serving import serving
from tests.storage.build import touchpoint

BRIEF = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)

LEFT_OUT = (
    # A description cannot say which accounts, types and flows there are, or that a date lies in the past.
    positive_data_acceptance,
    # These belong to sequences of requests.
    use_after_free,
    ensure_resource_availability,
    object_level_authorization,
)


def _description() -> dict[str, Any]:
    """The document as it is served; nothing of it depends on what is stored."""
    blobs = Blobs(Remote(MemoryStore()))
    return create_app(Desk(Settings(), create_engine("sqlite://"), blobs, KeyRing, lambda: NOW)).openapi()


# Health is no part of the API proper: it answers 503 with a body of its own (`test_health`).
schema = schemathesis.openapi.from_dict(_description()).include(path_regex="^/api/v1/")
quick = schema.exclude(path_regex="/assign$")  # a process each time


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which there is one of everything."""
    with building.house(tmp_path_factory.mktemp("schema")) as made:
        waiting(made, "One", "Two", "Three")
        file = sent(made)
        wish = Mailing(internal=True, external=True, me=True, confirm_external=True)
        for _ in range(3):
            made.write(
                participants=[ADA, JONAS], attachments=(File(upload=file),), email=wish, mentions=(NORA,)
            )
        with writing(made.engine) as conn:
            write_new(conn, touchpoint("reply", thread_id=1, date=NOW), NOW)
        yield made


@pytest.fixture(scope="module")
def anybody(house: House) -> Iterator[Client]:
    """A client without a token."""
    with serving(house.desk) as client:
        yield client


@pytest.fixture(scope="module", params=[TOM, NORA], ids=["admin", "user"])
def client(request: pytest.FixtureRequest, house: House, anybody: Client) -> Client:
    """A client of an admin, and one of a plain user."""
    return anybody.with_token(house.token(request.param))


def base(client: Client) -> str:
    """Where the described paths begin."""
    return f"http://{client.address}"


def headers(client: Client) -> dict[str, str]:
    """The token."""
    return {"Authorization": f"Bearer {client.token}"}


def assert_ours(response: Any) -> None:
    """What holds for every answer."""
    values = {name.lower(): value[0] for name, value in response.headers.items()}
    is_json = values.get("content-type", "").endswith("json")
    check(Answer(response.status_code, values, response.content, response.json() if is_json else None))


@schema.parametrize()
@BRIEF
def test_answers_are_as_described(case: Any, client: Client) -> None:
    response = case.call(base_url=base(client), headers=headers(client))
    assert_ours(response)
    case.validate_response(response, excluded_checks=LEFT_OUT, headers=headers(client))


@quick.parametrize()
@settings(BRIEF, phases=[Phase.generate], max_examples=15)
def test_what_is_there_is_answered_as_described(case: Any, client: Client) -> None:
    """The same with ids that exist: chance finds hardly any."""
    there = {"id": 2 if case.method == "DELETE" else 1, "number": 1, "key": "acme"}
    case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
    response = case.call(base_url=base(client), headers=headers(client))
    assert_ours(response)
    described = (
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    )
    case.validate_response(response, checks=described)


def test_every_route_is_described() -> None:
    """A description without routes would pass in silence."""
    described = {
        path: each for path, each in schema.raw_schema["paths"].items() if path.startswith("/api/v1/")
    }
    assert sum(len(each) for each in described.values()) == 31
    assert all(one["description"] for each in described.values() for one in each.values())
