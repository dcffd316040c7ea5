"""Replies filed by a real worker: who is told, who is not, and when telling stops."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.filing.threads import RUNAWAY
from rules.people import Participant
from storage import outbox, outgoing
from storage.engine import reading, writing
from storage.outbox import REPLY
from storage.threads import follow, unfollow
from storage.timeline import replies
from tests.daemon import LOG
from tests.filing.house import ADA, BEN, JONAS, NORA, House, house, reply

SAM = Participant("sam.reed@lumenfold.example", "Sam Reed", "internal", "user")
SVEN = Participant("sven@lund-data.example", "Sven Lund", "external", "unknown")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def let_follow(gateway: House, touchpoint: int, *people: Participant, why: str = "mentioned") -> None:
    with writing(gateway.engine) as conn:
        follow(conn, touchpoint, [(person.email, person.name) for person in people], why, gateway.now)


def test_a_customers_reply_is_passed_on_to_the_author_and_the_followers(gateway: House) -> None:
    thread = gateway.touchpoint()
    let_follow(gateway, thread, JONAS)
    mail = gateway.receive(reply("The 16th suits us.", to=gateway.thread(thread)), gateway.thread(thread))
    assert mail.state == "replied"
    assert gateway.outgoing(REPLY) == [NORA.email, JONAS.email]
    (filed,) = gateway.filed(mail)
    assert (filed.thread_id, filed.account_key, filed.text) == (thread, "acme", "The 16th suits us.")
    with reading(gateway.engine) as conn:
        assert [row.id for row in replies(conn, [thread])[thread]] == [filed.id]
        rows = outgoing.list_entries(conn)
    assert {(row.touchpoint_id, row.mail_id, row.side, row.subject) for row in rows} == {
        (thread, mail.id, "internal", "Re: Rollout")
    }
    assert len({row.message_id for row in rows}) == 2


def test_a_passed_on_reply_leads_back_to_its_thread(gateway: House) -> None:
    """Nora answers what she was sent, and her client loses the Reply-To."""
    thread = gateway.touchpoint()
    gateway.receive(reply("The 16th suits us."), gateway.thread(thread))
    with reading(gateway.engine) as conn:
        (told,) = outgoing.list_entries(conn)
    answer = reply(
        "Fine.", f"In-Reply-To: {told.message_id}", sender=NORA, to="ada.marsh@acme.example", number=2
    )
    mail = gateway.receive(answer, LOG, sender=NORA.email)
    assert mail.decision is not None
    assert (mail.state, mail.decision["way"], mail.decision["thread"]) == ("replied", "reference", thread)


@pytest.mark.parametrize("address", [NORA.email, "nfeld@lumenfold.example", "Nora.Feld+tp@Lumenfold.example"])
def test_a_reply_does_not_go_back_to_its_sender(gateway: House, address: str) -> None:
    thread = gateway.touchpoint()
    let_follow(gateway, thread, JONAS)
    sender = replace(NORA, email=address)
    mail = gateway.receive(reply("I asked them.", sender=sender), gateway.thread(thread), sender=address)
    assert mail.state == "replied"
    assert gateway.outgoing(REPLY) == [JONAS.email]


@pytest.mark.parametrize("address", [NORA.email, "Nora Feld <nora@lumenfold-labs.example>"])
@pytest.mark.parametrize("field", ["to", "cc"])
def test_who_got_the_reply_directly_gets_it_no_second_time(gateway: House, field: str, address: str) -> None:
    thread = gateway.touchpoint()
    let_follow(gateway, thread, JONAS)
    to, cc = (address, "") if field == "to" else ("", address)
    gateway.receive(reply("The 16th suits us.", to=to, cc=cc), gateway.thread(thread))
    assert gateway.outgoing(REPLY) == [JONAS.email]


def test_who_unfollowed_is_told_nothing_not_even_the_author(gateway: House) -> None:
    thread = gateway.touchpoint()
    let_follow(gateway, thread, JONAS, SAM)
    with writing(gateway.engine) as conn:
        unfollow(conn, thread, "nfeld@lumenfold.example", "Nora Feld", gateway.now)
        unfollow(conn, thread, SAM.email, SAM.name, gateway.now)
    gateway.receive(reply("The 16th suits us."), gateway.thread(thread))
    assert gateway.outgoing(REPLY) == [JONAS.email]


def test_a_follower_who_is_no_user_any_more_is_told_nothing(gateway: House) -> None:
    thread = gateway.touchpoint()
    let_follow(gateway, thread, Participant("gone@lumenfold.example", "Gone", "internal", "user"), ADA, SVEN)
    gateway.receive(reply("The 16th suits us.", sender=BEN), gateway.thread(thread), sender=BEN.email)
    assert gateway.outgoing(REPLY) == [NORA.email]


def test_who_filed_a_customers_mail_is_told_of_answers(gateway: House) -> None:
    thread = gateway.touchpoint(author=ADA, filed_by=JONAS)
    gateway.receive(reply("One more thing."), gateway.thread(thread))
    assert gateway.outgoing(REPLY) == [JONAS.email]


def test_a_customer_who_wrote_the_touchpoint_is_sent_no_replies(gateway: House) -> None:
    thread = gateway.touchpoint(author=ADA)
    mail = gateway.receive(reply("Noted.", sender=NORA), gateway.thread(thread), sender=NORA.email)
    assert mail.state == "replied"
    assert gateway.outgoing(REPLY) == []


@pytest.mark.parametrize("trust", ["unverified", "failed", None])
def test_nothing_is_sent_on_the_word_of_a_sender_nobody_proved(gateway: House, trust: str | None) -> None:
    thread = gateway.touchpoint()
    mail = gateway.receive(reply("Pay here."), gateway.thread(thread), trust=trust)
    assert mail.state == ("quarantined" if trust == "failed" else "replied")
    assert gateway.outgoing(REPLY) == []


def test_what_a_machine_answers_is_filed_and_goes_no_further(gateway: House) -> None:
    thread = gateway.touchpoint()
    away = reply("I am away.", "Auto-Submitted: auto-replied", subject="Out of office", cc=SVEN.email)
    mail = gateway.receive(away, gateway.thread(thread), sender="")
    (filed,) = gateway.filed(mail)
    assert (filed.thread_id, filed.machine) == (thread, "auto-reply")
    assert gateway.outgoing(REPLY) == []
    assert gateway.get(thread).participants == (NORA, ADA)


def test_two_threads_tell_the_followers_of_each(gateway: House) -> None:
    one, two = gateway.touchpoint(), gateway.touchpoint(author=JONAS)
    mail = gateway.receive(reply("Both, please."), gateway.thread(one), gateway.thread(two))
    assert [row.thread_id for row in gateway.filed(mail)] == [one, two]
    assert gateway.outgoing(REPLY) == [NORA.email, JONAS.email]


def test_a_second_delivery_tells_nobody_again(gateway: House) -> None:
    one, two = gateway.touchpoint(), gateway.touchpoint()
    raw = reply("The 16th suits us.")
    first = gateway.receive(raw, gateway.thread(one))
    again = gateway.receive(b"Received: from relay.example by mx.example; \r\n" + raw, gateway.thread(one))
    assert (again.state, again.touchpoint_id) == ("replied", first.touchpoint_id)
    assert gateway.outgoing(REPLY) == [NORA.email]
    both = gateway.receive(
        b"Received: from other.example by mx.example; \r\n" + raw, gateway.thread(one), gateway.thread(two)
    )
    assert [row.thread_id for row in gateway.filed(both)] == [two]
    assert gateway.outgoing(REPLY) == [NORA.email] * 2


def test_who_takes_part_in_a_reply_takes_part_in_the_touchpoint(gateway: House) -> None:
    thread = gateway.touchpoint()
    gateway.receive(
        reply("Sven does the cables.", cc=f"Sven Lund <{SVEN.email}>, {BEN.email}"), gateway.thread(thread)
    )
    assert gateway.get(thread).participants == (NORA, ADA, SVEN, BEN)


def test_a_participant_under_another_address_stays_one_person(gateway: House) -> None:
    thread = gateway.touchpoint()
    sender = replace(NORA, email="nfeld@lumenfold.example")
    gateway.receive(reply("I asked them.", sender=sender), gateway.thread(thread), sender=sender.email)
    assert gateway.get(thread).participants == (NORA, ADA)


def test_a_thread_that_runs_away_is_filed_and_no_longer_passed_on(tmp_path: Path) -> None:
    with house(tmp_path, replies_per_thread_hour=3) as gateway:
        thread, other = gateway.touchpoint(), gateway.touchpoint()
        let_follow(gateway, thread, JONAS)
        for number in range(5):
            mail = gateway.receive(reply(f"Pong {number}", number=number), gateway.thread(thread))
            assert mail.state == "replied"
            gateway.pass_time(minutes=5)
        # Replies count, not their recipients.
        assert gateway.outgoing(REPLY) == [NORA.email, JONAS.email] * 3
        with reading(gateway.engine) as conn:
            held = [RUNAWAY in row.notices for row in replies(conn, [thread])[thread]]
        assert held == [False, False, False, True, True]
        gateway.receive(reply("Elsewhere", number=8), gateway.thread(other))
        assert gateway.outgoing(REPLY)[6:] == [NORA.email]
        gateway.pass_time(minutes=45)
        gateway.receive(reply("An hour later", number=9), gateway.thread(thread))
        assert gateway.outgoing(REPLY)[7:] == [NORA.email, JONAS.email]


def test_a_reply_that_cannot_be_written_whole_leaves_nothing(
    gateway: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filing and telling are one transaction: a fault in the last step undoes the first."""
    thread = gateway.touchpoint()

    def full(*_: object, **__: object) -> None:
        raise ZeroDivisionError("our own fault")

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "enqueue", full)
        mail = gateway.receive(reply("The 16th suits us.", cc=BEN.email), gateway.thread(thread))
    assert mail.state == "failed"
    assert gateway.filed(mail) == []
    assert gateway.get(thread).participants == (NORA, ADA)
