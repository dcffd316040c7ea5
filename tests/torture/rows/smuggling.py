"""Mail within mail: ends of data that are none, and commands before TLS that are to count after it.

A message's content holds one of the nine forms {CRLF, LF, CR}.{CRLF, LF, CR} and then a second mail. Only CRLF.CRLF
ends a message (RFC 5321 4.1.1.4), wherever it stands and however the network cuts it; what the database holds
afterwards is the judge, to the byte. Once with bare line ends refused, once with them mended.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from tests.daemon import LOG, ROOT
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    PATIENCE,
    Found,
    Watched,
    connect,
    envelope,
    gathered,
    kept,
    letter,
    reply,
    run,
    say_all,
    source,
    unverified,
    watched,
)

SMUGGLER = "smuggler@evil.example"
TLS = ROOT / "tests" / "smtp" / "tls"
CERTIFICATE = f'tls_certificate = "{TLS}/certificate.pem"\ntls_key = "{TLS}/key.pem"'
AT_ONCE = 24
"""Sessions at a time."""


# -- ends of data that are none ------------------------------------------------------------------------------

ENDS = {"CRLF": b"\r\n", "LF": b"\n", "CR": b"\r"}
FORMS = {f"{before}.{after}": ENDS[before] + b"." + ENDS[after] for before in ENDS for after in ENDS}
TRUE = "CRLF.CRLF"

SECOND = f"MAIL FROM:<{SMUGGLER}>\r\nRCPT TO:<{LOG}>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n".encode()
"""The mail that is to be taken for a second one. Its own end is the true end of the first where the form is none."""

POSITIONS: dict[str, bytes] = {
    "first": b"",
    "in the header": b"From: nora.feld@lumenfold.example\r\nSubject: a",
    "in the body": b"Subject: a\r\n\r\nbody",
    "after the last line": b"Subject: a\r\n\r\nbody\r\nlast line\r\n",
    "after a stuffed line": b"Subject: a\r\n\r\n..\r\n..line",
    "after a stuffed dot": b"Subject: a\r\n\r\nline\r\n..",
}
"""Where the form stands: what comes before it."""

EDGE = 65_536
"""Bytes that the daemon reads at a time."""


@dataclass(frozen=True, slots=True)
class Smuggle:
    """One try: the form, what it is called, and the pieces it is sent in, with pauses between."""

    form: str
    name: str
    pieces: tuple[bytes, ...]


def smuggles(forms: tuple[str, ...]) -> list[Smuggle]:
    """Every position and every chunking of these forms."""
    found: list[Smuggle] = []
    for form in forms:
        mark = FORMS[form]
        for position, before in POSITIONS.items():
            # A dot that comes first has its line end before it already: half a form will do.
            for half in (mark, mark[2:]) if position == "first" and form.startswith("CRLF.") else (mark,):
                for chunking, pieces in _chunkings(len(found), before, half):
                    found.append(Smuggle(form, f"{form} {position}, {chunking}", pieces))
    return found


def _chunkings(number: int, before: bytes, mark: bytes) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    stamp = b"X-Number: %d-%d\r\n" % (number, len(mark)) if before else b""
    before = stamp + before
    yield "whole", (before + mark + SECOND,)
    yield "byte by byte", (before, *(bytes([byte]) for byte in mark), SECOND)
    yield "alone", (before, mark, SECOND)
    for at in range(1, len(mark)):
        yield f"cut after {at} bytes", (before + mark[:at], mark[at:] + SECOND)
    for at in range(len(mark) + 1) if stamp else ():
        yield (
            f"{at} bytes before the edge of a read",
            (_fields(EDGE - at - len(before)) + before + mark + SECOND,),
        )


def _fields(size: int) -> bytes:
    """Header fields of exactly so many bytes together."""
    line = b"X-Filling: " + b"q" * 60 + b"\r\n"
    lines, rest = divmod(size - 100, len(line))
    return line * lines + b"X-Filling: " + b"q" * (rest + 100 - 13) + b"\r\n"


async def _smuggle(port: int, tried: Smuggle, number: int) -> list[bytes]:
    """The replies to it, from the dot on."""
    reader, writer = await connect(port, source(number))
    try:
        for command in (b"", *envelope().splitlines(keepends=True)):
            writer.write(command)
            if (said := await reply(reader))[:1] not in (b"2", b"3"):
                return [said]
        for piece in tried.pieces:
            writer.write(piece)
            await asyncio.sleep(0.004)
        writer.write(b"QUIT\r\n")
        async with asyncio.timeout(PATIENCE):
            return (await reader.read()).splitlines()
    finally:
        writer.close()


async def _all_smuggles(port: int, tries: list[Smuggle], expected: list[bytes]) -> Found:
    places = asyncio.Semaphore(AT_ONCE)
    found: Found = Counter()

    async def one(number: int, tried: Smuggle) -> None:
        async with places:
            said = await _smuggle(port, tried, number)
        if [line[:9] for line in said] != expected:
            found[f"{tried.name}: answered {said}"] += 1

    await asyncio.gather(*(one(number, tried) for number, tried in enumerate(tries)))
    return found


def smuggling(daemon: Watched, *, normalized: bool, step: int) -> tuple[int, Found]:
    """All forms, or each `step`-th; how many tries, and what went wrong."""
    false = smuggles(tuple(form for form in FORMS if form != TRUE))[::step]
    answer = b"250 2.6.0" if normalized else b"550 5.6.1"
    found = run(_all_smuggles(daemon.port, false, [answer, b"221 2.0.0"]))
    rows = kept(daemon.folder)
    found += Counter(f"smuggled: {raw!r}" for _, raw, sender, _ in rows if sender == SMUGGLER)
    there = {digest for digest, *_ in rows}
    expected = (
        {sha256(_becomes(b"".join(each.pieces))).hexdigest() for each in false} if normalized else set()
    )
    if there != expected:
        found[
            f"{len(there - expected)} mails are kept that nobody sent, {len(expected - there)} are not"
        ] += 1
    true = smuggles((TRUE,))[::step]
    answers = [b"250 2.6.0", b"250 2.1.0", b"250 2.1.5", b"354 End d", b"250 2.6.0", b"221 2.0.0"]
    found += run(_all_smuggles(daemon.port, true, answers))
    second = [raw for _, raw, sender, _ in kept(daemon.folder) if sender == SMUGGLER]
    if second != [b"Subject: smuggled\r\n\r\nsmuggled\r\n"]:
        found[f"after the true end came {second!r}"] += 1
    return len(false) + len(true), found


def _becomes(sent: bytes) -> bytes:
    """The one mail that a false end is in: without dots of transparency, with CRLF for every line end."""
    content = (b"\r\n" + sent.removesuffix(b".\r\n")).replace(b"\r\n.", b"\r\n")[2:]
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


# -- commands before TLS, headers of proxies -----------------------------------------------------------------

INJECTED = (
    b"NOOP\r\n",
    b"EHLO injected.example\r\n",
    f"EHLO x\r\nMAIL FROM:<{SMUGGLER}>\r\n".encode(),
    f"EHLO x\r\nMAIL FROM:<{SMUGGLER}>\r\nRCPT TO:<{LOG}>\r\n".encode(),
    envelope(sender=SMUGGLER) + b"Subject: injected\r\n\r\nx\r\n.\r\n",
    b"\x16\x03\x01",
    b"QUIT\r\n",
    b"x" * 70_000 + b"\r\n",
)


async def _inject(port: int, number: int) -> str:
    """STARTTLS with more behind it in one packet; "" when nothing of it was heard after the handshake."""
    reader, writer = await connect(port, source(number))
    try:
        await reply(reader)
        writer.write(b"STARTTLS\r\n" + INJECTED[number % len(INJECTED)])
        said = await reply(reader)
        if said != b"220 2.0.0 Ready to start TLS\r\n":
            return f"STARTTLS was answered {said!r}"
        try:
            await writer.start_tls(unverified(), ssl_handshake_timeout=PATIENCE)
        except (OSError, ssl.SSLError):
            return ""  # what was not thrown away broke the handshake: just as well
        heard = []
        for command in (b"NOOP\r\n", f"RCPT TO:<{LOG}>\r\n".encode(), b"DATA\r\n", b"QUIT\r\n"):
            writer.write(command)
            heard.append((await reply(reader))[:3])
        return "" if heard == [b"250", b"503", b"503", b"221"] else f"after the handshake: {heard}"
    except (OSError, TimeoutError) as error:
        return "" if isinstance(error, ConnectionError) else type(error).__name__
    finally:
        writer.close()


# -- the row -------------------------------------------------------------------------------------------------


def _run(torment: Torment) -> Outcome:
    injections, step = (160, 5) if torment.quick else (4_000, 1)
    found: Found = Counter()
    unhandled: list[str] = []
    tried = 0
    for number, mended in enumerate((False, True)):
        torment.say("ends of data", number, 2)
        policy = "normalize" if mended else "refuse"
        smtp = f'{CERTIFICATE}\nbare_newlines = "{policy}"'
        with watched(torment.folder / policy, smtp=smtp) as daemon:
            tries, wrong = smuggling(daemon, normalized=mended, step=step)
            tried, found = tried + tries, found + wrong
            if not mended:
                found += run(gathered(_inject(daemon.port, each) for each in range(injections)))
                found += Counter(
                    f"injected: {raw!r}" for _, raw, *_ in kept(daemon.folder) if b"injected" in (raw or b"")
                )
            if not (answer := say_all(daemon.port, letter(1), source(77))).startswith(b"250 2.6.0 "):
                found[f"a good mail afterwards: {answer!r}"] += 1
            unhandled += daemon.unhandled()
    smuggled = sum(times for what, times in found.items() if what.startswith(("smuggled", "injected")))
    measured = (
        f"{tried:,} messages with an end or what looks like one, {injections:,} injections before TLS: "
        f"{smuggled} smuggled, {sum(found.values()) - smuggled} other surprises, {len(unhandled)} unhandled"
    )
    return Outcome(
        measured, tuple([f"{times} × {what}" for what, times in found.most_common(12)] + unhandled[:8])
    )


ROW = Row(
    name="smuggling",
    test="SMTP smuggling: the nine end-of-data forms × position × chunking; commands before TLS",
    asked="0 smuggled, 0 unhandled",
    run=_run,
)
