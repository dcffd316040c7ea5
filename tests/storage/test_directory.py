"""The directory asked and written: people, accounts, domains, secrets."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from rules.facts import Account, Contact, Facts, User
from storage.directory import (
    find_account,
    look_up,
    remember_contacts,
    rotate_user_secret,
    user_by_secret,
    user_secret,
)
from storage.engine import reading, writing
from storage.errors import Ambiguous, NotFound
from storage.imports import Count, NewAccount, NewContact, NewDirectory, NewMember, NewUser, write_directory
from storage.listing import list_accounts, list_contacts, list_team, list_users
from tests.storage.build import NOW, fill, quiet

NORA = User("Nora@brightwell.example", "Nora Quist", "admin")


@pytest.fixture(autouse=True)
def directory(engine: Engine) -> None:
    fill(engine)


def write(engine: Engine, **given: object) -> Mapping[str, Count]:
    with writing(engine) as conn:
        return write_directory(conn, NewDirectory(**given), quiet)  # type: ignore[arg-type]


def test_a_look_up_finds_people_accounts_and_domains(engine: Engine) -> None:
    with reading(engine) as conn:
        facts = look_up(
            conn,
            [
                "nora@brightwell.example",
                "n.quist@brightwell.example",
                "bo@partner.example",
                "nobody@x.example",
            ],
            ["rockets.example", "old.example", "x.example"],
            ["GLOBE-AIR", "nowhere"],
        )
    assert facts.users == {"nora@brightwell.example": NORA, "n.quist@brightwell.example": NORA}
    assert facts.contacts == {
        "bo@partner.example": Contact("bo@partner.example", "Bo Lund", ("Globe-Freight", "acme"))
    }
    assert facts.domains == {"rockets.example": ("acme", "globe-air"), "old.example": ("oldco",)}
    assert facts.accounts == {
        "acme": Account("acme", "Acme Rockets"),
        "Globe-Freight": Account("Globe-Freight", "Globe Freight"),
        "globe-air": Account("globe-air", "Globe Air"),
        "oldco": Account("oldco", "Old & Co", active=False),
    }


def test_a_look_up_takes_four_queries_for_any_mail(engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with reading(engine) as conn:
        if engine.dialect.name == "sqlite":  # whose driver is asked at once
            conn.connection.driver_connection.set_trace_callback(asked.append)  # type: ignore[union-attr]
        asked.clear()
        look_up(
            conn, [f"p{n}@x.example" for n in range(500)], [f"d{n}.example" for n in range(500)], ["a", "b"]
        )
        assert len(asked) == 4


def test_a_mail_to_thousands_can_be_looked_up(engine: Engine) -> None:
    with reading(engine) as conn:
        facts = look_up(conn, [*(f"p{n}@x.example" for n in range(40_000)), "ada@acme.example"])
    assert list(facts.contacts) == ["ada@acme.example"]


def test_hostile_text_is_simply_not_found(engine: Engine) -> None:
    with reading(engine) as conn:
        facts = look_up(conn, ["a\ud800@x", "\x00@x"], ["\udfff.example"], ["' OR 1=1 --", "\ud800"])
    assert facts == Facts()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("acme", "acme"),
        ("ACME", "acme"),
        ("globe air", "globe-air"),
        ("Globe-F", "Globe-Freight"),
        ("old &", "oldco"),
    ],
)
def test_a_person_names_an_account_by_key_name_or_beginning(engine: Engine, text: str, key: str) -> None:
    with reading(engine) as conn:
        assert find_account(conn, text)[1].key == key


def test_what_fits_several_accounts_or_none_is_said(engine: Engine) -> None:
    with reading(engine) as conn:
        with pytest.raises(Ambiguous, match=r"fits 2 accounts: globe-air \(Globe Air\), Globe-Freight"):
            find_account(conn, "globe")
        for nothing in ("zzz", "", "%"):
            with pytest.raises(NotFound):
                find_account(conn, nothing)


def test_rotating_a_secret_ends_the_one_before(engine: Engine) -> None:
    with writing(engine) as conn:
        assert user_secret(conn, "nora@brightwell.example") is None
        rotate_user_secret(conn, "n.quist+x@BRIGHTWELL.example", NOW, "first")
        assert user_by_secret(conn, "first") == NORA
        rotate_user_secret(conn, "nora@brightwell.example", NOW + timedelta(days=1), "second")
        assert user_secret(conn, "nora@brightwell.example") == "second"
        assert user_by_secret(conn, "first") is None
        assert user_by_secret(conn, "first", revoked_too=True) == NORA
        with pytest.raises(NotFound):
            rotate_user_secret(conn, "ada@acme.example", NOW, "third")


def test_people_are_remembered_as_contacts_once(engine: Engine) -> None:
    people = [
        ("New+tag@firm.example", "New"),
        ("ada@acme.example", "Ada"),
        ("bo@partner.example", "Bo"),
        ("sam@brightwell.example", "Sam"),
    ]
    with writing(engine) as conn:
        assert remember_contacts(conn, "GLOBE-AIR", people) == 3
        assert remember_contacts(conn, "globe-air", people) == 0
        facts = look_up(conn, ["new@firm.example", "bo@partner.example", "sam@brightwell.example"])
        with pytest.raises(NotFound):
            remember_contacts(conn, "nowhere", people)
    assert facts.contacts["new@firm.example"].accounts == ("globe-air",)
    assert facts.contacts["bo@partner.example"].accounts == ("Globe-Freight", "acme", "globe-air")
    assert "sam@brightwell.example" not in facts.contacts


def test_the_same_import_again_changes_nothing(engine: Engine) -> None:
    from tests.storage.build import DIRECTORY

    with writing(engine) as conn:
        counts = write_directory(conn, DIRECTORY, quiet)
    assert {count.new + count.changed for count in counts.values()} == {0}
    assert counts["contacts"] == Count(0, 0, 3)


def test_an_import_updates_by_key_and_leaves_the_rest(engine: Engine) -> None:
    counts = write(
        engine,
        accounts=[NewAccount("acme", "Acme Ltd", ("acme.example",)), NewAccount("new", "New")],
        contacts=[NewContact("Ada@acme.example", "Ada Marsh", (("new", "CEO"),))],
    )
    assert counts == {"accounts": Count(1, 1, 0), "contacts": Count(0, 1, 0)}
    with reading(engine) as conn:
        facts = look_up(conn, ["ada@acme.example", "bo@partner.example"], ["acme.example", "rockets.example"])
        assert len(list_accounts(conn, 100)) == 5
    assert facts.contacts["ada@acme.example"].accounts == ("new",)
    assert facts.contacts["bo@partner.example"].accounts == ("Globe-Freight", "acme")
    assert facts.domains == {"acme.example": ("acme",), "rockets.example": ("globe-air",)}
    assert facts.accounts["acme"].name == "Acme Ltd"


def test_an_alternative_address_moves_from_one_user_to_another(engine: Engine) -> None:
    write(
        engine,
        users=[
            NewUser("nora@brightwell.example", "Nora Quist"),
            NewUser("sam@brightwell.example", "Sam Oduya", ("n.quist@brightwell.example",)),
        ],
    )
    with reading(engine) as conn:
        assert (
            look_up(conn, ["n.quist@brightwell.example"]).users["n.quist@brightwell.example"].name
            == "Sam Oduya"
        )


def test_a_user_who_marries_keeps_the_secret_and_the_team(engine: Engine) -> None:
    with writing(engine) as conn:
        rotate_user_secret(conn, "nora@brightwell.example", NOW, "secret")
    renamed = NewUser("nora.berg@brightwell.example", "Nora Berg", ("nora@brightwell.example",), "admin")
    assert write(engine, users=[renamed]) == {"users": Count(0, 1, 0)}
    with reading(engine) as conn:
        assert user_by_secret(conn, "secret") == User("nora.berg@brightwell.example", "Nora Berg", "admin")
        assert [member.user for member in list_team(conn, 10)] == ["nora.berg@brightwell.example"]
        assert len(list_users(conn, 10)) == 2


def test_a_team_is_what_the_last_import_says(engine: Engine) -> None:
    counts = write(engine, team=[NewMember("ACME", "sam@brightwell.example", "csm")])
    assert counts == {"team": Count(1, 0, 0)}
    with reading(engine) as conn:
        assert [(m.account, m.user, m.role) for m in list_team(conn, 10)] == [
            ("acme", "sam@brightwell.example", "csm")
        ]


def test_the_directory_is_listed_in_pages(engine: Engine) -> None:
    with reading(engine) as conn:
        pages = [list_accounts(conn, 3), list_accounts(conn, 3, 3)]
        assert [[row.key for row in page] for page in pages] == [
            ["acme", "globe-air", "Globe-Freight"],
            ["oldco"],
        ]
        assert pages[0][0].domains == ("acme.example", "rockets.example")
        assert list_contacts(conn, 1, 1)[0].accounts == (("Globe-Freight", "Broker"), ("acme", "Broker"))
        assert list_users(conn, 1)[0].alternative_emails == ("n.quist@brightwell.example",)
