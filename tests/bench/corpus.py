"""Reading mail: raw bytes to a `Message`, in this process, without a database."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter

from gateway.mail import read
from tests.bench.mails import SIZES, numbered, pool
from tests.bench.section import Figure, Part, Say, plain, size
from tests.daemon import ROOT

SECONDS = 5.0

PLACES = ("tests/scenarios", "docs/tour")
"""Where the mails of the tests lie as files: clients, forwards, bounces, lists."""


def mails_of_the_tests() -> list[bytes]:
    """Every .eml of the repository, with the line ends of the wire."""
    files: list[Path] = [file for place in PLACES for file in sorted((ROOT / place).rglob("*.eml"))]
    return [file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for file in files]


def speed(
    mails: Sequence[bytes], seconds: float, work: Callable[[bytes], object] = read
) -> tuple[float, float]:
    """Mails and megabytes a second, over and over for so long."""
    work(mails[0])  # what is loaded once
    octets = count = 0
    begun = perf_counter()
    while (took := perf_counter() - begun) < seconds:
        mail = mails[count % len(mails)]
        work(mail)
        count += 1
        octets += len(mail)
    return count / took, octets / took / 1e6


def _some(octets: int) -> list[bytes]:
    return list(islice(numbered(pool(octets, 5), 0), 5))


def _corpus(quick: bool, say: Say) -> list[Figure]:
    seconds = 0.3 if quick else SECONDS
    corpus = mails_of_the_tests()
    sets = {f"mails of the tests ({len(corpus)})": corpus, **{size(each): _some(each) for each in SIZES}}
    found: list[Figure] = []
    for number, (name, mails) in enumerate(sets.items()):
        say(name, number, len(sets))
        rate, megabytes = speed(mails, seconds)
        average = sum(map(len, mails)) / len(mails) / 1000
        detail = f"{megabytes:.1f} MB/s; {average:,.1f} kB on average"
        found.append(plain(f"{name}: read", rate, "mails/s", detail=detail, key=f"corpus.{name.split()[0]}"))
    say("done", len(sets), len(sets))
    return found


_HOW = f"""\
`gateway.mail.read` alone, one thread, {SECONDS:.0f} s each: every mail file of the tests, and the signed mails of the
end-to-end section (plain text at 2 kB; text and HTML at 30 kB; a PDF in base64 besides at 1 MB)."""

SECTIONS = [Part("corpus", "Reading mail", _HOW, _corpus)]
