"""Bytes that want to be taken for something else: ends of data, commands, headers of proxies.

Smuggling: a message whose content holds one of the nine forms {CRLF, LF, CR}.{CRLF, LF, CR} and then a second mail.
Only CRLF.CRLF ends a message (RFC 5321 4.1.1.4), wherever it stands and however the network cuts it; what the
database holds afterwards is the judge.

Lines: by grammar, mangled, and random, pipelined through many sessions, by SMTP, LMTP and TLS. Each reply must be one
of those the house has, none of them "our fault"; the log must hold no failure, and the memory must not grow.
"""

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from tests.daemon import LOG, ROOT
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    KNOWN,
    MIB,
    OUR_FAULTS,
    PATIENCE,
    Watched,
    connect,
    envelope,
    kept,
    letter,
    memory,
    mib,
    reply,
    run,
    say_all,
    source,
    watched,
)

SMUGGLER = "smuggler@evil.example"
TLS = ROOT / "tests" / "smtp" / "tls"
CERTIFICATE = f'tls_certificate = "{TLS}/certificate.pem"\ntls_key = "{TLS}/key.pem"'
AT_ONCE = 24
"""Sessions at a time."""

LINES_EACH = 250
"""Fuzzed lines of one session."""

GROWTH = 24 * MIB
"""What the memory may have grown by at the end: pools and arenas settle, a leak of a few bytes a line does not."""

Found = Counter[str]


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


# -- lines ---------------------------------------------------------------------------------------------------

VERBS = [
    "HELO",
    "EHLO",
    "LHLO",
    "MAIL",
    "RCPT",
    "DATA",
    "RSET",
    "NOOP",
    "HELP",
    "VRFY",
    "EXPN",
    "STARTTLS",
    "AUTH",
    "BDAT",
    "ETRN",
    "SEND",
    "SAML",
    "SOML",
    "TURN",
    "PROXY",
    "XCLIENT",
    "GET",
    "POST",
    "mail",
    "Rcpt",
    "dAtA",
    "_handle_client",
    "smtp_MAIL",
    "__class__",
    "HELO\t",
    "MAIL\x00",
]
ARGUMENTS = (
    "",
    "bench.example",
    "[127.0.0.1]",
    "[IPv6:::1]",
    "FROM:<>",
    f"FROM:<{SMUGGLER}>",
    "FROM:<a@b>",
    "FROM: a@b",
    "from:<a@b> SIZE=1",
    "FROM:<a@b> SIZE=99999999999999999999",
    "FROM:<a@b> SIZE=-1",
    "FROM:<a@b> BODY=8BITMIME SMTPUTF8",
    "FROM:<a@b> BODY=BINARYMIME",
    "FROM:<a@b> AUTH=<> RET=FULL",
    "FROM:<a@b> SIZE=1 SIZE=2",
    "FROM:<@x,@y:a@b>",
    'FROM:<"a b"@c>',
    "FROM:<a@[",
    "FROM:<",
    'FROM:<"',
    "FROM:<a@b",
    "FROM:a@b>",
    f"TO:<{LOG}>",
    f"to:{LOG}",
    "TO:<postmaster>",
    "TO:<POSTMASTER@touchpoints.lumenfold.example>",
    "TO:<log+acme@touchpoints.lumenfold.example>",
    "TO:<me-aaaaaaaaaaaaaaaaaaaa@touchpoints.lumenfold.example>",
    "TO:<reply-" + "a" * 40 + "@touchpoints.lumenfold.example>",
    "TO:<x@elsewhere.example>",
    "TO:<log@touchpoints.lumenfold.example.>",
    "TO:<l\u00f6g@touchpoints.lumenfold.example>",
    f"TO:<{LOG}> NOTIFY=NEVER",
    "TO:<%s%n@x>",
    "TO:<" + "a" * 300 + "@x>",
    "PLAIN AGFiYwBkZWY=",
    "x" * 1100,
    "\u202e\u0000",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "../../etc/passwd",
)
ENDINGS = (b"\r\n",) * 30 + (b"\n", b"\r", b"", b"\r\r\n", b"\n\r")
TRANSACTION = (*envelope().splitlines(keepends=True), b"Subject: fuzz %d\r\n\r\n", b".\r\n")


def lines(chance: random.Random, count: int) -> Iterator[bytes]:
    """So many lines with their ends."""
    while count > 0:
        dice = chance.random()
        if dice < 0.02:  # as it should be, so that what comes after is read in all states
            for line in TRANSACTION[: chance.randint(1, len(TRANSACTION))]:
                yield line % chance.randrange(10**9) if b"%d" in line else line
                count -= 1
            continue
        count -= 1
        if dice < 0.04:
            yield b".\r\n" if dice > 0.0205 else b"QUIT\r\n"
        elif dice < 0.30:
            yield chance.randbytes(chance.randrange(80)) + b"\r\n"
        elif dice < 0.31:
            yield chance.choice((b"a", b"MAIL ", b"\xff", b"\0")) * chance.randrange(3000) + b"\r\n"
        else:
            line = f"{chance.choice(VERBS)} {chance.choice(ARGUMENTS)}".encode()
            if dice > 0.7:
                line = _mangled(chance, line)
            yield line + chance.choice(ENDINGS)


def _mangled(chance: random.Random, line: bytes) -> bytes:
    data = bytearray(line)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[at:at] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case 2:
                data[at : at + 1] = chance.choice(
                    (b"\r", b"\n", b"\0", b" ", b"<", b">", b'"', b":", b"\xc3", b".")
                )
            case _:
                data[at:at] = data[: chance.randrange(len(data) + 1)]
    return bytes(data)


@dataclass(frozen=True, slots=True)
class Fuzz:
    """How one session is fuzzed."""

    port: int
    number: int
    tls: bool
    lines: int


async def _fuzz(what: Fuzz, seed: int) -> list[bytes]:
    """All that the daemon said, line by line."""
    chance = random.Random(seed * 1_000_003 + what.number)
    batch = b"".join(lines(chance, what.lines))
    if not what.tls:
        batch = batch.replace(b"STARTTLS\r\n", b"STARTTL\r\n").replace(b"STARTTLS \r\n", b"STARTTLS x\r\n")
    reader, writer = await connect(what.port, source(what.number))
    try:
        if what.tls:
            await reply(reader)
            writer.write(b"STARTTLS\r\n")
            await reply(reader)
            await writer.start_tls(unverified(), ssl_handshake_timeout=PATIENCE)
        writer.write(b"EHLO bench.example\r\n" + batch + b"\r\n.\r\nQUIT\r\n")
        async with asyncio.timeout(2 * PATIENCE):
            return (await reader.read()).split(b"\r\n")
    finally:
        writer.close()


@cache
def unverified() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _all_lines(fuzzes: list[Fuzz], seed: int, say: Callable[[int], None]) -> tuple[Found, Counter[str]]:
    """Violations, and the codes that were answered."""
    found: Found = Counter()
    codes: Counter[str] = Counter()
    judged: dict[bytes, bool] = {}
    waiting = iter(fuzzes)

    async def work() -> None:
        for what in waiting:
            try:
                said = await _fuzz(what, seed)
            except (OSError, TimeoutError) as error:
                found[f"session {what.number}: {type(error).__name__}"] += 1
                continue
            last = said[-2] if len(said) > 1 else b""
            if said[-1] or not last.startswith((b"221 2.0.0 ", b"421 4.7.0 ")):
                found[f"session {what.number} ended with {said[-2:]}"] += 1
            for line in said[:-1]:
                codes[line[:3].decode("ascii", "replace")] += 1
                if line not in judged:
                    judged[line] = KNOWN.fullmatch(line) is not None and OUR_FAULTS.fullmatch(line) is None
                if not judged[line]:
                    found[f"said {line[:200]!r}"] += 1
            if len(judged) > 10_000:
                judged.clear()
            say(what.number)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found, codes


def fuzzing(
    daemon: Watched, ports: list[int], count: int, seed: int, say: Callable[[int], None]
) -> tuple[int, str, Found]:
    """So many lines by all ports in turn; how many, what was measured, violations."""
    sessions = max(count // LINES_EACH, 8)
    fuzzes = [Fuzz(ports[n % len(ports)], n, n % 32 == 0, LINES_EACH) for n in range(sessions)]
    early = max(sessions // 5, 4)
    found, codes = run(_all_lines(fuzzes[:early], seed, say))
    before = memory(daemon.pid)
    more, others = run(_all_lines(fuzzes[early:], seed, say))
    grown = memory(daemon.pid) - before
    if grown > GROWTH:
        found[f"memory grew by {grown / MIB:.1f} MiB"] += 1
    codes += others
    answered = sum(codes.values())
    return (
        sessions * LINES_EACH,
        f"{answered:,} reply lines, memory {grown / MIB:+.1f} MiB from {mib(before)}",
        found + more,
    )


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


async def _gathered(tries: Iterator[Awaitable[str]]) -> Found:
    """Run them, some at a time; what they say is a violation."""
    found: Found = Counter()

    async def work() -> None:
        for tried in tries:
            found[await tried] += 1

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    del found[""]
    return found


def proxy_header(chance: random.Random) -> bytes:
    """A PROXY header, version 1 or 2, right or wrong."""
    if chance.random() < 0.5:
        family = chance.choice(("TCP4", "TCP6", "UNKNOWN", "UDP4", "TCP5", ""))
        host = chance.choice(
            (
                "192.0.2.7",
                "2001:db8::7",
                "999.1.1.1",
                "::ffff:192.0.2.1",
                "",
                "0x7f.1",
                "192.0.2.7%1",
                "fe80::1%e",
            )
        )
        port = chance.choice(("1", "65535", "65536", "-1", "", "0", "\u0661", "1e3"))
        header = f"PROXY {family} {host} {host} {port} {port}\r\n".encode()
    else:
        body = chance.randbytes(chance.choice((0, 1, 12, 36, 216, 300, 65_535)))
        command = bytes(
            [
                chance.choice((0x20, 0x21, 0x22, 0x11, 0xFF)),
                chance.choice((0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0xFF)),
            ]
        )
        length = chance.choice((len(body), len(body), 0, 11, 13, 65_535)).to_bytes(2, "big")
        header = b"\r\n\r\n\x00\r\nQUIT\n" + command + length + body
    return _mangled(chance, header) if chance.random() < 0.4 else header


async def _proxied(port: int, number: int, seed: int) -> str:
    chance = random.Random(seed * 7_919 + number)
    header = proxy_header(chance)
    reader, writer = await connect(port, source(number))
    try:
        writer.write(header + b"NOOP\r\nQUIT\r\n")
        writer.write_eof()
        async with asyncio.timeout(PATIENCE):
            said = (await reader.read()).split(b"\r\n")
    except (OSError, TimeoutError) as error:
        return f"PROXY header: {type(error).__name__}"
    finally:
        writer.close()
    for line in said[:-1]:
        if KNOWN.fullmatch(line) is None or OUR_FAULTS.fullmatch(line):
            return f"PROXY header {header[:60]!r}: said {line[:100]!r}"
    return ""


# -- the row -------------------------------------------------------------------------------------------------


def _run(torment: Torment) -> Outcome:
    count = 20_000 if torment.quick else 1_000_000
    others, step = (160, 5) if torment.quick else (4_000, 1)
    found: Found = Counter()
    unhandled: list[str] = []
    tried = 0

    def say(text: str, total: int) -> Callable[[int], None]:
        return lambda done: torment.say(text, done, total)

    say("smuggling", 2)(0)
    both = '127.0.0.1:0", "lmtp:127.0.0.1:0'
    with watched(
        torment.folder / "refuse",
        smtp=CERTIFICATE,
        listen=both,
        errors=1_000_000,
        unknown_recipients=1_000_000,
    ) as daemon:
        ports = [int(address.rpartition(":")[2]) for address in daemon.addresses]
        tries, wrong = smuggling(daemon, normalized=False, step=step)
        tried, found = tried + tries, found + wrong
        fuzzed, measured, wrong = fuzzing(
            daemon, ports, count * 9 // 10, torment.seed, say("lines", count // LINES_EACH)
        )
        found += wrong
        found += run(_gathered(_inject(ports[0], number) for number in range(others)))
        found += Counter(
            f"injected: {raw!r}"
            for _, raw, sender, _ in kept(daemon.folder)
            if raw is not None and b"injected" in raw
        )
        if not (answer := say_all(daemon.port, letter(1), source(77))).startswith(b"250 2.6.0 "):
            found[f"a good mail afterwards: {answer!r}"] += 1
        unhandled += daemon.unhandled()
    with watched(torment.folder / "normalize", smtp=f'{CERTIFICATE}\nbare_newlines = "normalize"') as daemon:
        tries, wrong = smuggling(daemon, normalized=True, step=step)
        tried, found = tried + tries, found + wrong
        more, _, wrong = fuzzing(
            daemon, [daemon.port], count // 10, torment.seed + 1, say("lines to the limit of errors", 1)
        )
        fuzzed, found = fuzzed + more, found + wrong
        unhandled += daemon.unhandled()
    with watched(
        torment.folder / "proxy", smtp='proxy_trusted = ["127.0.0.0/8"]', connections_per_minute=100_000
    ) as daemon:
        found += run(_gathered(_proxied(daemon.port, number, torment.seed) for number in range(others)))
        unhandled += daemon.unhandled()
    smuggled = sum(times for what, times in found.items() if what.startswith(("smuggled", "injected")))
    measured = (
        f"{tried:,} ends of data, {fuzzed:,} lines, {others:,} injections before TLS, {others:,} PROXY headers: "
        f"{smuggled} smuggled, {len(unhandled)} unhandled, "
        f"{sum(found.values()) - smuggled} replies that are none of ours; "
        f"{measured}"
    )
    return Outcome(
        measured, tuple([f"{times} × {what}" for what, times in found.most_common(12)] + unhandled[:8])
    )


ROW = Row(
    name="smtp_fuzz",
    test="SMTP fuzz: the nine end-of-data forms × position × chunking; fuzzed lines",
    asked="1,000,000 lines: 0 smuggled, 0 unhandled, 0 internal text on the wire",
    run=_run,
)
