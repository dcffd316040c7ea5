"""Touchpoints that people type: written, refused with every flaw at once, listed, deleted."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gateway.desk import Problem, touchpoints
from gateway.desk.drafts import Mailing, Person
from gateway.desk.touchpoints import Chosen
from storage.engine import reading, writing
from storage.errors import NotFound
from storage.outgoing import list_entries
from storage.touchpoints import create as write_new
from tests.desk import house as building
from tests.desk.house import ADA, BEN, JONAS, MEI, NOW, TOM, ZED, House, actor, draft
from tests.desk.house import NORA as NORA_EMAIL
from tests.storage.build import touchpoint

NORA = actor(NORA_EMAIL)


def refused(house: House, **values: Any) -> list[tuple[str, str]]:
    """The fields that a draft is refused for, each with why."""
    with pytest.raises(Problem) as caught:
        touchpoints.create(house.desk, NORA, draft(**values))
    assert caught.value.status == 422
    return [(flaw.field, flaw.why) for flaw in caught.value.errors]


def test_what_is_typed_is_what_is_read(house: House) -> None:
    made = house.write(
        type="web meeting",
        flow="Renewal",
        reasons=("Risk", "Upsell", "Risk"),
        participants=[ADA, JONAS, ZED, "ADA.marsh+x@ACME.example"],
        mentions=(MEI, MEI),
    )
    assert made == touchpoints.read(house.desk, NORA, made["id"])
    assert [(p["email"], p["side"], p["known"], p["name"]) for p in made["participants"]] == [
        (ADA, "external", "contact", "Ada Marsh"),
        (JONAS, "internal", "user", "Jonas Berg"),
        (ZED, "external", "unknown", ""),
    ]
    assert made["reasons"] == ["Risk", "Upsell"]
    assert made["author"]["email"] == NORA_EMAIL
    assert (made["flow"], made["type"], made["note"]) == ("Renewal", "web meeting", False)
    assert [each["email"] for each in made["mentions"]] == [MEI]
    assert made["followers"] == [{"email": MEI, "name": "Mei Tan", "why": "mentioned"}]
    assert made["version"] == 1
    assert made["thread_address"].startswith("reply-")


def test_the_first_flow_of_the_logging_address_is_the_default(house: House) -> None:
    assert house.write()["flow"] == "Adoption"


def test_a_template_fills_in_what_is_not_given(house: House) -> None:
    made = house.write(template="Kick-off", type=None, subject=None, text=None)
    assert made["subject"] == "Kick-off with Acme Rockets"
    assert made["text"] == "Agenda for Acme Rockets"
    assert (made["type"], made["flow"], made["template"]) == ("web meeting", "Onboarding", "Kick-off")
    own = house.write(template="Kick-off", subject="Ours {account}", flow="Renewal")
    assert (own["subject"], own["flow"]) == ("Ours {account}", "Renewal")


def test_every_flaw_is_told_at_once(house: House) -> None:
    found = refused(
        house,
        account="nowhere",
        type="seance",
        flow="Adaption",
        reasons=("Boredom",),
        subject=" ",
        template="Farewell",
        date=NOW + timedelta(minutes=1),
        participants=["nobody", "log@touchpoints.lumenfold.example"],
        mentions=(ADA,),
    )
    fields = [field for field, _ in found]
    assert sorted(fields) == sorted(
        (
            *("account", "type", "flow", "reasons", "subject", "template", "date", "mentions"),
            *("participants", "participants"),
        )
    )
    assert any("an address of the gateway itself" in why for _, why in found)
    assert any("'ada.marsh@acme.example' is no Totango user" in why for _, why in found)
    with reading(house.engine) as conn:
        assert list_entries(conn) == []


@pytest.mark.parametrize(
    "email", ["x@y.test", "x@y.local", '"a b"@x.example', "ä@x.example", "A.B@X.Example"]
)
def test_odd_addresses_are_people_too(house: House, email: str) -> None:
    made = house.write(participants=[email])
    local, _, domain = email.rpartition("@")
    assert [each["email"] for each in made["participants"]] == [f"{local}@{domain.lower()}"]


@pytest.mark.parametrize(
    "email", ["", "@", "a@", "a b@x.example", "a@x.example\nBcc: b@x.example", "a@@x.example"]
)
def test_junk_is_no_address(house: House, email: str) -> None:
    assert [field for field, _ in refused(house, participants=[email])] == ["participants"]


def test_twenty_thousand_characters_and_no_more(house: House) -> None:
    assert len(house.write(text="x" * 20_000)["text"]) == 20_000
    ((field, why),) = refused(house, text="x" * 20_001)
    assert (field, why) == ("text", "The body has at most 20,000 characters; this one has 20,001.")
    markup = "".join(f"<p><b>{'x' * 18}</b></p>" for _ in range(1000))
    assert len(house.write(text=None, html=markup)["text"]) <= 20_000
    assert [field for field, _ in refused(house, text=None, html=f"<p>{'x' * 20_001}</p>")] == ["html"]


def test_html_is_made_harmless_and_read_as_text(house: House) -> None:
    made = house.write(
        text=None,
        html='<p onclick="x()">Hello <b>Ada</b></p><script>alert(1)</script><img src="http://t/x.gif">',
    )
    assert made["text"] == "Hello Ada"
    assert "<b>Ada</b>" in made["html"]
    assert not any(word in made["html"] for word in ("script", "onclick", "http://t"))


def test_text_and_html_are_not_both_taken(house: House) -> None:
    assert [field for field, _ in refused(house, html="<p>x</p>")] == ["html"]


def test_html_beyond_reason_is_told(house: House) -> None:
    assert [field for field, _ in refused(house, text=None, html="<div>" * 3000 + "x")] == ["html"]


def test_one_reason_where_the_site_allows_one(tmp_path: Path) -> None:
    with building.house(tmp_path, touchpoints={"reasons_each": "one"}) as house:
        house.write(reasons=("Risk",))
        assert refused(house, reasons=("Risk", "Upsell")) == [
            ("reasons", "This site allows one reason for a touchpoint.")
        ]


def test_dates_are_kept_in_utc_and_may_lie_back(house: House) -> None:
    berlin = timezone(timedelta(hours=2))
    made = house.write(date=datetime(2019, 7, 1, 9, 30, 0, 999, tzinfo=berlin))
    assert made["date"] == "2019-07-01T07:30:00Z"
    for date in (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), datetime(1899, 12, 31, tzinfo=UTC)):
        assert [field for field, _ in refused(house, date=date)] == ["date"]
    assert house.write(date=NOW)["date"] == "2026-11-26T12:00:00Z"
    assert house.write(date=None)["date"] == "2026-11-26T12:00:00Z"


def test_a_subject_is_one_line(house: House) -> None:
    assert house.write(subject="One\r\ntwo\u2028three")["subject"] == "One two three"


def test_odd_characters_are_stored_as_what_can_be(house: House) -> None:
    made = house.write(subject="a\0b", text="c\ud800d", participants=[])
    assert (made["subject"], made["text"]) == ("a\ufffdb", "c\ufffdd")
    assert house.write(text=None, html="<p>c\ud800d</p>")["text"] == "c\ufffdd"
    assert [field for field, _ in refused(house, participants=["\ud800@x.example"])] == ["participants"]


def test_too_many_people_are_refused(house: House) -> None:
    many = [f"p{number}@x.example" for number in range(1001)]
    assert [field for field, _ in refused(house, participants=many)] == ["participants"]


def test_the_same_key_is_the_same_touchpoint(house: House) -> None:
    wish = draft(participants=[JONAS], email=Mailing(internal=True))
    first, new = touchpoints.create(house.desk, NORA, wish, "key-1")
    again, newer = touchpoints.create(house.desk, NORA, wish, "key-1")
    assert (new, newer, again["id"]) == (True, False, first["id"])
    assert house.recipients(first["id"]) == [JONAS]
    other, new = touchpoints.create(house.desk, actor(JONAS), draft(), "key-1")
    assert new
    assert other["id"] != first["id"]
    assert house.write()["id"] != house.write()["id"]
    touchpoints.delete(house.desk, NORA, first["id"])
    with pytest.raises(Problem, match="was deleted") as caught:
        touchpoints.create(house.desk, NORA, wish, "key-1")
    assert caught.value.status == 409


def test_the_same_key_sent_several_times_at_once_is_written_and_mailed_once(house: House) -> None:
    wish = replace(draft(), email=Mailing(me=True))
    together = threading.Barrier(4)

    def send(_: int) -> tuple[int, bool]:
        together.wait()
        value, new = touchpoints.create(house.desk, NORA, wish, "key-1")
        return value["id"], new

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert len({number for number, _ in answers}) == 1
    assert sum(new for _, new in answers) == 1
    with reading(house.engine) as conn:
        assert len(list_entries(conn, limit=50)) == 1


def test_nothing_is_written_when_it_cannot_be_mailed(house: House) -> None:
    with pytest.raises(Problem, match="one person outside"):
        house.write(participants=[ADA], email=Mailing(external=True))
    assert touchpoints.list_(house.desk, NORA, Chosen(), 10) == ([], None)


# -- read, listed ------------------------------------------------------------------------------------------


def listed(house: House, limit: int = 50, **chosen: Any) -> list[int]:
    """The ids of all pages."""
    found: list[int] = []
    after: str | None = ""
    while after is not None:
        items, after = touchpoints.list_(house.desk, NORA, Chosen(**chosen), limit, after)
        assert len(items) <= limit
        found += [each["id"] for each in items]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 200])
def test_pages_have_no_gaps_and_repeat_nothing(house: House, limit: int) -> None:
    """Many of one instant: there the id decides."""
    dates = [NOW - timedelta(hours=hour) for hour in (3, 1, 1, 1, 2, 1, 3)]
    ids = [house.write(date=date, subject=str(date))["id"] for date in dates]
    wanted = [each for _, each in sorted(zip(dates, ids, strict=True), reverse=True)]
    assert listed(house, limit) == wanted


def test_filters_hold_together(house: House) -> None:
    day = timedelta(days=1)
    note = house.write(type="internal note", subject="Mood", date=NOW - day)["id"]
    call = house.write(subject="100% sure", date=NOW - 2 * day)["id"]
    meeting = house.write(type="web meeting", flow="Renewal", text="PRICE", date=NOW - 3 * day)["id"]
    harbor = house.write(account="harbor", flow="Onboarding", date=NOW - 4 * day)["id"]
    assert listed(house) == [note, call, meeting, harbor]
    assert listed(house, account="ACME") == [note, call, meeting]
    assert listed(house, notes=True) == [note]
    assert listed(house, notes=False) == [call, meeting, harbor]
    assert listed(house, notes=True, types=["web meeting"]) == []
    assert listed(house, types=["web meeting", "internal note"]) == [note, meeting]
    assert listed(house, flows=["Renewal", "Onboarding"]) == [meeting, harbor]
    assert listed(house, since=NOW - 3 * day, until=NOW - day) == [call, meeting]
    assert listed(house, text="price") == [meeting]
    assert listed(house, text="0%") == [call]
    assert listed(house, text="\0\ud800") == []


def test_a_foreign_cursor_is_told(house: House) -> None:
    for bad in ("x", "AAAA", "é", "a" * 3000, "MjAyNi0wMS0wMVQwMDowMDowMAo1"):
        with pytest.raises(Problem, match="no cursor"):
            touchpoints.list_(house.desk, NORA, Chosen(), 10, bad)


def test_listings_cut_what_a_single_touchpoint_shows_whole(house: House) -> None:
    long = touchpoint("long", text="x" * 30_000, quoted="")
    with writing(house.engine) as conn:
        made = write_new(conn, long, NOW).touchpoint_id
    assert made is not None
    (item,), _ = touchpoints.list_(house.desk, NORA, Chosen(), 10)
    assert (len(item["text"]), item["cut"], item["html"]) == (20_000, True, None)
    whole = touchpoints.read(house.desk, NORA, made)
    assert (len(whole["text"]), whole["cut"]) == (30_000, False)


def test_inline_images_stand_at_their_attachment(house: House) -> None:
    html = '<p>Hi<img src="cid:logo"><img src="cid:gone"><img src="https://t.example/x"></p>'
    with writing(house.engine) as conn:
        made = write_new(conn, touchpoint("inline", html=html), NOW).touchpoint_id
    assert made is not None
    shown = touchpoints.read(house.desk, NORA, made)["html"]
    assert f'src="/api/v1/touchpoints/{made}/attachments/2"' in shown
    assert "cid:" not in shown
    assert "t.example" not in shown


# -- threads -----------------------------------------------------------------------------------------------


def test_a_thread_is_closed_followed_and_read_in_pages(house: House) -> None:
    made = house.write()["id"]
    with writing(house.engine) as conn:
        for number in range(5):
            machine = "auto-reply" if number == 4 else None
            reply = touchpoint(
                f"r{number}", thread_id=made, machine=machine, date=NOW, text=f"answer {number}"
            )
            write_new(conn, replace(reply, message_ids=(f"<{number}@x>",)), NOW)
    first, after = touchpoints.replies(house.desk, NORA, made, 3)
    rest, end = touchpoints.replies(house.desk, NORA, made, 3, after or "")
    assert [each["text"] for each in (*first, *rest)] == [f"answer {number}" for number in range(5)]
    assert [each["collapsed"] for each in rest] == [False, True]
    assert end is None
    assert touchpoints.read(house.desk, NORA, made)["replies"] == 5
    assert listed(house) == [made]

    assert touchpoints.set_closed(house.desk, NORA, made, closed=True)["closed"] is True
    assert touchpoints.set_closed(house.desk, NORA, made, closed=True)["closed"] is True
    assert touchpoints.set_closed(house.desk, NORA, made, closed=False)["closed"] is False
    with pytest.raises(Problem, match="Only its author"):
        touchpoints.set_closed(house.desk, actor(JONAS), made, closed=True)

    touchpoints.set_following(house.desk, actor(JONAS), made, following=True)
    assert touchpoints.read(house.desk, NORA, made)["followers"][0]["why"] == "asked"
    touchpoints.set_following(house.desk, actor(JONAS), made, following=False)
    assert touchpoints.read(house.desk, NORA, made)["followers"] == []

    reply_id = first[0]["id"]
    assert touchpoints.read(house.desk, NORA, reply_id)["thread"] == made
    with pytest.raises(Problem, match=f"reply in the thread of touchpoint {made}"):
        touchpoints.set_closed(house.desk, NORA, reply_id, closed=True)


def test_deletion_takes_words_replies_and_waiting_mail(house: House) -> None:
    made = house.write(participants=[JONAS, BEN], email=Mailing(internal=True))["id"]
    with writing(house.engine) as conn:
        write_new(conn, touchpoint("answer", thread_id=made), NOW)
    touchpoints.delete(house.desk, NORA, made)
    for again in (touchpoints.delete, touchpoints.read):
        with pytest.raises(NotFound):
            again(house.desk, NORA, made)
    with reading(house.engine) as conn:
        assert [entry.state for entry in list_entries(conn)] == ["cancelled"]
    assert listed(house) == []


def test_who_may_delete(house: House) -> None:
    made = house.write()["id"]
    with pytest.raises(Problem, match="Only its author or a global admin") as caught:
        touchpoints.delete(house.desk, actor(JONAS), made)
    assert caught.value.status == 403
    with pytest.raises(Problem, match="permission “delete”"):
        touchpoints.delete(house.desk, actor(NORA_EMAIL, permissions=frozenset({"create"})), made)
    touchpoints.delete(house.desk, actor(TOM), made)


def test_who_wrote_under_another_address_is_its_author(house: House) -> None:
    author = replace(touchpoint("alt").author, email="nfeld@lumenfold.example")  # type: ignore[type-var]
    with writing(house.engine) as conn:
        made = write_new(conn, touchpoint("alt", author=author), NOW).touchpoint_id
    assert made is not None
    touchpoints.delete(house.desk, NORA, made)


def test_what_an_actor_may_not_see_is_not_there(house: House) -> None:
    made = house.write(account="harbor")["id"]
    nora = actor(NORA_EMAIL, accounts=frozenset({"acme", "globe-freight", "nordlys"}))
    for ask in (
        lambda: touchpoints.read(house.desk, nora, made),
        lambda: touchpoints.replies(house.desk, nora, made, 5),
        lambda: touchpoints.delete(house.desk, nora, made),
        lambda: touchpoints.set_following(house.desk, nora, made, following=True),
        lambda: touchpoints.list_(house.desk, nora, Chosen(account="harbor"), 5),
    ):
        with pytest.raises(Problem) as caught:
            ask()
        assert caught.value.status == 404
    with pytest.raises(Problem, match="no account 'harbor'"):
        touchpoints.create(house.desk, nora, draft(account="harbor"))
    acme = touchpoints.create(house.desk, nora, draft(participants=[ADA]))[0]["id"]
    items, _ = touchpoints.list_(house.desk, nora, Chosen(), 50)
    assert [each["id"] for each in items] == [acme]


def test_a_name_that_is_given_counts(house: House) -> None:
    made = house.write(participants=None)
    assert made["participants"] == []
    named, _ = touchpoints.create(
        house.desk, NORA, replace(draft(), participants=(Person(ADA, " Dr.  Ada\nMarsh "),))
    )
    assert named["participants"][0]["name"] == "Dr. Ada Marsh"
