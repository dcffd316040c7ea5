"""Command lines that are none, by the million, and headers of proxies.

By grammar, mangled, and random, pipelined through many sessions, by SMTP, LMTP, TLS and submission. Each reply must
be one of those the house has, none of them "our fault"; the log must hold no failure, and the memory must not grow.

Counted is what was answered: what a session sends after it was ended, or as part of a message, is no command.
"""

import asyncio
import base64
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.daemon import LOG
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    KNOWN,
    MIB,
    OUR_FAULTS,
    PATIENCE,
    Found,
    Watched,
    connect,
    envelope,
    gathered,
    letter,
    memory,
    mib,
    reply,
    run,
    say_all,
    source,
    start_tls,
    watched,
)
from tests.torture.rows.smuggling import AT_ONCE, CERTIFICATE, SMUGGLER

LINES_EACH = 250
"""Fuzzed lines of one session."""

LINES_SHORT = 60
"""The same where sessions end by their errors."""

NORA = "nora.feld@lumenfold.example"

GROWTH = 24 * MIB
"""What the memory may have grown by at the end: pools and arenas settle, a hundred bytes a line do not."""


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
    "TO:<me-" + "a" * 20 + "@touchpoints.lumenfold.example>",
    "TO:<reply-" + "a" * 40 + "@touchpoints.lumenfold.example>",
    "TO:<" + "a" * 300 + "@x>",
    "x" * 1100,
    "\u202e\x00",
    *f"""\
bench.example
[127.0.0.1]
[IPv6:::1]
FROM:<>
FROM:<{SMUGGLER}>
FROM:<a@b>
FROM: a@b
from:<a@b> SIZE=1
FROM:<a@b> SIZE=99999999999999999999
FROM:<a@b> SIZE=-1
FROM:<a@b> BODY=8BITMIME SMTPUTF8
FROM:<a@b> BODY=BINARYMIME
FROM:<a@b> AUTH=<> RET=FULL
FROM:<a@b> SIZE=1 SIZE=2
FROM:<@x,@y:a@b>
FROM:<"a b"@c>
FROM:<a@[
FROM:<
FROM:<"
FROM:<a@b
FROM:a@b>
TO:<{LOG}>
to:{LOG}
TO:<postmaster>
TO:<POSTMASTER@touchpoints.lumenfold.example>
TO:<log+acme@touchpoints.lumenfold.example>
TO:<x@elsewhere.example>
TO:<log@touchpoints.lumenfold.example.>
TO:<l\xf6g@touchpoints.lumenfold.example>
TO:<{LOG}> NOTIFY=NEVER
TO:<%s%n@x>
PLAIN AGFiYwBkZWY=
' OR 1=1 --
${{jndi:ldap://x}}
../../etc/passwd""".splitlines(),
)
ENDINGS = (b"\r\n",) * 30 + (b"\n", b"\r", b"", b"\r\r\n", b"\n\r")
DATA = b"DATA\r\n"
TRANSACTION = (*envelope().splitlines(keepends=True), b"Subject: fuzz %d\r\n\r\n", b".\r\n")


def lines(chance: random.Random, count: int, token: str = "") -> Iterator[bytes]:
    """So many lines with their ends. With a token of hers Nora logs in, among those who cannot."""
    due = 0
    while count > 0:
        dice = chance.random()
        if dice < 0.02:  # as it should be, so that what comes after is read in all states
            part = TRANSACTION[: chance.randint(1, len(TRANSACTION))]
            for line in part:
                yield line % chance.randrange(10**9) if b"%d" in line else line
                count -= 1
            # Fuzz inside of a message is content: some lines of it, not all that follow.
            due = chance.randint(1, 8) if DATA in part and len(part) < len(TRANSACTION) else 0
            continue
        count -= 1
        due -= 1
        if due == 0:
            yield b".\r\n"
        elif token and dice < 0.12:
            yield from _logging_in(chance, token)
        elif dice < 0.04:
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


def _logging_in(chance: random.Random, token: str) -> Iterator[bytes]:
    """AUTH and the answers to its challenges, right and wrong; more and fewer of them than are asked for."""
    good = (f"\0{NORA}\0{token}", NORA, token)
    mechanism = chance.choice(
        ("PLAIN", "PLAIN", "LOGIN", "LOGIN", "plain", "CRAM-MD5", "", "PLAIN LOGIN", "=", "X" * 40)
    )
    answers = [
        base64.b64encode(text.encode("utf-8", "surrogateescape"))
        for text in chance.choices((*good, "", "\0", "\0a\0b", "a\0b\0c", "\0\0", "x" * 900, "\udcff\0"), k=3)
    ]
    if (
        chance.random() < 0.3
    ):  # as it should be, and now and then right: from then on there is nothing to log in for
        mechanism = chance.choice(("PLAIN", "LOGIN"))
        whole = good[:1] if mechanism == "PLAIN" else good[1:]
        wrong = "" if chance.random() < 0.1 else "x"
        answers = [base64.b64encode(f"{text}{wrong}".encode()) for text in whole]
    answers = [_mangled(chance, each) if chance.random() < 0.3 else each for each in answers]
    line = b"AUTH " + mechanism.encode()
    if chance.random() < 0.4:
        line += b" " + answers.pop(0)
    yield line + chance.choice(ENDINGS)
    for answer in answers:
        yield chance.choice((answer, answer, answer, b"*", b"=", b"")) + chance.choice(ENDINGS)


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
class Door:
    """Where sessions are fuzzed: a port, how many lines each has, and a token where people log in."""

    port: int
    lines: int
    token: str = ""


@dataclass(slots=True)
class Fuzzed:
    """What came of it: lines that were answered, lines sent, replies by their codes, violations."""

    answered: int = 0
    sent: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    found: Found = field(default_factory=Counter)


async def _fuzz(door: Door, number: int, seed: int) -> tuple[list[bytes], int]:
    """All that the daemon said after the greeting and to what was fuzzed, line by line; how many lines were sent."""
    chance = random.Random(seed * 1_000_003 + number)
    fuzzed = list(lines(chance, door.lines, door.token))
    batch = b"".join(fuzzed)
    tls = number % 32 == 0 or (door.token != "" and chance.random() < 0.9)
    if not tls:
        batch = batch.replace(b"STARTTLS\r\n", b"STARTTL\r\n").replace(b"STARTTLS \r\n", b"STARTTLS x\r\n")
    reader, writer = await connect(door.port, source(number))
    try:
        greeting = await reply(reader)
        if tls and greeting.startswith(b"220 "):
            await start_tls(reader, writer)
        writer.write(b"EHLO bench.example\r\n" + batch + b"\r\n.\r\nQUIT\r\n")
        async with asyncio.timeout(2 * PATIENCE):
            return (await reader.read()).split(b"\r\n"), len(fuzzed)
    finally:
        writer.close()


async def _all_lines(
    doors: list[Door], wanted: int, numbers: Iterator[int], seed: int, say: Callable[[int], None]
) -> Fuzzed:
    """Sessions at all doors in turn until so many lines were answered."""
    fuzzed = Fuzzed()
    judged: dict[bytes, bool] = {}

    async def work() -> None:
        while fuzzed.answered < wanted and len(fuzzed.found) < 100:
            number = next(numbers)
            try:
                said, sent = await _fuzz(doors[number % len(doors)], number, seed)
            except (OSError, TimeoutError) as error:
                fuzzed.found[f"session {number}: {type(error).__name__}"] += 1
                continue
            last = said[-2] if len(said) > 1 else b""
            if said[-1] or not last.startswith((b"221 2.0.0 ", b"421 4.7.0 ")):
                fuzzed.found[f"session {number} ended with {said[-2:]}"] += 1
            for line in said[:-1]:
                fuzzed.codes[line[:3].decode("ascii", "replace")] += 1
                if line not in judged:
                    judged[line] = KNOWN.fullmatch(line) is not None and OUR_FAULTS.fullmatch(line) is None
                if not judged[line]:
                    fuzzed.found[f"said {line[:200]!r}"] += 1
            if len(judged) > 10_000:
                judged.clear()
            # The first is for EHLO, and the last two for what ends the session.
            fuzzed.answered += max(sum(line[3:4] == b" " for line in said[:-1]) - 3, 0)
            fuzzed.sent += sent
            say(fuzzed.answered)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return fuzzed


def fuzzing(
    daemon: Watched, doors: list[Door], count: int, seed: int, say: Callable[[int], None]
) -> tuple[Fuzzed, str]:
    """So many lines by all doors in turn, and what became of the memory."""
    numbers = itertools.count()
    early = run(_all_lines(doors, count // 5, numbers, seed, say))
    before = memory(daemon.pid)
    late = run(_all_lines(doors, count - count // 5, numbers, seed, say))
    grown = memory(daemon.pid) - before
    both = Fuzzed(
        early.answered + late.answered,
        early.sent + late.sent,
        early.codes + late.codes,
        early.found + late.found,
    )
    if grown > GROWTH:
        both.found[f"memory grew by {grown / MIB:.1f} MiB"] += 1
    return both, f"memory {grown / MIB:+.1f} MiB from {mib(before)}"


# -- headers of proxies ---------------------------------------------------------------------------------------


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
    headers = 160 if torment.quick else 4_000
    unhandled: list[str] = []

    def say(done: int) -> None:
        torment.say("lines answered", done, count)

    places, endless = '127.0.0.1:0", "lmtp:127.0.0.1:0", "submission:127.0.0.1:0', 1_000_000
    unbound = {
        "errors": endless,
        "unknown_recipients": endless,
        "login_failures": 1_000,
        "login_failures_per_hour": 100_000,
    }
    with watched(torment.folder / "long", smtp=CERTIFICATE, listen=places, **unbound) as daemon:
        smtp, lmtp, submission = (int(address.rpartition(":")[2]) for address in daemon.addresses)
        token = daemon.token(NORA)
        doors = [Door(smtp, LINES_EACH), Door(lmtp, LINES_EACH)] * 4
        doors[-1] = Door(submission, LINES_EACH, token)
        fuzzed, measured = fuzzing(daemon, doors, count * 9 // 10, torment.seed, say)
        found = fuzzed.found
        if not fuzzed.codes["235"] or not fuzzed.codes["334"] or not fuzzed.codes["535"]:
            found["nobody logged in, or nobody failed to"] += 1
        if not (answer := say_all(smtp, letter(1), source(77))).startswith(b"250 2.6.0 "):
            found[f"a good mail afterwards: {answer!r}"] += 1
        unhandled += daemon.unhandled()
    with watched(torment.folder / "short", smtp=CERTIFICATE) as daemon:  # sessions that end by their errors
        more, _ = fuzzing(daemon, [Door(daemon.port, LINES_SHORT)], count // 10, torment.seed + 1, say)
        found += more.found
        unhandled += daemon.unhandled()
    with watched(
        torment.folder / "proxy", smtp='proxy_trusted = ["127.0.0.0/8"]', connections_per_minute=100_000
    ) as daemon:
        found += run(gathered(_proxied(daemon.port, number, torment.seed) for number in range(headers)))
        unhandled += daemon.unhandled()
    logins = f"{fuzzed.codes['235']:,} logins, {fuzzed.codes['535']:,} refused"
    measured = (
        f"{fuzzed.answered + more.answered:,} lines answered of {fuzzed.sent + more.sent:,} sent ({logins}), "
        f"{headers:,} PROXY headers: {sum(found.values())} replies that are none of ours, "
        f"{len(unhandled)} unhandled; {measured}"
    )
    return Outcome(
        measured, tuple([f"{times} × {what}" for what, times in found.most_common(12)] + unhandled[:8])
    )


ROW = Row(
    name="smtp_fuzz",
    test="SMTP fuzz: command lines by grammar, mangled and random, by SMTP, LMTP, TLS, submission; PROXY",
    asked="1,000,000 lines: 0 unhandled, 0 internal text on the wire",
    run=_run,
)
