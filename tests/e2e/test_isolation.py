"""Mail too heavy for the limits, sent to the real daemon: filed without its body, and nobody waits for it."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from gateway.mail import UNREAD
from tests.daemon import daemon
from tests.e2e.mails import letter

HEAD = letter("Heavy").partition(b"\r\n\r\n")[0].replace(b"text/csv", b"x").split(b"\r\nMIME-Version")[0]


def heavy(part: bytes, count: int) -> bytes:
    """A mail of many equal parts."""
    body = b"".join(b"--b\r\n" + part + b"\r\n" for _ in range(count))
    return HEAD + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n"


def of_tags() -> bytes:
    """Seconds of work: every tag calls back."""
    return heavy(b"Content-Type: text/html\r\n\r\n" + b"<p>a</p>\r\n" * 2300, 900)


def of_mails() -> bytes:
    """Mails in mails: each level is an attachment of the one above, and holds all the others."""
    file = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    inner = b"Content-Type: message/rfc822\r\n\r\n" * 15 + file + (b"QUJD" * 19 + b"\r\n") * 280_000
    return heavy(inner, 1)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("limits", "build", "why"),
    [
        ("deadline_seconds = 3\ncpu_seconds = 60", of_tags, "longer than 3 s"),
        ("deadline_seconds = 100\ncpu_seconds = 1", of_tags, "more than 1 s of CPU"),
        ('memory_limit = "256MiB"', of_mails, "MemoryError"),
    ],
    ids=["wall clock", "CPU", "memory"],
)
def test_a_heavy_mail_is_filed_in_its_minimal_form_and_those_behind_it_at_once(
    tmp_path: Path, limits: str, build: Callable[[], bytes], why: str
) -> None:
    raw = build()
    with daemon(tmp_path, config=f"[filing]\nlease_seconds = 600\n{limits}\n") as gateway:
        bad = gateway.send(raw)
        sent = monotonic()
        good = [gateway.send(letter(f"Good {number}")) for number in range(5)]
        for mail in good:
            assert gateway.event("filed", mail=mail)["minimal"] is False
        waited = monotonic() - sent
        gateway.event("filed", mail=bad, minimal=True)
        # A lease is 600 s; the killer may be at its work when they come, but not twice.
        assert waited < 60
        (shown,) = gateway.lines("queue", "show", str(bad))
        assert UNREAD in shown["notices"]
        assert (shown["account"]["key"], shown["text"], shown["attachments"]) == ("acme", "", [])
        struck = [event["error"] for event in shown["history"] if event["event"] == "struck"]
        assert [why in error for error in struck] == [True, True]
        kept = gateway.run("queue", "show", str(bad), "--raw").stdout
        assert kept.encode() == raw.replace(b"\r\n", b"\n")  # as a text, so read
        gateway.config.write_text(
            gateway.config.read_text().replace(limits, "deadline_seconds = 100\ncpu_seconds = 90")
        )
        (told,) = gateway.lines("replay", str(bad), "--apply")
        assert told["result"] == "applied"
        (now,) = gateway.lines("queue", "show", str(bad))
        assert UNREAD not in now["notices"]
        assert now["text"] or now["attachments"]
