"""Mail in its minimal form: filed by the rules of any other mail, told apart by its octets."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.cli import main
from gateway.filing.examine import Unreadable
from gateway.filing.rerun import Runner
from gateway.mail import UNREAD, reading
from rules.message import Message
from storage.engine import reading as database
from storage.inbound import WHOLE_TRIES
from storage.outbox import REPLY
from storage.tables import letters
from tests.filing.house import ADA, NORA, House, house, reply
from tests.mail.build import mail, multipart

STRUCK = WHOLE_TRIES


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a body with this word in it never ends, and lets no exception end it either."""
    really: Callable[..., Message] = reading._mail

    def read(raw: bytes, *rest: object) -> Message:
        while b"ENDLESS" in raw:
            try:
                sum(range(100_000))
            except Exception:
                pass
        return really(raw, *rest)

    monkeypatch.setattr(reading, "_mail", read)


def impatient(gateway: House) -> House:
    filing = gateway.settings.filing.model_copy(update={"deadline_seconds": 0.2})
    gateway.settings = gateway.settings.model_copy(update={"filing": filing})
    return gateway


# -- what stands in it -------------------------------------------------------------------------------------


def test_it_has_everything_the_header_says_and_nothing_of_the_body() -> None:
    message = reading.minimal(multipart("mixed", "\nText", "Content-Type: text/html\n\n<p>HTML</p>"))
    assert [each.email for each in message.people()] == [
        "anna.keller@vendor.example",
        "peter.braun@kunde.example",
    ]
    assert message.subject == "Angebot"
    assert message.date is not None
    assert message.message_id == "<20240304101500.1@vendor.example>"
    assert message.content_type == "multipart/mixed"
    assert (message.text, message.html, message.attachments, message.nested) == ("", "", (), ())
    assert message.notices == (UNREAD,)


def test_a_mistake_of_ours_in_the_body_leads_to_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = mail("To: a@k.example, b@k.example", body="Text")
    least = reading.minimal(raw)

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gateway.mail.reading.body_of", broken)
    message = reading.read(raw)
    assert message.defects[0] == f"{reading.FAILED}: ZeroDivisionError"
    assert (message.people(), message.notices, message.unread) == (
        least.people(),
        least.notices,
        least.unread,
    )


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n\r\n", b":", b"\0" * 100, b"a\rb\rc", b"\xff" * 1000])
def test_anything_has_a_minimal_form(raw: bytes) -> None:
    assert reading.minimal(raw).notices[0] == UNREAD


def test_memory_that_runs_out_is_told_and_not_taken_for_a_broken_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process may be short of it, and not the mail too large: whoever reads tries again in a new one."""

    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("gateway.mail.reading.body_of", greedy)
    with pytest.raises(MemoryError):
        reading.read(mail(body="Text"))


# -- what becomes of it ------------------------------------------------------------------------------------


def test_a_delivery_report_is_told_by_its_header(gateway: House) -> None:
    raw = multipart("report", "\nfailed", report_type="delivery-status").replace(b"Angebot", b"Returned")
    found = gateway.receive(raw, strikes=STRUCK)
    assert found.decision is not None
    assert (found.state, found.decision["machine"]) == ("ignored", "bounce")


def test_a_forged_sender_is_quarantined_all_the_same(gateway: House) -> None:
    assert gateway.receive(reply("Hello"), trust="failed", strikes=STRUCK).state == "quarantined"


def test_a_reply_in_a_thread_is_filed_there_and_who_follows_it_is_told_so(gateway: House) -> None:
    thread = gateway.touchpoint()
    found = gateway.receive(reply("The 16th suits us."), gateway.thread(thread), strikes=STRUCK)
    assert found.state == "replied"
    (filed,) = gateway.filed(found)
    assert (filed.thread_id, filed.text) == (thread, "")
    assert UNREAD in filed.notices
    assert gateway.outgoing(REPLY) == [NORA.email]
    with database(gateway.engine) as conn:
        (told,) = conn.execute(select(letters.c.content)).scalars()
    assert told["text"] == UNREAD


def test_two_of_them_are_one_only_when_their_octets_are(gateway: House) -> None:
    """Their headers may be the same to the letter: nothing but the body tells a second mail from a redelivery."""
    mails = [reply(text, f"Received: by mx{number}.example") for number, text in enumerate(("a", "b", "a"))]
    one, other, again = (gateway.receive(raw, strikes=STRUCK) for raw in mails)
    assert one.touchpoint_id != other.touchpoint_id
    assert again.touchpoint_id == one.touchpoint_id


# -- and later ---------------------------------------------------------------------------------------------


def test_it_is_read_whole_when_it_is_run_again(gateway: House) -> None:
    found = gateway.receive(reply("The 16th suits us.", to="ben.cole@acme.example"), strikes=STRUCK)
    (before,) = gateway.filed(found)
    runner = Runner(gateway.settings, gateway.engine, lambda: gateway.now)
    told = runner.replay(found.id)
    assert told.result == "differs"
    assert ("text", "", "The 16th suits us.") in told.changes
    assert gateway.get(before.id).text == ""
    assert runner.replay(found.id, apply=True).result == "applied"
    after = gateway.get(before.id)
    assert (after.text, UNREAD in after.notices) == ("The 16th suits us.", False)
    assert runner.replay(found.id).result == "unchanged"


@pytest.mark.usefixtures("endless")
def test_run_again_it_stays_what_it_is_when_its_body_is_as_bad_as_ever(gateway: House) -> None:
    found = gateway.receive(reply("ENDLESS"), strikes=STRUCK)
    runner = Runner(impatient(gateway).settings, gateway.engine, lambda: gateway.now)
    assert runner.replay(found.id, apply=True).result == "unchanged"


def test_a_mail_that_was_read_once_is_not_made_poorer(
    gateway: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gateway.receive(reply("Hello"))
    monkeypatch.setattr(reading, "_mail", _never)
    runner = Runner(impatient(gateway).settings, gateway.engine, lambda: gateway.now)
    told = runner.replay(found.id, apply=True)
    assert (told.result, told.why) == ("failed", "reading it took longer than 0.2 s")
    assert gateway.filed(found)[0].text == "Hello"


def test_one_that_waits_can_be_assigned(gateway: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = gateway.receive(reply("Hello"), trust="failed", strikes=STRUCK)
    monkeypatch.setattr(reading, "_mail", _never)
    runner = Runner(impatient(gateway).settings, gateway.engine, lambda: gateway.now)
    filed, _ = runner.assign(found.id, "acme")
    assert filed.touchpoint_id is not None
    assert UNREAD in gateway.get(filed.touchpoint_id).notices


def test_one_that_was_read_is_not_assigned_unread(gateway: House) -> None:
    found = gateway.receive(reply("Hello"), trust="failed")
    runner = Runner(gateway.settings, gateway.engine, lambda: gateway.now)
    with pytest.raises(Unreadable, match="ended the process"):
        runner.assign(found.id, "acme", whole=False)


def test_one_whose_reader_dies_is_assigned_by_the_next(gateway: House) -> None:
    found = gateway.receive(reply("Hello"), trust="failed", strikes=STRUCK)
    runner = Runner(gateway.settings, gateway.engine, lambda: gateway.now)
    filed, _ = runner.assign(found.id, "acme", whole=False)
    assert filed.touchpoint_id is not None
    assert gateway.get(filed.touchpoint_id).text == ""


@pytest.mark.usefixtures("endless")
def test_explain_says_what_would_be_filed(
    gateway: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, file = tmp_path / "config.toml", tmp_path / "mail.eml"
    config.write_text(
        f'data_dir = "{gateway.settings.data_dir}"\n[sender_check]\ndns = false\n[filing]\ndeadline_seconds = 0.2\n'
    )
    file.write_bytes(reply("ENDLESS", to="ben.cole@acme.example"))
    arguments = ["explain", "--trust", "verified", "--rcpt", "log@touchpoints.localhost", "--json", str(file)]
    assert main(["--config", str(config), *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["notices"][0] == UNREAD
    assert (told["author"]["email"], told["subject"], told["text"]) == (ADA.email, "Re: Rollout", "")


def _never(*_: object) -> Message:
    while True:
        pass
