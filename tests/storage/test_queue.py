"""The queue of mails that wait for a person, and what may be done to them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from storage.engine import writing
from storage.errors import WrongState
from storage.filing import file
from storage.history import history
from storage.inbound import claim, erase_raw
from storage.queue import (
    Selection,
    count_by_state,
    count_mails,
    drop,
    get_mail,
    list_mails,
    requeue,
    select_ids,
)
from tests.storage.build import NOW, filing, fill, kept, touchpoint


def in_states(conn: Connection, *states: str) -> Sequence[int]:
    ids = kept(conn, len(states))
    for mail_id, state in zip(ids, states, strict=True):
        if state != "received":
            file(conn, mail_id, filing(None, state), NOW)
    return ids


def test_mails_are_listed_by_state_page_by_page(engine: Engine) -> None:
    with writing(engine) as conn:
        a, b, _, d = in_states(conn, "unresolved", "quarantined", "ignored", "unresolved")
        waiting = Selection(states=["unresolved", "quarantined"])
        first = list_mails(conn, waiting, limit=2)
        assert [row.id for row in first] == [a, b]
        assert [row.id for row in list_mails(conn, waiting, limit=2, after=b)] == [d]
        assert count_mails(conn, waiting) == 3
        assert count_by_state(conn) == {"unresolved": 2, "quarantined": 1, "ignored": 1}
        assert first[0].decision is not None
        assert first[0].decision["reason"] == "the contact is known"


def test_a_selection_takes_ids_states_and_times_together(engine: Engine) -> None:
    minute = timedelta(minutes=1)
    with writing(engine) as conn:
        a, b, c, d = in_states(conn, "filed", "ignored", "filed", "filed")
        assert list(select_ids(conn, Selection())) == [a, b, c, d]
        assert list(select_ids(conn, Selection(states=["filed"]))) == [a, c, d]
        assert list(select_ids(conn, Selection(since=NOW + minute, until=NOW + 3 * minute))) == [b, c]
        assert list(select_ids(conn, Selection(ids=[d, a, 99], states=["filed"], since=NOW + minute))) == [d]
        assert list(select_ids(conn, Selection(ids=[]))) == []
        assert list(select_ids(conn, Selection(states=[]))) == []


def test_a_selection_survives_that_its_mails_change_state(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.queue._PAGE", 2)
    met = []
    with writing(engine) as conn:
        ids = in_states(conn, *["unresolved"] * 5)
        for mail_id in select_ids(conn, Selection(states=["unresolved"])):
            met.append(mail_id)
            drop(conn, mail_id, NOW)
    assert met == ids


def test_a_mail_that_is_retried_keeps_the_account_a_person_chose(engine: Engine) -> None:
    with writing(engine) as conn:
        (mail_id,) = kept(conn)
        file(conn, mail_id, filing(None, "quarantined", assigned="acme"), NOW)
        requeue(conn, mail_id, NOW)
        (claimed,) = claim(conn, "worker", NOW, 60, 5)
        assert (claimed.id, claimed.assigned_account) == (mail_id, "acme")
        last = history(conn, mail_id)[-1]
        assert (last.event, last.detail) == ("retried", {"from": "quarantined"})


def test_what_is_a_touchpoint_or_on_its_way_or_erased_is_not_sent_again(engine: Engine) -> None:
    fill(engine)
    with writing(engine) as conn:
        filed, coming, erased = in_states(conn, "received", "received", "ignored")
        file(conn, filed, filing(touchpoint()), NOW)
        erase_raw(conn, erased)
        for mail_id in (filed, coming, erased):
            with pytest.raises(WrongState):
                requeue(conn, mail_id, NOW)


def test_a_dropped_mail_stays_stored_and_can_be_brought_back(engine: Engine) -> None:
    with writing(engine) as conn:
        mail_id, other = in_states(conn, "quarantined", "filed")
        drop(conn, mail_id, NOW, "spam")
        row = get_mail(conn, mail_id)
        assert (row.state, row.has_raw) == ("dropped", True)
        assert history(conn, mail_id)[-1].detail == {"from": "quarantined", "reason": "spam"}
        requeue(conn, mail_id, NOW)
        assert get_mail(conn, mail_id).state == "received"
        with pytest.raises(WrongState, match="only unresolved, quarantined, failed"):
            drop(conn, other, NOW)


def test_an_operator_who_looked_too_long_changes_nothing(engine: Engine) -> None:
    """Two people assign the same mail: the second is told, and the touchpoint stays what the first made it."""
    fill(engine)
    with writing(engine) as conn:
        (mail_id,) = in_states(conn, "unresolved")
        file(conn, mail_id, filing(touchpoint(), assigned="acme", seen="unresolved"), NOW)
    second = filing(touchpoint(account="Globe-Freight"), assigned="Globe-Freight", seen="unresolved")
    with pytest.raises(WrongState, match="is filed by now"), writing(engine) as conn:
        file(conn, mail_id, second, NOW)
    with writing(engine) as conn:
        assert get_mail(conn, mail_id).assigned_account == "acme"


def test_a_mail_is_not_assigned_away_from_the_account_of_its_other_delivery(engine: Engine) -> None:
    fill(engine)
    with writing(engine) as conn:
        first, second = in_states(conn, "received", "unresolved")
        made = file(conn, first, filing(touchpoint()), NOW)
    elsewhere = filing(touchpoint(account="Globe-Freight"), assigned="Globe-Freight", seen="unresolved")
    where = f"touchpoint {made.touchpoint_id} of account acme"
    with pytest.raises(WrongState, match=where), writing(engine) as conn:
        file(conn, second, elsewhere, NOW)
    with writing(engine) as conn:
        there = file(conn, second, filing(touchpoint(), assigned="acme", seen="unresolved"), NOW)
    assert (there.touchpoint_id, there.created) == (made.touchpoint_id, False)
