"""Mails by the million, mutated: by atheris (libFuzzer), which looks what code each reaches, or without it by chance.

    python -m tests.torture.guided RUNS --corpus FOLDER --report FILE [--seed N] [--seconds N] [--plain]

One process and one share of the work. What is wrong with a mail goes as a line of JSON to FILE, and the mail beside
it; the share goes on with the next. A mail that takes the process with it is named by the exit code, and lies beside
FILE too. `rows/mime.py` starts it, on each core once. atheris is installed by `make torture`.
"""

import argparse
import hashlib
import json
import random
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

LONGEST = 1024
"""Octets of a mail. Longer ones take longer and find little else; stalls that need many are `test_hostile.py`'s."""

HANG_SECONDS = 30
"""When libFuzzer calls it a hang. What takes two seconds of CPU is reported without that."""

MEMORY_MB = 1024

TOKENS = (
    *(
        b"\r\n",
        b"\n\n",
        b"\r",
        b"\0",
        b"\xff\xfe",
        b"\xe2\x80\xae",
        b"--b",
        b"--b--",
        b"boundary=b",
        b'"',
        b"<",
        b">",
    ),
    *(
        b"(",
        b")",
        b"@",
        b";",
        b",",
        b":",
        b"=?utf-8?q?",
        b"=?gb2312?b?",
        b"?=",
        b"=\n",
        b"=00",
        b"*0*=",
        b"''",
        b"%e2",
    ),
    *(
        b"From: ",
        b"To: ",
        b"Cc: ",
        b"Subject: ",
        b"Date: ",
        b"Message-ID: ",
        b"References: ",
        b"Content-Type: ",
    ),
    *(
        b"Content-Transfer-Encoding: base64",
        b"quoted-printable",
        b"x-uuencode",
        b"begin 644 a",
        b"charset=utf-16",
    ),
    *(
        b"text/plain",
        b"text/html",
        b"text/calendar",
        b"multipart/mixed",
        b"multipart/report",
        b"message/rfc822",
    ),
    *(b"multipart/alternative", b"multipart/related", b"message/delivery-status", b"text/rfc822-headers"),
    *(
        b"application/pkcs7-mime",
        b"format=flowed",
        b"report-type=delivery-status",
        b"Final-Recipient: rfc822; a@b",
    ),
    *(b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", b"DTSTART:20260101T000000Z", b"END:VEVENT", b"RRULE:", b"TZID="),
    *(b"-----Original Message-----", b"---------- Forwarded message", b"On Mon, Eva wrote:", b"> ", b"-- \n"),
    *(
        b"<blockquote>",
        b"<table><tr><td>",
        b"<!--",
        b"<script>",
        b"<style>",
        b"<svg>",
        b"<a href=",
        b"&#0;",
        b"cid:a",
    ),
    *(
        b"DKIM-Signature: v=1; a=rsa-sha256; ",
        b"Authentication-Results: ",
        b"Auto-Submitted: ",
        b"i=1;",
        b"dmarc=pass",
    ),
    *(
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN PGP SIGNED MESSAGE-----",
        b"\x1b$B",
        b"30 Feb 9999 25:00 +9999",
    ),
)


def main() -> int:
    """Run the share; 0 when it came to its end, whatever it found."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.guided")
    parser.add_argument("runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=0, help="of guided mutations; 0 is no end")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    options = parser.parse_args()
    options.corpus.mkdir(parents=True, exist_ok=True)
    _limit_memory()
    if options.plain or find_spec("atheris") is None:
        return _plain(options)
    return _guided(options)


def _limit_memory() -> None:
    """A mail for which MEMORY_MB more are taken than the program needs is a fault: MemoryError."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used + MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def seed_corpus(folder: Path) -> int:
    """Put the mails to begin with into a folder; returns how many there are."""
    from tests.mail.seeds import SEEDS
    from tests.mail.test_hostile import SMALL

    folder.mkdir(parents=True, exist_ok=True)
    mails = [raw[:LONGEST] for raw in SEEDS]
    mails += [raw for made in SMALL.values() if len(raw := made()) <= LONGEST]
    for raw in mails:
        (folder / hashlib.sha256(raw).hexdigest()[:16]).write_bytes(raw)
    return len(mails)


def _guided(options: argparse.Namespace) -> int:
    import atheris

    # What is imported while this is open tells of its branches; the judge imports all of it.
    with atheris.instrument_imports(include=["gateway", "rules"]):
        judge = _Judge(options.report)
    dictionary = options.report.with_suffix(".dict")
    dictionary.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS))
    arguments = [
        *(
            sys.argv[0],
            str(options.corpus),
            f"-runs={options.runs}",
            f"-seed={options.seed}",
            f"-dict={dictionary}",
        ),
        *(
            f"-max_len={LONGEST}",
            f"-timeout={HANG_SECONDS}",
            "-rss_limit_mb=0",  # it would count the peak of the process that started this one (getrusage(2))
            "-print_final_stats=1",
        ),
        f"-max_total_time={options.seconds}",
        *(f"-artifact_prefix={options.report.with_suffix('')}-", "-close_fd_mask=0", "-len_control=0"),
    ]
    atheris.Setup(arguments, judge)
    atheris.Fuzz()
    return 0


def _plain(options: argparse.Namespace) -> int:
    judge = _Judge(options.report)
    chance = random.Random(options.seed)
    pool = [path.read_bytes() for path in sorted(options.corpus.iterdir())] or [b""]
    for _ in range(options.runs):
        judge(_mutated(pool, chance))
    judge.close()
    return 0


def _mutated(pool: list[bytes], chance: random.Random) -> bytes:
    raw = bytearray(chance.choice(pool))
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(raw))
        match chance.randrange(8):
            case 0:
                del raw[at : at + chance.randint(1, 400)]
            case 1:
                other = chance.choice(pool)
                start = chance.randint(0, len(other))
                raw[at:at] = other[start : start + chance.randint(0, 400)]
            case 2:
                raw[at:at] = raw[at : at + chance.randint(0, 100)] * chance.randint(1, 30)
            case 3:
                raw[at : at + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 6))
            case _:
                raw[at : at + chance.randint(0, 12)] = chance.choice(TOKENS)
    return bytes(raw[:LONGEST])


class _Judge:
    """Takes mails, and notes what is wrong: each kind of fault once, with the first mail that shows it."""

    def __init__(self, report: Path) -> None:
        from tests.mail.taken import faults

        self._faults = faults
        self._report = report
        self._known: set[str] = set()
        self._count = 0
        self._counter = report.with_suffix(".count")

    def __call__(self, data: bytes) -> None:
        self._count += 1
        if self._count % 20 == 0:
            self.close()
        for fault in self._faults(data, least=self._count % 8 == 0):
            kind = fault[:120]
            if kind in self._known or len(self._known) > 100:
                continue
            self._known.add(kind)
            name = hashlib.sha256(data).hexdigest()[:16]
            self._report.with_name(f"{name}.eml").write_bytes(data)
            with self._report.open("a") as file:
                file.write(json.dumps({"fault": fault, "mail": name}) + "\n")

    def close(self) -> None:
        """Say how many there were."""
        self._counter.write_text(str(self._count))


def _escaped(token: bytes) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in token
    )


def reports(path: Path) -> Iterator[tuple[str, str]]:
    """The faults in a report, each with the name of its mail."""
    with suppress(FileNotFoundError):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            yield entry["fault"], entry["mail"]


if __name__ == "__main__":
    sys.exit(main())
