"""Notices ordered by a real worker, and their answers: a mail finds its account by mail, and only by its sender."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.notices import NO_ACCOUNT, NO_ADDRESS, NO_THREAD
from rules.people import Participant
from storage import outgoing
from storage.engine import reading, writing
from storage.history import history
from storage.inbound import erase_raw
from storage.outbox import NOTICE, REPLY
from storage.queue import MailRow, drop
from storage.tables import letters
from storage.threads import close
from tests.daemon import LOG
from tests.filing.house import ADA, JONAS, NORA, House, house, reply

STRANGER = Participant("sven@lund-data.example", "Sven Lund", "external", "unknown")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def lost(gateway: House, number: int = 1, sender: Participant = NORA, **options: str | None) -> MailRow:
    """A mail among colleagues: no account can be told."""
    raw = reply(
        f"Who calls them? {number}",
        sender=sender,
        to="sam.reed@lumenfold.example",
        cc=LOG,
        subject="Stand-up",
        number=number,
    )
    return gateway.receive(raw, sender=sender.email, **options)


def answer(gateway: House, mail: MailRow, text: str, sender: Participant = NORA, number: int = 50) -> MailRow:
    to = gateway.question(mail)
    raw = reply(text, sender=sender, to=to, subject="Re: Not filed yet: Stand-up", number=number)
    return gateway.receive(raw, to, sender=sender.email)


def topics(gateway: House) -> list[str]:
    with reading(gateway.engine) as conn:
        return [row.content["topic"] for row in conn.execute(letters.select().order_by(letters.c.id))]


def test_the_sender_of_mail_without_an_account_is_asked_once_a_day(gateway: House) -> None:
    mail = lost(gateway)
    assert mail.state == "unresolved"
    for number in (2, 3):
        gateway.pass_time(hours=11)
        lost(gateway, number)
    assert gateway.outgoing(NOTICE) == [NORA.email]
    gateway.pass_time(hours=3)
    lost(gateway, 4)
    assert gateway.outgoing(NOTICE) == [NORA.email, NORA.email]
    with reading(gateway.engine) as conn:
        newest, oldest = outgoing.list_entries(conn)
    assert (oldest.mail_id, oldest.touchpoint_id, oldest.subject) == (mail.id, None, "Stand-up")
    assert newest.message_id != oldest.message_id


def test_each_sender_and_each_topic_has_a_notice_of_its_own(gateway: House) -> None:
    lost(gateway)
    lost(gateway, 2, sender=JONAS)
    gateway.receive(reply("Call them.", sender=NORA, subject="Call", number=3), sender=NORA.email)
    thread = gateway.touchpoint()
    with writing(gateway.engine) as conn:
        close(conn, thread, gateway.now)
    to = gateway.thread(thread)
    gateway.receive(reply("Done.", sender=NORA, to=to, number=4), to, sender=NORA.email)
    assert gateway.outgoing(NOTICE) == [NORA.email, JONAS.email, NORA.email, NORA.email]
    assert topics(gateway) == [NO_ACCOUNT, NO_ACCOUNT, NO_ADDRESS, NO_THREAD]


def test_a_user_with_two_addresses_is_asked_once_a_day(gateway: House) -> None:
    lost(gateway)
    lost(gateway, 2, sender=Participant("nfeld@lumenfold.example", "Nora Feld", "internal", "user"))
    assert gateway.outgoing(NOTICE) == [NORA.email]


@pytest.mark.parametrize("trust", ["unverified", "failed"])
def test_nobody_is_asked_on_the_word_of_a_sender_nobody_proved(gateway: House, trust: str) -> None:
    assert lost(gateway, trust=trust).state in ("unresolved", "quarantined")
    assert gateway.outgoing(NOTICE) == []


def test_nobody_outside_is_ever_asked(gateway: House) -> None:
    thread = gateway.touchpoint()
    with writing(gateway.engine) as conn:
        close(conn, thread, gateway.now)
    mail = gateway.receive(reply("One more.", to=gateway.thread(thread)), gateway.thread(thread))
    strangers = gateway.receive(reply("Hello", sender=STRANGER, number=2), sender=STRANGER.email)
    assert (mail.state, strangers.state) == ("unresolved", "quarantined")
    assert gateway.outgoing(NOTICE) == []


@pytest.mark.parametrize(
    ("field", "sender"), [("Auto-Submitted: auto-replied", NORA.email), ("X-Note: none", "")]
)
def test_a_machine_is_never_asked(gateway: House, field: str, sender: str) -> None:
    raw = reply("Away.", field, sender=NORA, to=JONAS.email, cc=LOG, subject="Stand-up")
    assert gateway.receive(raw, sender=sender).state == "ignored"
    assert gateway.outgoing(NOTICE) == []


def test_without_a_key_nobody_is_asked_what_could_not_be_answered(tmp_path: Path) -> None:
    with house(tmp_path, keys=False) as gateway:
        assert lost(gateway).state == "unresolved"
        assert gateway.outgoing(NOTICE) == []


def test_an_answer_files_the_mail_it_is_about(gateway: House) -> None:
    mail = lost(gateway)
    gateway.pass_time(hours=2)
    answered = answer(gateway, mail, "Globe Freight")
    assert (answered.state, answered.touchpoint_id) == ("ignored", None)
    assert answered.decision is not None
    assert "is filed on Globe Freight" in answered.decision["reason"]
    filed = gateway.mail(mail.id)
    assert (filed.state, filed.assigned_account) == ("filed", "globe-freight")
    (touchpoint,) = gateway.filed(filed)
    assert (touchpoint.account_key, touchpoint.subject) == ("globe-freight", "Stand-up")
    assert touchpoint.author is not None
    assert touchpoint.author.email == NORA.email
    with reading(gateway.engine) as conn:
        assert [each.event for each in history(conn, mail.id)] == ["received", "unresolved", "filed"]
    assert gateway.outgoing(NOTICE) == [NORA.email]
    assert gateway.outgoing(REPLY) == []


def test_an_answer_by_address_files_on_the_account_of_that_person(gateway: House) -> None:
    mail = lost(gateway)
    answer(gateway, mail, f"It was {ADA.email}.")
    assert gateway.mail(mail.id).assigned_account == "acme"


def test_a_second_answer_changes_nothing(gateway: House) -> None:
    mail = lost(gateway)
    answer(gateway, mail, "acme")
    second = answer(gateway, mail, "globe-freight", number=51)
    assert second.state == "ignored"
    (touchpoint,) = gateway.filed(gateway.mail(mail.id))
    assert touchpoint.account_key == "acme"


def test_an_answer_may_come_from_another_address_of_the_same_user(gateway: House) -> None:
    nfeld = Participant("nfeld@lumenfold.example", "Nora Feld", "internal", "user")
    mail = lost(gateway, sender=nfeld)
    assert gateway.outgoing(NOTICE) == [nfeld.email]
    answer(gateway, mail, "acme")
    assert gateway.mail(mail.id).state == "filed"


def test_nobody_else_answers(gateway: House) -> None:
    mail = lost(gateway)
    assert answer(gateway, mail, "acme", sender=JONAS).state == "quarantined"
    assert answer(gateway, mail, "acme", sender=ADA, number=51).state == "quarantined"
    to = gateway.question(mail)
    forged = gateway.receive(reply("acme", sender=NORA, to=to), to, sender=NORA.email, trust="unverified")
    assert forged.state == "quarantined"
    assert gateway.mail(mail.id).state == "unresolved"


def test_an_answer_that_names_nobody_waits_and_asks_nothing(gateway: House) -> None:
    """A notice about it would ask where the answer belongs."""
    mail = lost(gateway)
    gateway.pass_time(days=2)
    assert answer(gateway, mail, "No idea, sorry").state == "unresolved"
    assert gateway.outgoing(NOTICE) == [NORA.email]
    assert answer(gateway, mail, "acme", number=52).state == "ignored"
    assert gateway.mail(mail.id).state == "filed"


def test_an_answer_about_a_mail_that_was_dropped_or_erased_says_so(gateway: House) -> None:
    dropped = lost(gateway)
    gateway.pass_time(days=2)
    erased = lost(gateway, 2)
    with writing(gateway.engine) as conn:
        drop(conn, dropped.id, gateway.now)
        erase_raw(conn, erased.id)
    first = answer(gateway, dropped, "acme")
    second = answer(gateway, erased, "acme", number=53)
    assert first.decision is not None
    assert second.decision is not None
    assert (first.state, second.state) == ("ignored", "unresolved")
    assert "dropped" in first.decision["reason"]
    assert "erased" in second.decision["reason"]
    assert gateway.mail(erased.id).state == "unresolved"
