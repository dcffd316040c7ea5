"""A person erased: nothing of them is left, and nothing of anybody else is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, func, literal_column, select, text, update
from structlog.testing import capture_logs

from gateway.erasing.catch_up import outstanding
from gateway.erasing.eraser import Wish
from gateway.filing.rerun import Runner
from gateway.health import erasures
from gateway.site import sites
from gateway.smtp.handler import Arrival, Handler, Peer
from gateway.smtp.limits import Limits
from rules import replies
from rules.erasure import ERASED_EMAIL, ERASED_NAME, ERASED_SUBJECT, Person
from rules.people import Participant
from storage import outbox, outgoing
from storage.engine import reading, writing
from storage.errors import DatabaseFailed, DatabaseUnavailable, LeaseLost, WrongState
from storage.filing import Filing, file
from storage.history import history, why_gone
from storage.inbound import claim, keep, raw
from storage.outbox import NewEntry, NewLetter
from storage.tables import METADATA, attachments, contacts, followers, letters, message_ids, users
from storage.threads import follow
from storage.traces import FOLLOWED, text_columns, trace
from tests import back_ends
from tests.daemon import LOG
from tests.erasing.house import SAID, House, house, letter
from tests.filing.house import ADA, BEN, JONAS, NORA
from tests.storage.prepared import prepare

LIADA = Participant("liada.marsh@acme.example", "Lia Dorn", "external", "unknown")
LARGE = bytes(range(256)) * 400


@pytest.fixture
def there(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def test_what_they_wrote_is_emptied_and_its_row_stays(there: House) -> None:
    mail = there.receive(letter(f"{SAID}\n", files=(LARGE,)), LOG)
    (before,) = there.filed(mail)
    there.erase()
    (row,) = there.filed(mail)
    assert (row.id, row.account_key, row.date) == (before.id, "acme", before.date)
    assert (row.subject, row.text, row.html, row.attachments) == (ERASED_SUBJECT, "", "", ())
    assert row.author is not None
    assert (row.author.email, row.author.name, row.author.side) == (ERASED_EMAIL, ERASED_NAME, "external")
    assert [person.name for person in row.participants] == [ERASED_NAME, "Nora Feld"]
    assert row.version == before.version + 1
    after = there.mail(mail.id)
    assert (after.state, after.has_raw, after.mail_from, after.peer) == ("filed", False, ERASED_EMAIL, {})
    assert after.decision is not None
    assert after.decision["rules"]
    assert there.bytes_with(SAID, ADA.email, ADA.name, "Second site") == []
    assert [path for path in Path(there.settings.blobs_place).rglob("*") if path.is_file()] == []
    with reading(there.engine) as conn:
        assert "erased" in why_gone(conn, mail.id)


def test_what_others_wrote_stays_without_them(there: House) -> None:
    text = f"Ask Ada Marsh ({ADA.email.upper()}) or {LIADA.email}.\n"
    mail = there.receive(letter(text, NORA, BEN, cc=(ADA, LIADA), files=(LARGE,)), LOG, sender=NORA.email)
    there.erase()
    (row,) = there.filed(mail)
    assert row.text.strip() == f"Ask {ERASED_NAME} ({ERASED_EMAIL}) or {LIADA.email}."
    assert row.author is not None
    assert row.author.email == NORA.email
    assert [person.email for person in row.participants] == [NORA.email, BEN.email, ERASED_EMAIL, LIADA.email]
    assert [part.size for part in row.attachments] == [len(LARGE)]
    assert there.blobs.get(row.attachments[0].sha256) == LARGE
    assert there.bytes_with(f" {ADA.email}", f"<{ADA.email}", f"({ADA.email}", ADA.name) == []
    assert there.prove().addresses == []


@back_ends.SQLITE_ONLY
def test_nothing_is_found_of_what_they_wrote_and_no_word_of_it_is_left_in_the_index(there: House) -> None:
    """Not by the bytes of the file alone, in which words that begin alike are written only once."""
    there.receive(letter(f"{SAID} tamarisk\n"), LOG)
    there.receive(letter("About tamales\n", NORA, BEN, cc=(ADA,), subject="Other"), LOG, sender=NORA.email)

    def words() -> set[str]:
        with reading(there.engine) as conn:
            conn.execute(text("CREATE VIRTUAL TABLE temp.told USING fts5vocab(main, searched_words, row)"))
            found = set(conn.execute(text("SELECT term FROM told")).scalars())
            conn.execute(text("DROP TABLE temp.told"))
        return found

    assert {SAID, "tamarisk", "tamales", "marsh"} <= words()
    there.erase()
    assert "tamales" in words()
    assert not words() & {SAID, "tamarisk", "marsh", "ada"}


def test_marks_beside_an_address_hide_it_neither_from_the_erasure_nor_from_the_proof(there: House) -> None:
    beside = "\n".join(each.format(ADA.email) for each in ("_{}_", "-{}", "+{}", "...{}", "{}-"))
    mail = there.receive(letter(f"{beside}\n", NORA, BEN), LOG, sender=NORA.email)
    assert {each.place for each in there.prove().addresses} >= {"table touchpoints", "table mails"}
    there.erase()
    (row,) = there.filed(mail)
    assert row.text.strip() == beside.replace(ADA.email, ERASED_EMAIL)
    assert there.bytes_with(ADA.email) == []
    assert there.prove().addresses == there.prove().possibly == []


@pytest.mark.parametrize("split", ["ada.marsh<b>@</b>acme.example", "ad<wbr>a.marsh@acme.exam<i>ple</i>"])
def test_html_in_which_tags_split_their_address_goes_and_the_text_stays(there: House, split: str) -> None:
    html = f"<p>Ask {split}</p>"
    kept = there.touchpoint(text="Hello Ben", html="<p>Hello <b>Ben</b></p>")
    touchpoint = there.touchpoint(text=f"Ask {ADA.email}", html=html)
    there.erase()
    assert (there.get(touchpoint).text, there.get(touchpoint).html) == (f"Ask {ERASED_EMAIL}", "")
    assert there.get(kept).html == "<p>Hello <b>Ben</b></p>"


def test_the_comment_of_an_erased_user_on_what_they_forwarded_goes(there: House) -> None:
    head = f"From: Ada Marsh <{ADA.email}>\nDate: Mon, 2 Mar 2026 09:30\nSubject: Site\nTo: {NORA.email}"
    text = f"{SAID}\n\n---------- Forwarded message ---------\n{head}\n\nWords of Ada\n"
    to_log = Participant(LOG, "", "internal", "unknown")
    mail = there.receive(letter(text, NORA, to_log, subject="Fwd: Site"), LOG, sender=NORA.email)
    (before,) = there.filed(mail)
    assert before.author is not None
    assert (before.author.email, (before.comment or "").strip()) == (ADA.email, SAID)
    there.erase(NORA.email, user=True)
    (row,) = there.filed(mail)
    assert (row.comment, row.text.strip()) == (None, "Words of Ada")
    assert there.bytes_with(SAID) == []


def test_what_may_be_anothers_address_stays_and_is_told(there: House) -> None:
    text = f"Ask x-{ADA.email} or {ADA.email}.Thanks"
    mail = there.receive(letter(f"{text}\n", NORA, BEN), LOG, sender=NORA.email)
    there.erase()
    assert there.filed(mail)[0].text.strip() == text
    proof = there.prove()
    assert proof.addresses == []
    assert {each.place for each in proof.possibly} >= {"table touchpoints", f"raw form of mail {mail.id}"}


def test_an_envelope_sender_that_a_forwarder_wrote_goes_with_their_mail(there: House) -> None:
    domain, local = ADA.email.partition("@")[2], ADA.email.partition("@")[0]
    rewritten = f"SRS0=x1Y=TT={domain}={local}@forwarder.example"
    own = there.receive(letter(f"{SAID}\n"), LOG, sender=rewritten)
    hashed = there.receive(letter(f"{SAID}\n", subject="Third"), LOG, sender="0100018f@bulk.example")
    bounced = there.receive(letter(f"{SAID}\n", subject="Fourth"), LOG, sender="")
    others = there.receive(letter(f"From {rewritten}\n", NORA, BEN), LOG, sender=NORA.email)
    assert [own.state, others.state] == ["filed", "filed"]
    there.erase()
    senders = [there.mail(mail.id).mail_from for mail in (own, hashed, bounced, others)]
    assert senders == [ERASED_EMAIL, ERASED_EMAIL, "", NORA.email]
    assert there.bytes_with(f"{domain}={local}") == []
    assert there.prove().addresses == []


def test_quoted_history_with_words_of_theirs_goes_whole(there: House) -> None:
    quoted = f"Yes.\n\nOn Mon, 2 Mar 2026 at 09:30, Ada Marsh <{ADA.email}> wrote:\n> {SAID}\n> and more\n"
    mail = there.receive(letter(quoted, NORA, BEN), LOG, sender=NORA.email)
    (before,) = there.filed(mail)
    assert SAID in before.quoted
    there.erase()
    (row,) = there.filed(mail)
    assert (row.text.strip(), row.quoted) == ("Yes.", "")
    assert there.bytes_with(SAID) == []


def test_in_a_thread_of_theirs_history_goes_even_where_nobody_is_named(there: House) -> None:
    touchpoint = there.touchpoint()
    there.receive(letter(f"{SAID}\n", subject="Re: Rollout"), there.thread(touchpoint))
    answer = letter(f"Fine, Ada Marsh.\n\n> {SAID}\n", JONAS, NORA, subject="Re: Rollout")
    mail = there.receive(answer, there.thread(touchpoint), sender=JONAS.email)
    assert mail.state == "replied"
    there.erase()
    (row,) = there.filed(mail)
    assert (row.text.strip(), row.quoted) == (f"Fine, {ERASED_NAME}.", "")
    assert there.bytes_with(SAID, ADA.name, ADA.email) == []


def test_an_attachment_that_another_mail_brought_too_is_kept(there: House) -> None:
    theirs = there.receive(letter("mine", files=(LARGE,)), LOG)
    other = there.receive(letter("ours", NORA, BEN, files=(LARGE,)), LOG, sender=NORA.email)
    there.erase()
    assert there.filed(theirs)[0].attachments == ()
    (part,) = there.filed(other)[0].attachments
    assert there.blobs.get(part.sha256) == LARGE


def test_waiting_mail_of_others_is_kept_without_them_and_can_still_be_filed(there: House) -> None:
    mail = there.receive(letter(f"Who is {ADA.email}?\n", NORA, JONAS), LOG, sender=NORA.email)
    assert mail.state == "unresolved"
    found = there.erase()
    assert found.stuck == ()
    after = there.mail(mail.id)
    assert (after.state, after.has_raw) == ("unresolved", True)
    with reading(there.engine) as conn:
        assert ERASED_EMAIL.encode() in (raw(conn, there.blobs, mail.id) or b"")
    filed, _ = Runner(there.settings, there.engine).assign(mail.id, "acme")
    assert filed.touchpoint_id is not None
    assert there.get(filed.touchpoint_id).text.strip() == f"Who is {ERASED_EMAIL}?"
    assert there.prove().addresses == []


def test_a_display_name_does_not_come_back_when_waiting_mail_is_assigned(there: House) -> None:
    raw = letter("No account\n", NORA, JONAS).replace(
        b"To: ", f"Cc: =?utf-8?q?Die_?= =?utf-8?q?Ada?= <{ADA.email}>\r\nTo: ".encode(), 1
    )
    mail = there.receive(raw, LOG, sender="x@nowhere.example", trust="failed")
    assert mail.state in ("quarantined", "unresolved")
    there.erase()
    filed, _ = Runner(there.settings, there.engine).assign(mail.id, "acme")
    assert filed.touchpoint_id is not None
    people = {each.email: each.name for each in there.get(filed.touchpoint_id).participants}
    assert people[ERASED_EMAIL] == ERASED_NAME


def test_waiting_mail_that_cannot_be_kept_without_them_is_told_and_goes_only_if_so_wished(
    there: House,
) -> None:
    coded = letter(f"Who is {ADA.email}?\n", NORA, JONAS, cte="base64")
    mail = there.receive(coded, LOG, sender=NORA.email)
    assert there.survey().stuck == (mail.id,)
    there.erase()
    assert there.mail(mail.id).has_raw
    there.erase(waiting=True)
    assert (there.mail(mail.id).state, there.mail(mail.id).has_raw) == ("dropped", False)
    assert there.prove().addresses == []


def test_their_own_mail_that_waits_is_dropped(there: House) -> None:
    mail = there.receive(letter(f"{SAID}\n"), LOG, trust="failed")
    assert mail.state == "quarantined"
    there.erase()
    assert (there.mail(mail.id).state, there.mail(mail.id).has_raw) == ("dropped", False)
    assert there.bytes_with(SAID, ADA.email, ADA.name) == []
    with reading(there.engine) as conn:
        assert [event.event for event in history(conn, mail.id)][-1] == "erased"


def test_a_worker_that_is_at_their_mail_files_nothing(there: House) -> None:
    new = prepare(
        letter(f"{SAID}\n"),
        mail_from=ADA.email,
        recipients=[LOG],
        peer={},
        received_at=there.now,
        blobs=there.blobs,
    )
    with writing(there.engine) as conn:
        keep(conn, [new])
        (held,) = claim(conn, "worker", there.now, 600, 1)
    there.erase()
    late = Filing(state="ignored", decision={"text": SAID}, trust="verified", owner="worker")
    with pytest.raises(LeaseLost), writing(there.engine) as conn:
        file(conn, held.id, late, there.now)
    assert there.bytes_with(SAID) == []


def test_a_replay_that_is_at_it_brings_nothing_back(there: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = there.receive(letter(f"{SAID}\n"), LOG)
    runner = Runner(there.settings, there.engine)
    examine = runner._examine

    def erased_meanwhile(*values: Any) -> Any:
        examined = examine(*values)
        there.erase()
        changed = replace(examined.decision, text="another text")
        return replace(examined, decision=changed)

    monkeypatch.setattr(runner, "_examine", erased_meanwhile)
    again = runner.replay(mail.id, apply=True)
    assert again.result in ("skipped", "unchanged")
    assert there.bytes_with(SAID, ADA.email) == []
    assert "erased" in Runner(there.settings, there.engine).replay(mail.id).why


def test_what_is_sent_to_them_is_not_sent_and_what_was_sent_forgets_them(there: House) -> None:
    sent = there.copy(there.touchpoint())
    waiting = there.touchpoint()
    content = {"subject": "Rollout", "text": f"Hello Ada Marsh, {ADA.email}", "author": None}
    with writing(there.engine) as conn:
        both = [NewEntry(outbox.COPY, person.email, person.name) for person in (ADA, BEN)]
        to_ada, to_ben = outbox.enqueue(
            conn, NewLetter(outbox.COPY, waiting, content), both, there.now + timedelta(minutes=1)
        )
        outbox.bounced(conn, sent, there.now, "5.1.1", f"550 <{ADA.email}> unknown")
    there.erase()
    with reading(there.engine) as conn:
        row, attempts = outgoing.get_entry(conn, sent)
        assert (row.recipient, row.state, row.diagnostic) == (
            ERASED_EMAIL,
            "undelivered",
            f"550 <{ERASED_EMAIL}> unknown",
        )
        assert all(ADA.email not in attempt.answer for attempt in attempts)
        assert outgoing.get_entry(conn, to_ada)[0].state == "cancelled"
        assert outgoing.get_entry(conn, to_ben)[0].state == "waiting"
        written = conn.execute(select(letters.c.content).order_by(letters.c.id.desc()).limit(1)).scalar_one()
        assert written["text"] == f"Hello {ERASED_NAME}, {ERASED_EMAIL}"
    with pytest.raises(WrongState, match="erased"), writing(there.engine) as conn:
        outgoing.retry(conn, to_ada, there.now)


def test_a_server_that_answers_after_the_erasure_says_nothing_about_them(there: House) -> None:
    with writing(there.engine) as conn:
        outbox.enqueue(
            conn,
            NewLetter(outbox.COPY, None, {"subject": "x"}),
            [NewEntry(outbox.COPY, ADA.email)],
            there.now,
        )
        entry = outbox.claim(conn, "sender", there.now, timedelta(minutes=5))
        assert entry is not None
    there.erase()
    with writing(there.engine) as conn:
        outbox.refused(conn, entry, there.now, f"550 <{ADA.email}> unknown", "5.1.1")
    assert there.prove().addresses == []


def test_words_of_theirs_that_wait_to_be_passed_on_are_not(there: House) -> None:
    touchpoint = there.touchpoint()
    there.receive(letter(f"{SAID}\n", to=BEN, subject="Re: Rollout"), there.thread(touchpoint))
    assert there.outgoing(outbox.REPLY) == [NORA.email]
    there.erase()
    with reading(there.engine) as conn:
        (row,) = outgoing.list_entries(conn)
        assert (row.recipient, row.state) == (NORA.email, "cancelled")
    assert there.bytes_with(SAID) == []


def test_directory_followers_and_message_ids_forget_them(there: House) -> None:
    touchpoint = there.touchpoint()
    mail = there.receive(letter("Hello\n"), LOG)
    with writing(there.engine) as conn:
        follow(conn, touchpoint, [(ADA.email, ADA.name), (BEN.email, BEN.name)], "copied", there.now)
        people = conn.execute(select(func.count()).select_from(contacts)).scalar_one()
    (identifier,) = there.survey().message_ids
    there.erase()
    with reading(there.engine) as conn:
        assert conn.execute(select(func.count()).select_from(contacts)).scalar_one() == people - 1
        assert list(conn.execute(select(followers.c.email)).scalars()) == [BEN.email]
        left = select(message_ids.c.message_id).where(message_ids.c.message_id == identifier)
        assert conn.execute(left).all() == []
    assert there.filed(mail)


def test_no_table_hides_somebody_from_the_survey(there: House) -> None:
    """Whatever row holds the address, in whichever text, is counted."""
    there.copy(there.touchpoint())
    mail = there.receive(letter("Hello\n", NORA, BEN, files=(b"x",)), LOG, sender=NORA.email)
    zed = "zed.quill@elsewhere.example"
    tried, hidden = set(), []
    for table in METADATA.sorted_tables:
        for column in text_columns(table):
            with there.engine.connect() as conn, conn.begin() as trying:
                value = {"x": zed} if isinstance(column.type, JSON) else zed
                row = literal_column("rowid" if conn.dialect.name == "sqlite" else "ctid")
                one = select(row).select_from(table).limit(1).scalar_subquery()
                done = conn.execute(update(table).where(row == one).values({column: value}))
                if done.rowcount:
                    tried.add(table.name)
                    if not trace(conn, Person([zed]), {}):
                        hidden.append(str(column))
                trying.rollback()
    assert tried >= {"accounts", "contacts", "users", *(table.name for table in FOLLOWED)}
    assert mail.state == "filed"
    assert hidden == []


def test_every_address_of_a_user_and_their_login_goes(there: House) -> None:
    mail = there.receive(letter(f"{SAID}\n", NORA, ADA), LOG, sender=NORA.email)
    assert there.survey(NORA.email).trace.users
    there.erase(NORA.email, user=True)
    with reading(there.engine) as conn:
        assert conn.execute(select(users.c.id).where(users.c.name == NORA.name)).all() == []
    (row,) = there.filed(mail)
    assert row.text == ""
    assert there.bytes_with(SAID, NORA.email, NORA.name) == []


def test_who_stands_nowhere_gets_a_tombstone_all_the_same(there: House) -> None:
    assert not there.erase("nobody@nowhere.example")
    assert len(there.stones.read()) == 1


async def test_new_mail_of_an_erased_person_is_new_and_never_again_keeps_it_out(there: House) -> None:
    there.erase()
    mail = there.receive(letter("I am back\n"), LOG)
    assert mail.state == "filed"
    assert there.catch_up() == 0
    assert there.filed(mail)[0].text.strip() == "I am back"
    there.erase(never_again=True)
    asked: Any = None  # neither the directory nor intake is asked for a mail that is refused
    handler = Handler(sites(there.settings), asked, asked, Limits())
    assert handler.sender(f"Ada.Marsh+x@{ADA.email.partition('@')[2].upper()}") is replies.NEVER_LOG
    assert handler.sender(BEN.email) is replies.SENDER_OK
    raw = letter("In Cc\n", NORA, BEN, cc=(ADA,))
    arrival = Arrival(raw, NORA.email, (LOG,), Peer("session"), asked)
    assert await handler.mail(arrival, raw) is replies.NEVER_LOG


@back_ends.SQLITE_ONLY
def test_an_erasure_that_was_broken_off_is_ended_by_the_next_start(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = there.receive(letter(f"{SAID}\n"), LOG)
    there.receive(letter("Hello Ada Marsh\n", NORA, ADA), LOG, sender=NORA.email)

    def power_cut(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("gateway.erasing.eraser.erase_mail", power_cut)
    with pytest.raises(RuntimeError):
        there.eraser.erase(there.survey(), Wish())
    monkeypatch.undo()
    assert there.bytes_with(SAID)
    assert there.catch_up() == 1
    assert there.bytes_with(SAID, ADA.email, ADA.name) == []
    assert there.mail(mail.id).state == "filed"
    assert there.catch_up() == 0


def test_one_that_was_broken_off_is_ended_with_no_more_than_was_allowed(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mail of others that cannot be kept without them, that came meanwhile, and a login, are left and told."""
    there.receive(letter(f"{SAID}\n"), LOG)

    def power_cut(*_: Any, **__: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("gateway.erasing.eraser.erase_mail", power_cut)
    with pytest.raises(RuntimeError):
        there.eraser.erase(there.survey(), Wish())
    monkeypatch.undo()
    coded = letter(f"Who is {ADA.email}?\n", NORA, JONAS, cte="base64")
    mail = there.receive(coded, LOG, sender=NORA.email)
    with capture_logs() as logged:
        assert there.catch_up() == 0
    assert (there.mail(mail.id).state, there.mail(mail.id).has_raw) == ("unresolved", True)
    assert there.bytes_with(SAID) == []
    (error,) = (entry for entry in logged if entry["log_level"] == "error")
    assert error["waiting"] == [mail.id]
    assert ADA.email not in str(logged)
    assert erasures(there.settings).state == "fail"
    there.erase(waiting=True)
    assert there.mail(mail.id).state == "dropped"
    assert outstanding(there.engine, there.stones) == []
    assert erasures(there.settings).state == "ok"


def test_who_is_done_does_not_wait_for_who_is_not(there: House) -> None:
    coded = letter(f"Who is {BEN.email}?\n", NORA, JONAS, cte="base64")
    there.receive(coded, LOG, sender=NORA.email)
    for email in (ADA.email, BEN.email):
        keys = frozenset({email})
        there.stones.append(there.stones.new(keys, there.now, never_again=False, user=False, waiting=False))
    assert there.catch_up() == 1
    (left,) = outstanding(there.engine, there.stones)
    assert left.digests == there.stones.new(frozenset({BEN.email}), there.now, never_again=False).digests


def test_without_room_for_a_copy_of_the_database_a_start_goes_on_and_the_next_one_tries_again(
    there: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.receive(letter(f"{SAID}\n"), LOG)
    there.stones.append(there.stones.new(frozenset({ADA.email}), there.now, never_again=False))

    def full(_engine: Any) -> None:
        raise DatabaseUnavailable("database or disk is full")

    monkeypatch.setattr("gateway.erasing.eraser.compact", full)
    with capture_logs() as logged:
        assert there.catch_up() == 1
    assert [entry["why"] for entry in logged if entry["log_level"] == "error"] == ["database or disk is full"]
    assert erasures(there.settings).state == "warn"
    assert not there.survey()  # the rows are done
    with pytest.raises(DatabaseUnavailable):  # who sits before it is told
        there.erase()
    assert outstanding(there.engine, there.stones) == []
    monkeypatch.undo()
    assert there.catch_up() == 0
    assert erasures(there.settings).state == "ok"
    assert there.prove().addresses == []


def test_a_disk_that_fails_ends_the_start(there: House, monkeypatch: pytest.MonkeyPatch) -> None:
    there.stones.append(there.stones.new(frozenset({ADA.email}), there.now, never_again=False))

    def failing(_engine: Any) -> None:
        raise DatabaseFailed("disk I/O error")

    monkeypatch.setattr("gateway.erasing.eraser.compact", failing)
    with pytest.raises(DatabaseFailed):
        there.catch_up()


def test_attachments_of_others_are_told_and_go_only_if_so_wished(there: House) -> None:
    minutes = f"Present: {ADA.email}".encode() + bytes(200)
    mail = there.receive(letter("Minutes\n", NORA, BEN, files=(minutes,)), LOG, sender=NORA.email)
    there.erase()
    (found,) = there.prove().addresses
    assert "'file.bin' of touchpoint" in found.place
    there.eraser.erase_files({found.blob})
    assert there.prove().addresses == []
    assert there.filed(mail)[0].attachments == ()
    with reading(there.engine) as conn:
        assert conn.execute(select(attachments.c.sha256)).all() == []
