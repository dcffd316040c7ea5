"""Rows written on the shortest way: what comes of it is what SQLAlchemy would do, on every back end."""

import pytest
from sqlalchemy import Engine, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from storage.engine import reading, writing
from storage.inserts import Insert
from storage.tables import accounts, mails, users
from storage.updates import Change
from tests.storage.build import NOW, fill, kept

_COLUMNS = ("email", "address_key", "name", "role")


def people(*names: str) -> list[dict[str, str]]:
    return [
        {"email": f"{name}@lumenfold.example", "address_key": name, "name": name, "role": "user"}
        for name in names
    ]


def names(engine: Engine) -> list[str]:
    with reading(engine) as conn:
        return list(conn.execute(select(users.c.name).order_by(users.c.id)).scalars())


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_every_row_is_inserted_and_told_of(engine: Engine, count: int) -> None:
    many = [f"u{number}" for number in range(count)]
    with writing(engine) as conn:
        told = Insert(users, _COLUMNS, returning=("id", "name"))(conn, people(*many))
    assert sorted(told) == sorted(zip(range(1, count + 1), many, strict=True))
    assert names(engine) == many


def test_a_row_that_is_there_is_an_error_and_undoes_all(engine: Engine) -> None:
    with writing(engine) as conn:
        Insert(users, _COLUMNS)(conn, people("ada"))
    with pytest.raises(IntegrityError), writing(engine) as conn:
        Insert(users, _COLUMNS)(conn, people("bob", "eve", "ada"))  # in two statements
    assert names(engine) == ["ada"]


def test_rows_of_other_columns_are_refused(engine: Engine) -> None:
    (person,) = people("ada")
    for wrong in ({**person, "id": 77}, {key: person[key] for key in _COLUMNS[1:]}):
        with pytest.raises(ValueError, match="columns"), writing(engine) as conn:
            Insert(users, _COLUMNS)(conn, [wrong])
    assert names(engine) == []


def test_nothing_to_write_is_written_as_nothing(engine: Engine) -> None:
    with writing(engine) as conn:
        assert Insert(users, _COLUMNS, returning=("id",))(conn, []) == []
        Change(update(users).values(name=bindparam("called")))(conn, [])
    assert names(engine) == []


def test_a_row_that_may_be_there_is_left_out(engine: Engine) -> None:
    insert = Insert(users, _COLUMNS, returning=("name",), anew=False)
    with writing(engine) as conn:
        insert(conn, people("ada"))
        told = insert(conn, people("bob", "ada", "eve"))
    assert sorted(name for (name,) in told) == ["bob", "eve"]
    assert names(engine) == ["ada", "bob", "eve"]


def test_a_change_is_made_to_each_row_and_to_no_other(engine: Engine) -> None:
    fill(engine)
    with writing(engine) as conn:
        first, second, third = kept(conn, 3)
        before = update(mails).values(error="the disk is full", lease_owner="worker", trust="failed")
        conn.execute(before)
        change = Change(
            update(mails)
            .where(mails.c.id == bindparam("mail"))
            .values(
                decision=bindparam("decided"),
                processed_at=bindparam("now"),
                trust=func.coalesce(bindparam("believed", type_=mails.c.trust.type), mails.c.trust),
                error=None,
                lease_owner=None,
            )
        )
        change(
            conn,
            [
                {"mail": first, "decided": {"reason": "ä"}, "now": NOW, "believed": "verified"},
                {"mail": third, "decided": None, "now": NOW, "believed": None},
            ],
        )
    columns = (
        mails.c.id,
        mails.c.decision,
        mails.c.processed_at,
        mails.c.trust,
        mails.c.error,
        mails.c.lease_owner,
    )
    with reading(engine) as conn:
        found = [tuple(row) for row in conn.execute(select(*columns).order_by(mails.c.id))]
    assert found == [
        (first, {"reason": "ä"}, NOW, "verified", None, None),
        (second, None, None, "failed", "the disk is full", "worker"),
        (third, None, NOW, "failed", None, None),
    ]


def test_a_value_that_was_forgotten_is_not_taken_for_none(engine: Engine) -> None:
    with writing(engine) as conn:
        Insert(users, _COLUMNS)(conn, people("ada"))
    rename = Change(update(users).where(users.c.name == bindparam("which")).values(role=bindparam("then")))
    with pytest.raises((KeyError, StatementError)), writing(engine) as conn:
        rename(conn, [{"which": "ada"}])


def test_a_change_that_is_none_is_an_error_and_undoes_all(engine: Engine) -> None:
    fill(engine)
    rename = Change(
        update(accounts).where(accounts.c.key == bindparam("which")).values(name=bindparam("called"))
    )
    with reading(engine) as conn:
        before = conn.execute(select(accounts.c.key, accounts.c.name).order_by(accounts.c.id)).all()
    (key, _), (other, _) = before[:2]
    with pytest.raises(IntegrityError), writing(engine) as conn:
        rename(conn, [{"which": key, "called": "New"}, {"which": other, "called": None}])
    with reading(engine) as conn:
        assert conn.execute(select(accounts.c.key, accounts.c.name).order_by(accounts.c.id)).all() == before
