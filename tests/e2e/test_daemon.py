"""A mail from the socket to the timeline, and what an operator does with the rest: the real daemon, used."""

import signal
import smtplib
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.daemon import LOG, Daemon, daemon
from tests.e2e.mails import ADA, NORA, letter


@pytest.fixture
def house(tmp_path: Path):
    with daemon(tmp_path) as made:
        yield made


def test_a_mail_with_the_logging_address_in_bcc_is_on_the_timeline(house: Daemon) -> None:
    mail = house.send(letter())
    house.event("filed", mail=mail)
    (touchpoint,) = house.lines("timeline", "acme")
    assert touchpoint["outcome"] == "filed"
    assert touchpoint["way"] == "bcc"
    assert touchpoint["date"] == "2026-03-02T08:30:00Z"
    assert touchpoint["author"] == {
        "email": "nora.feld@lumenfold.example",
        "name": "Nora Feld",
        "side": "internal",
    }
    assert [(p["email"], p["side"]) for p in touchpoint["participants"]] == [
        ("nora.feld@lumenfold.example", "internal"),
        ("ada.marsh@acme.example", "external"),
    ]
    assert touchpoint["text"].strip() == "Hello Ada"
    assert [a["filename"] for a in touchpoint["attachments"]] == ["plan.csv"]
    assert [rule["rule"] for rule in touchpoint["rules"] if rule["hit"]]


def test_the_timeline_reads_well(house: Daemon) -> None:
    house.event("filed", mail=house.send(letter()))
    shown = house.run("timeline", "Acme Rockets").stdout
    for word in (
        "Second site",
        "Nora Feld",
        "internal",
        "external",
        "Hello Ada",
        "plan.csv",
        "Why",
        "contact of",
    ):
        assert word in shown


def test_send_test_is_filed(house: Daemon) -> None:
    sent = house.run("send-test", "--server", f"127.0.0.1:{house.port}")
    assert "250" in sent.stdout
    house.event("filed")
    (touchpoint,) = house.lines("timeline", "acme")
    assert touchpoint["attachments"]


def test_the_same_mail_again_is_answered_250_and_stored_once(house: Daemon) -> None:
    first, second = house.send(letter()), house.send(letter())
    assert first == second
    house.event("filed", mail=first)
    assert len(house.lines("timeline", "acme")) == 1


def test_a_redelivery_with_new_trace_fields_becomes_no_second_touchpoint(house: Daemon) -> None:
    first = house.send(letter())
    house.event("filed", mail=first, new=True)
    second = house.send(b"Received: from elsewhere by here; Mon, 2 Mar 2026 09:31:00 +0100\r\n" + letter())
    assert second != first
    house.event("filed", mail=second, new=False)
    assert len(house.lines("timeline", "acme")) == 1


def test_an_unresolved_mail_is_assigned_and_its_people_remembered(house: Daemon) -> None:
    mail = house.send(letter(to="Rosa Lind <rosa@orchard.example>"))
    house.event("unresolved", mail=mail)
    (waiting,) = house.lines("queue", "list")
    assert (waiting["id"], waiting["state"]) == (mail, "unresolved")
    assert "rosa@orchard.example" in house.run("queue", "show", str(mail)).stdout
    assert "1 new contact" in house.run("queue", "assign", str(mail), "pinewood", "--remember").stdout
    assert house.lines("queue", "list") == []
    assert len(house.lines("timeline", "pinewood")) == 1
    again = house.send(letter("Another one", to="Rosa Lind <rosa@orchard.example>"))
    house.event("filed", mail=again, account="pinewood")


def test_a_quarantined_mail_is_dropped_and_retried(house: Daemon) -> None:
    mail = house.send(letter(sender="x@nowhere.example"), sender="x@nowhere.example")
    house.event("quarantined", mail=mail)
    house.run("queue", "drop", str(mail), "--reason", "spam")
    (dropped,) = house.lines("queue", "list", "--state", "dropped")
    assert dropped["id"] == mail
    house.run("queue", "retry", str(mail))
    house.event("quarantined", mail=mail)
    history = [event["event"] for event in house.lines("queue", "show", str(mail))[0]["history"]]
    assert history == ["received", "quarantined", "dropped", "retried", "quarantined"]


def test_a_wrong_id_or_account_is_a_clear_error(house: Daemon) -> None:
    for arguments in (("queue", "show", "99"), ("queue", "assign", "99", "acme"), ("timeline", "nobody")):
        failed = house.run(*arguments, check=False)
        assert failed.returncode == 65
        assert "there is no" in failed.stderr
        assert "Traceback" not in failed.stderr


def test_replay_files_what_waits_after_the_directory_changed(house: Daemon, tmp_path: Path) -> None:
    mail = house.send(letter(to="Rosa Lind <rosa@orchard.example>"))
    house.event("unresolved", mail=mail)
    new = tmp_path / "new"
    new.mkdir()
    (new / "accounts.csv").write_text("key,name,domains,status\norchard,Orchard,orchard.example,active\n")
    house.run("directory", "import", str(new))
    (rerun,) = house.lines("replay", "--state", "unresolved")
    assert (rerun["result"], rerun["after"]) == ("settled", "filed")
    assert len(house.lines("timeline", "orchard")) == 1
    (rerun,) = house.lines("replay", "--all")
    assert rerun["result"] == "unchanged"
    assert len(house.lines("timeline", "orchard")) == 1


def test_replay_shows_what_would_change_and_changes_it_only_with_apply(house: Daemon, tmp_path: Path) -> None:
    mail = house.send(letter(to="ada.marsh@acme.example"))
    house.event("filed", mail=mail)
    before = house.lines("timeline", "acme")
    new = tmp_path / "new"
    new.mkdir()
    (new / "contacts.csv").write_text(
        "email,name,account,title\nada.marsh@acme.example,Ada Marsh-Lee,acme,\n"
    )
    house.run("directory", "import", str(new))
    (rerun,) = house.lines("replay", str(mail))
    assert rerun["result"] == "differs"
    assert [change["key"] for change in rerun["changes"]] == ["participants"]
    assert "Marsh-Lee" in house.run("replay", str(mail)).stdout
    assert house.lines("timeline", "acme") == before
    (rerun,) = house.lines("replay", str(mail), "--apply")
    assert rerun["result"] == "applied"
    (after,) = house.lines("timeline", "acme")
    assert after["id"] == before[0]["id"]
    assert after["participants"][1]["name"] == "Ada Marsh-Lee"


def test_a_replay_that_finds_another_account_moves_nothing_but_files_anew(
    house: Daemon, tmp_path: Path
) -> None:
    mail = house.send(letter(to="new.person@acme.example"))
    house.event("filed", mail=mail, account="acme")
    new = tmp_path / "new"
    new.mkdir()
    (new / "contacts.csv").write_text("email,name,account,title\nnew.person@acme.example,New,harbor,\n")
    house.run("directory", "import", str(new))
    (old,) = house.lines("timeline", "acme")
    (rerun,) = house.lines("replay", str(mail), "--apply")
    assert rerun["result"] == "applied"
    assert house.lines("timeline", "acme") == []
    (filed,) = house.lines("timeline", "harbor")
    assert filed["id"] != old["id"]


def test_mail_in_a_session_when_told_to_stop_is_finished_and_the_rest_told_421(house: Daemon) -> None:
    busy = smtplib.SMTP("127.0.0.1", house.port, timeout=30)
    with closing(busy), socket.create_connection(("127.0.0.1", house.port), 30) as idle:
        idle.recv(1000)
        busy.ehlo()
        busy.mail("nora.feld@lumenfold.example")
        busy.rcpt(LOG)
        busy.putcmd("data")
        assert busy.getreply()[0] == 354
        assert house.process is not None
        house.process.send_signal(signal.SIGTERM)
        assert idle.recv(1000).startswith(b"421 ")
        busy.send(letter() + b".\r\n")
        assert busy.getreply()[0] == 250
    assert house.process.wait(30) == 0
    house.start()
    house.event("filed")
    assert len(house.lines("timeline", "acme")) == 1


def test_what_was_accepted_before_a_kill_is_filed_after_a_start(house: Daemon) -> None:
    sent = [house.send(letter(f"Letter {number}")) for number in range(20)]
    house.kill()
    house.start()
    found: set[int] = set()
    while len(found) < len(sent):
        found = {touchpoint["mail"] for touchpoint in house.lines("timeline", "acme", "--limit", "100")}
    assert found == set(sent)
    assert house.stop() == 0


def test_a_second_daemon_on_the_same_port_says_so(house: Daemon) -> None:
    house.config.write_text(house.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{house.port}"))
    failed = house.run("serve", check=False)
    assert failed.returncode == 69
    assert "cannot listen" in failed.stderr


def test_explain_says_the_same_as_the_daemon(house: Daemon, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(letter())
    house.event("filed", mail=house.send(letter()))
    (touchpoint,) = house.lines("timeline", "acme")
    (explained,) = house.lines("explain", str(tmp_path / "mail.eml"))
    assert explained.pop("file") == str(tmp_path / "mail.eml")
    assert list(explained) == [key for key in touchpoint if key not in ("id", "mail", "replies")]
    assert {key: touchpoint[key] for key in explained} == explained


def test_explain_answers_for_every_file_in_order(house: Daemon, tmp_path: Path) -> None:
    files = []
    for number, content in enumerate(
        (letter(), b"", b"\x00" * 1000, b"no mail at all", b"From: <\xff@[\r\n" * 50)
    ):
        (tmp_path / f"{number}.eml").write_bytes(content)
        files.append(str(tmp_path / f"{number}.eml"))
    explained = house.lines("explain", *files)
    assert [each["file"] for each in explained] == files
    assert {tuple(each) for each in explained} == {tuple(explained[0])}
    missing = house.run("explain", "--json", str(tmp_path / "none"), files[0], check=False)
    assert missing.returncode == 66
    assert len(missing.stdout.splitlines()) == 2


def test_explain_for_people_says_what_why_and_where(house: Daemon, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(letter())
    shown = house.run("explain", str(tmp_path / "mail.eml")).stdout
    for word in ("filed", "Acme Rockets", "account-by-contact", ADA.split(" <")[0], NORA.split(" <")[0]):
        assert word in shown
