"""Tokens: who they stand for, and when they are good for nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.api_tokens import PREFIX, digest_of, new_token
from gateway.desk import Problem
from gateway.desk.actors import actor_of
from rules.permissions import PERMISSIONS
from storage import api_tokens
from storage.engine import reading, writing
from storage.errors import NotFound, WrongState
from tests.desk import house as building
from tests.desk.house import NORA, NOW, TOM, House


def test_a_token_stands_for_its_user(house: House) -> None:
    nora = actor_of(house.desk, house.token("NFELD@lumenfold.example"))
    assert (nora.email, nora.name, nora.role, nora.accounts) == (NORA, "Nora Feld", "user", None)
    assert nora.permissions == {"create", "edit", "delete"}
    assert actor_of(house.desk, house.token(TOM)).permissions == set(PERMISSIONS)


def test_a_token_narrows_and_never_widens(house: House) -> None:
    token = house.token(NORA, permissions=("create", "outbox"))
    assert actor_of(house.desk, token).permissions == {"create"}
    assert actor_of(house.desk, house.token(TOM, permissions=())).permissions == frozenset()


def test_a_team_sees_its_accounts_and_an_admin_all(tmp_path: Path) -> None:
    with building.house(tmp_path, permissions={"accounts": "team"}) as house:
        assert actor_of(house.desk, house.token(NORA)).accounts == {"acme", "globe-freight", "nordlys"}
        assert actor_of(house.desk, house.token(TOM)).accounts is None


def test_tokens_end(house: House) -> None:
    expiring = house.token(NORA, expires_at=NOW + timedelta(days=1))
    revoked = house.token(NORA)
    with writing(house.engine) as conn:
        api_tokens.revoke(conn, 2, NOW)
        with pytest.raises(WrongState):
            api_tokens.revoke(conn, 2, NOW)
        with pytest.raises(NotFound):
            api_tokens.revoke(conn, 3, NOW)
    assert actor_of(house.desk, expiring).email == NORA
    house.now += timedelta(days=1)
    for token, why in (
        (expiring, "expired"),
        (revoked, "revoked"),
        (new_token(), "not known"),
        ("x", "no token"),
        ("tpg_\ud800", "not known"),
    ):
        with pytest.raises(Problem, match=why) as caught:
            actor_of(house.desk, token)
        assert caught.value.status == 401


def test_a_token_is_kept_nowhere(house: House) -> None:
    token = house.token(NORA, name="laptop")
    assert len(token) == len(PREFIX) + 52
    with reading(house.engine) as conn:
        (row,) = api_tokens.list_tokens(conn)
        assert api_tokens.find(conn, digest_of(token)) == row
    assert token not in repr(row)
    assert (row.name, row.user.email) == ("laptop", NORA)
    for file in Path(house.desk.settings.data_dir).glob("gateway.db*"):
        assert token.encode() not in file.read_bytes()
