"""Accounts, users and contacts as far as somebody may see them; mail that waits, and mail that goes out."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from gateway.desk import Problem, catalogue, directory, outbox, queue
from gateway.desk.assigning import assign_apart
from gateway.desk.drafts import Mailing
from storage.engine import reading, writing
from storage.errors import NotFound, WrongState
from storage.inbound import keep
from storage.tables import mails
from storage.timeline import get
from tests.daemon import LOG
from tests.desk.house import JONAS, MEI, NORA, NOW, TOM, House, actor
from tests.e2e.mails import letter
from tests.storage.prepared import prepare

PLAIN = frozenset({"create"})


def pages(ask: Callable[[str], directory.Page]) -> list[dict[str, Any]]:
    """The rows of all pages."""
    found, after = ask("")
    while after:
        items, after = ask(after)
        found += items
    return found


def test_health_and_contracts_are_for_those_who_may_see_them(house: House) -> None:
    plain, some = actor(NORA, permissions=PLAIN), actor(NORA, permissions=frozenset({"attributes"}))
    hidden = directory.account(house.desk, plain, "NORDLYS")
    assert (hidden["name"], hidden["health"], hidden["contract_value"], hidden["attributes"]) == (
        "Nordlys Energi",
        None,
        None,
        None,
    )
    shown = directory.account(house.desk, some, "nordlys")
    assert (shown["health"], shown["contract_value"], shown["attributes"]["tier"]) == ("red", None, "gold")
    assert directory.account(house.desk, actor(TOM), "nordlys")["contract_value"] == "310000"
    assert directory.account(house.desk, some, "acme")["contract_value"] == "48000"


def test_listings_come_in_pages(house: House) -> None:
    nora = actor(NORA)
    keys = [each["key"] for each in pages(lambda after: directory.accounts(house.desk, nora, 3, after))]
    assert keys == sorted(keys)
    assert len(keys) == 10
    users = [each["email"] for each in pages(lambda after: directory.users(house.desk, 2, after))]
    assert (len(users), users) == (6, sorted(users))
    contacts = pages(lambda after: directory.contacts(house.desk, nora, "acme", 2, after))
    assert [each["email"] for each in contacts] == [
        "ada.marsh@acme.example",
        "ben.cole@acme.example",
        "chloe.dean@acme-rockets.example",
        "vera.stone@stone-consulting.example",
    ]
    assert [each["key"] for each in contacts[3]["accounts"]] == ["acme", "globe-freight"]
    assert [each["key"] for each in directory.accounts(house.desk, nora, 9, "", "HARBOR")[0]] == [
        "harbor",
        "harbor-emea",
    ]
    assert [each["email"] for each in directory.users(house.desk, 9, "", "feld")[0]] == [NORA]
    assert [each["name"] for each in directory.contacts(house.desk, nora, "acme", 9, "", "cole")[0]] == [
        "Ben Cole"
    ]


def test_a_team_sees_its_own(house: House) -> None:
    nora = actor(NORA, accounts=frozenset({"acme"}))
    assert [each["key"] for each in directory.accounts(house.desk, nora, 9)[0]] == ["acme"]
    assert directory.accounts(house.desk, actor(NORA, accounts=frozenset()), 9) == ([], None)
    for ask in (directory.account, lambda *given: directory.contacts(*given, 9)):
        with pytest.raises(Problem, match="no account 'globe-freight'"):
            ask(house.desk, nora, "globe-freight")
    vera = directory.contacts(house.desk, nora, "acme", 9)[0][3]
    assert [each["key"] for each in vera["accounts"]] == ["acme"]


def test_the_catalogue_and_me(house: House) -> None:
    offered = catalogue.catalogue(house.desk)
    assert offered["flows"] == ["Adoption", "Onboarding", "Renewal"]
    assert [each["name"] for each in offered["types"] if each["note"]] == ["internal note"]
    assert catalogue.me(actor(NORA, permissions=PLAIN)) == {
        "email": NORA,
        "name": "Nora Feld",
        "role": "user",
        "permissions": ["create"],
        "accounts": None,
    }


# -- the queue ---------------------------------------------------------------------------------------------


def waiting(house: House, *subjects: str) -> None:
    """Mails of Nora's that wait."""
    batch = [
        prepare(
            letter(subject),
            mail_from=NORA,
            recipients=[LOG],
            peer={},
            received_at=NOW,
            blobs=house.desk.blobs,
        )
        for subject in subjects
    ]
    with writing(house.engine) as conn:
        keep(conn, batch)
        conn.execute(update(mails).values(state="unresolved"))


def test_the_queue_is_worked(house: House) -> None:
    waiting(house, "One", "Two", "Three")
    boss = actor(TOM)
    found, after = queue.list_(house.desk, boss, 2)
    rest, end = queue.list_(house.desk, boss, 2, after or "")
    assert [each["id"] for each in (*found, *rest)] == [1, 2, 3]
    assert end is None
    assert queue.show(house.desk, boss, 1)["state"] == "unresolved"
    assert queue.drop(house.desk, boss, 1, "spam")["state"] == "dropped"
    with pytest.raises(WrongState):
        queue.drop(house.desk, boss, 1)
    assert queue.show(house.desk, boss, 1)["history"][-1]["reason"] == "spam"
    assert queue.retry(house.desk, boss, 2)["state"] == "received"
    assert [each["id"] for each in queue.list_(house.desk, boss, 9, "", ["received"])[0]] == [2]
    with pytest.raises(NotFound):
        queue.show(house.desk, boss, 99)
    for ask in (queue.show, queue.retry, queue.drop):
        with pytest.raises(Problem, match="permission “queue”"):
            ask(house.desk, actor(NORA, permissions=PLAIN), 3)


def test_a_mail_is_assigned_in_a_process_of_its_own(house: House) -> None:
    waiting(house, "One")
    boss = actor(TOM)
    with pytest.raises(Problem, match="no account 'nowhere'"):
        queue.assign(house.desk, boss, 1, "nowhere")
    done = queue.assign(house.desk, boss, 1, "HARBOR", remember=True)
    assert (done["created"], done["contacts"]) == (True, 0)
    with reading(house.engine) as conn:
        assert get(conn, done["touchpoint"]).account_key == "harbor"
    with pytest.raises(Problem, match="only unresolved") as caught:
        queue.assign(house.desk, boss, 1, "harbor")
    assert caught.value.status == 409
    with pytest.raises(NotFound):
        queue.assign(house.desk, boss, 2, "harbor")


def test_a_process_that_dies_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.desk.assigning.sys.executable", "/bin/false")
    with pytest.raises(Problem, match="the process that read it died"):
        assign_apart(house.desk.settings, 1, "acme", remember=False)


# -- the outbox --------------------------------------------------------------------------------------------


def test_the_outbox_is_worked(house: House) -> None:
    made = house.write(participants=[JONAS, MEI], email=Mailing(internal=True, me=True))["id"]
    boss = actor(TOM)
    found, after = outbox.list_(house.desk, boss, 2, touchpoint_id=made)
    rest, end = outbox.list_(house.desk, boss, 2, after or "", touchpoint_id=made)
    assert [each["id"] for each in (*found, *rest)] == [3, 2, 1]
    assert end is None
    assert [each["recipient"] for each in outbox.list_(house.desk, boss, 9, recipient=MEI)[0]] == [MEI]
    assert outbox.cancel(house.desk, boss, 1)["history"][-1]["answer"] == f"{TOM} asked for it"
    assert [each["id"] for each in outbox.list_(house.desk, boss, 9, states=["cancelled"])[0]] == [1]
    assert outbox.retry(house.desk, boss, 1)["state"] == "waiting"
    assert outbox.show(house.desk, boss, 1)["subject"] == "Second site"
    for ask in (outbox.show, outbox.retry, outbox.cancel):
        with pytest.raises(Problem, match="permission “outbox”"):
            ask(house.desk, actor(NORA, permissions=PLAIN), 1)
        with pytest.raises(NotFound):
            ask(house.desk, boss, 99)
