"""Touchpoints e-mailed when they are written or changed: who gets a copy, and what stands against it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.desk import Problem, editing, touchpoints
from gateway.desk.drafts import Draft, File, Mailing, Person
from rules.tokens import KeyRing, thread_root
from storage.engine import reading, writing
from storage.errors import Changed
from storage.tables import letters, message_ids, outbox
from storage.timeline import get
from storage.touchpoints import create as write_new
from tests.desk import house as building
from tests.desk.house import ADA, BEN, JONAS, MEI, NOW, RING, TOM, ZED, House, actor, draft
from tests.desk.house import NORA as NORA_EMAIL
from tests.storage.build import touchpoint

NORA = actor(NORA_EMAIL)
VERA = "vera.stone@stone-consulting.example"


def letter(house: House, touchpoint_id: int) -> dict[str, Any]:
    """The content of the newest letter of a touchpoint."""
    query = select(letters.c.content).where(letters.c.touchpoint_id == touchpoint_id)
    with reading(house.engine) as conn:
        return dict(conn.execute(query.order_by(letters.c.id.desc()).limit(1)).scalar_one())


def change(house: House, touchpoint_id: int, **values: Any) -> dict[str, Any]:
    """An edit by Nora on the version there is."""
    people = values.pop("participants", None)
    if people is not None:
        values["participants"] = tuple(Person(email) for email in people)
    with reading(house.engine) as conn:
        version = get(conn, touchpoint_id).version
    return editing.edit(house.desk, NORA, touchpoint_id, Draft(**values), version)


def test_internal_people_and_the_mentioned_get_a_copy_once(house: House) -> None:
    made = house.write(
        participants=[ADA, JONAS, "nfeld@lumenfold.example", MEI],
        mentions=(MEI, TOM),
        email=Mailing(internal=True),
    )
    assert house.entries(made["id"]) == [
        (JONAS, "internal", False),
        (MEI, "internal", False),
        (TOM, "internal", False),
    ]
    assert {each["email"]: each["why"] for each in made["followers"]} == {
        JONAS: "copied",
        MEI: "mentioned",
        TOM: "mentioned",
    }
    assert made["emailed_externally"] is False
    assert [each["copy"] and each["copy"]["state"] for each in made["participants"]] == [
        None,
        "waiting",
        None,
        "waiting",
    ]


def test_a_copy_for_me(house: House) -> None:
    made = house.write(participants=[JONAS], email=Mailing(me=True))
    assert house.recipients(made["id"]) == [NORA_EMAIL]


def test_the_letter_names_thread_account_and_sender(house: House) -> None:
    made = house.write(account="nordlys", email=Mailing(me=True))["id"]
    content = letter(house, made)
    root = thread_root(RING, "touchpoints.lumenfold.example", made)
    assert content["references"] == [root]
    assert content["account"] == {"name": "Nordlys Energi", "health": "red", "contract_value": None}
    assert content["author"]["email"] == NORA_EMAIL
    with reading(house.engine) as conn:
        sent = set(conn.execute(select(message_ids.c.message_id).where(message_ids.c.sent)).scalars())
        ids = set(conn.execute(select(outbox.c.message_id)).scalars())
    assert sent == {root, *ids}
    acme = house.write(email=Mailing(me=True))["id"]
    assert letter(house, acme)["account"]["contract_value"] == "48000"


def test_outside_only_when_confirmed(house: House) -> None:
    wish = Mailing(external=True)
    with pytest.raises(Problem) as caught:
        house.write(participants=[ADA, BEN], email=wish)
    problem = caught.value
    assert (problem.status, problem.slug) == (409, "email-confirmation")
    assert "2 people outside: ada.marsh@acme.example, ben.cole@acme.example" in problem.detail
    assert "confirm_external" in problem.remedy
    made = house.write(participants=[ADA, BEN, JONAS], email=replace(wish, confirm_external=True))
    assert house.recipients(made["id"]) == [ADA, BEN]
    assert made["emailed_externally"] is True


@pytest.mark.parametrize(
    ("scope", "people", "wish", "status"),
    [
        ("contacts", [ZED], Mailing(external=True, confirm_external=True), 403),
        ("contacts", [VERA], Mailing(external=True, confirm_external=True), None),
        ("contacts", ["iris.webb@harborhotels.example"], Mailing(external=True, confirm_external=True), 403),
        ("partners", [ZED], Mailing(external=True, confirm_external=True), None),
        ("internal", [ADA], Mailing(external=True, confirm_external=True), 403),
        ("internal", [JONAS], Mailing(internal=True), None),
        ("nobody", [JONAS], Mailing(internal=True), 403),
        ("nobody", [JONAS], Mailing(me=True), 403),
        ("nobody", [JONAS], Mailing(internal=True, to="nobody"), None),
        ("nobody", [JONAS], Mailing(), None),
        ("contacts", [ADA], Mailing(internal=True), 409),
    ],
)
def test_the_scope_of_the_site(
    tmp_path: Path, scope: str, people: list[str], wish: Mailing, status: int | None
) -> None:
    with building.house(tmp_path, sending={"scope": scope}) as house:
        if status is None:
            house.write(participants=people, email=wish)
            return
        with pytest.raises(Problem) as caught:
            house.write(participants=people, email=wish)
        assert caught.value.status == status
        assert caught.value.remedy


def test_an_unauthenticated_domain_stays_inside(tmp_path: Path) -> None:
    with building.house(tmp_path, sending={"authenticated_domains": []}) as house:
        with pytest.raises(Problem, match="not authenticated") as caught:
            house.write(participants=[ADA], email=Mailing(external=True, confirm_external=True))
        assert (caught.value.status, caught.value.slug) == (409, "email-domain")
        house.write(participants=[JONAS], email=Mailing(internal=True))


def test_without_a_key_nothing_is_mailed(tmp_path: Path) -> None:
    with building.house(tmp_path, ring=KeyRing()) as house:
        assert house.write()["thread_address"] is None
        with pytest.raises(Problem, match="no key") as caught:
            house.write(email=Mailing(me=True))
        assert caught.value.status == 409
        assert "gateway keys rotate" in caught.value.remedy


def test_the_never_log_list_gets_no_mail(tmp_path: Path) -> None:
    with building.house(tmp_path, never_log=[JONAS]) as house:
        made = house.write(participants=[JONAS, MEI], email=Mailing(internal=True))
        assert house.recipients(made["id"]) == [MEI]


# -- changed -----------------------------------------------------------------------------------------------


def test_an_edit_keeps_what_is_not_given(house: House) -> None:
    made = house.write(participants=[ADA, JONAS], reasons=("Risk",), mentions=(MEI,))
    house.now = NOW.replace(hour=13)
    changed = change(house, made["id"], subject="Third site")
    assert changed == {
        **made,
        "subject": "Third site",
        "version": 2,
        "changed_at": "2026-11-26T13:00:00Z",
    }
    assert change(house, made["id"], html="<p>New <i>text</i></p>")["text"] == "New text"
    plain = change(house, made["id"], text="Plain")
    assert (plain["text"], plain["html"]) == ("Plain", "")
    assert change(house, made["id"], participants=[])["participants"] == []
    assert change(house, made["id"], reasons=())["reasons"] == []


def test_an_edit_is_on_the_version_that_was_read(house: House) -> None:
    made = house.write()["id"]
    change(house, made, subject="Mine")
    with pytest.raises(Changed, match="at version 2"):
        editing.edit(house.desk, NORA, made, Draft(subject="Theirs"), 1)
    assert touchpoints.read(house.desk, NORA, made)["subject"] == "Mine"


def test_the_account_never_changes(house: House) -> None:
    made = house.write()["id"]
    assert change(house, made, account="ACME", subject="x")["account"]["key"] == "acme"
    with pytest.raises(Problem, match="never changes") as caught:
        change(house, made, account="harbor")
    assert caught.value.status == 409


def test_who_may_edit(house: House) -> None:
    made = house.write()["id"]
    with pytest.raises(Problem, match="Only its author"):
        editing.edit(house.desk, actor(JONAS), made, Draft(subject="x"), 1)
    with pytest.raises(Problem, match="permission “edit”"):
        editing.edit(house.desk, actor(NORA_EMAIL, permissions=frozenset()), made, Draft(subject="x"), 1)
    assert editing.edit(house.desk, actor(TOM), made, Draft(subject="x"), 1)["author"]["email"] == NORA_EMAIL


def test_only_what_is_changed_is_looked_at(house: House) -> None:
    """A mail may be longer than a person may type, and its type may be gone from the list since."""
    mail = touchpoint("mail", text="x" * 30_000, type="seance", author=None)
    with writing(house.engine) as conn:
        made = write_new(conn, mail, NOW).touchpoint_id
    assert made is not None
    boss = actor(TOM)
    changed = editing.edit(house.desk, boss, made, Draft(flow="Renewal"), 1)
    assert (changed["flow"], len(changed["text"])) == ("Renewal", 30_000)
    assert changed["quoted"] == "> older"
    assert len(changed["attachments"]) == 2
    for draft_, field in (
        (Draft(text="x" * 20_001), "text"),
        (Draft(type="seance"), "type"),
        (Draft(subject=""), "subject"),
    ):
        with pytest.raises(Problem) as caught:
            editing.edit(house.desk, boss, made, draft_, 2)
        assert [flaw.field for flaw in caught.value.errors] == [field]


def test_attachments_are_kept_by_number(house: House) -> None:
    mail = touchpoint("mail", html='<p><img src="cid:logo"></p>')
    with writing(house.engine) as conn:
        made = write_new(conn, mail, NOW).touchpoint_id
    assert made is not None
    boss = actor(TOM)
    assert (
        len(editing.edit(house.desk, boss, made, Draft(attachments=(File(number=1),)), 1)["attachments"]) == 2
    )
    left = editing.edit(house.desk, boss, made, Draft(attachments=()), 2)["attachments"]
    assert [each["filename"] for each in left] == ["logo.png"]
    assert editing.edit(house.desk, boss, made, Draft(attachments=(), text="x"), 3)["attachments"] == []
    for bad in (File(number=9), File(), File(upload=1, number=1), File(upload=77)):
        with pytest.raises(Problem) as caught:
            editing.edit(house.desk, boss, made, Draft(attachments=(bad,)), 4)
        assert [flaw.field for flaw in caught.value.errors] == ["attachments"]


def test_again_to_everyone_says_that_it_replaces_the_copy(house: House) -> None:
    made = house.write(participants=[JONAS, MEI], email=Mailing(internal=True))["id"]
    change(house, made, text="Changed.", participants=[JONAS, MEI, TOM], email=Mailing(internal=True))
    assert house.entries(made)[2:] == [
        (TOM, "internal", False),
        (JONAS, "internal", True),
        (MEI, "internal", True),
    ]
    assert letter(house, made)["text"] == "Changed."


def test_to_those_added_alone(house: House) -> None:
    made = house.write(participants=[JONAS, ADA], email=Mailing(internal=True))["id"]
    change(
        house,
        made,
        participants=["jonas.berg+x@lumenfold.example", ADA, MEI, BEN],
        mentions=(TOM,),
        email=Mailing(internal=True, external=True, confirm_external=True, to="added"),
    )
    assert house.entries(made)[1:] == [
        (MEI, "internal", False),
        (TOM, "internal", False),
        (BEN, "external", False),
    ]
    with pytest.raises(Problem, match="nobody to e-mail"):
        change(house, made, subject="x", email=Mailing(internal=True, to="added"))


def test_to_nobody(house: House) -> None:
    made = house.write(participants=[JONAS])["id"]
    change(house, made, text="Changed.", email=Mailing(internal=True, to="nobody"))
    change(house, made, text="Changed again.")
    assert house.recipients(made) == []


def test_whoever_got_nothing_gets_no_replacement(house: House) -> None:
    made = house.write(participants=[JONAS], email=Mailing(internal=True))["id"]
    with writing(house.engine) as conn:
        conn.execute(update(outbox).values(state="undelivered"))
    change(house, made, text="Changed.", email=Mailing(internal=True))
    assert house.entries(made)[1:] == [(JONAS, "internal", False)]
    (participant,) = touchpoints.read(house.desk, NORA, made)["participants"]
    assert participant["copy"]["state"] == "waiting"


def test_a_copy_of_a_mail_shows_no_more_than_its_new_text(house: House) -> None:
    mail = touchpoint("mail", html="<p>Hello</p><blockquote>older</blockquote>", participants=())
    with writing(house.engine) as conn:
        made = write_new(conn, mail, NOW).touchpoint_id
    assert made is not None
    editing.edit(house.desk, actor(TOM), made, Draft(email=Mailing(me=True)), 1)
    content = letter(house, made)
    assert content["html"] == ""
    assert content["author"]["email"] == TOM


def test_a_reply_is_not_edited(house: House) -> None:
    made = house.write()["id"]
    with writing(house.engine) as conn:
        reply = write_new(conn, touchpoint("answer", thread_id=made), NOW).touchpoint_id
    assert reply is not None
    with pytest.raises(Problem, match="stays as its sender wrote it"):
        editing.edit(house.desk, actor(TOM), reply, Draft(subject="x"), 1)


def test_the_sender_is_called_once_something_is_ordered(house: House) -> None:
    calls: list[int] = []
    desk = replace(house.desk, wake=lambda: calls.append(1))
    touchpoints.create(desk, NORA, draft())
    assert calls == []
    touchpoints.create(desk, NORA, draft(email=Mailing(me=True)))
    assert calls == [1]
