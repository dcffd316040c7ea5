"""A crowd before a full gate: every client must read why it is refused, and the end; nobody a reset.

A close over bytes that were not read resets the connection, and the 421 before it is lost with them: so some clients
talk before they are greeted, some send a whole mail, some wait, and some stay when they were told to go.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress
from time import monotonic

from tests.torture.bench import Outcome, Row, Torment
from tests.torture.network import (
    PATIENCE,
    connect,
    descriptors,
    envelope,
    established,
    letter,
    open_files,
    reply,
    run,
    say_all,
    source,
    stuffed,
    until,
    watched,
)

PLACES = 50
MANNERS = ("waits", "talks", "pours", "stays")
"""Reads; sends its commands at once; sends a mail of 256 KiB at once; waits, and leaves only when it is put out."""

OWN_ADDRESS = 20
"""Sessions of one address that the gate allows, as it does by default."""


async def _knock(port: int, manner: str, address: str) -> str:
    """Come while the gate is full; what the client saw."""
    try:
        reader, writer = await connect(port, address)
        try:
            if manner == "talks":
                writer.write(envelope())
            elif manner == "pours":
                writer.write(envelope() + stuffed(letter(1, 256 * 1024)))
            async with asyncio.timeout(PATIENCE):
                said = await reader.read()
                if manner == "stays":
                    return await _stay(reader, writer, said)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    return _word(said)


async def _stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes) -> str:
    """Say something now and then, until the daemon has had enough."""
    with suppress(ConnectionError):
        while not writer.transport.is_closing():
            writer.write(b"NOOP\r\n")
            await asyncio.sleep(0.2)
    return _word(said)


def _word(said: bytes) -> str:
    lines = said.split(b"\r\n")
    if said.startswith(b"421 4.") and len(lines) == 2 and not lines[1]:
        return "421"
    return f"said {said[:100]!r}"


async def _crowd(port: int, count: int, *, one_address: bool) -> Counter[str]:
    clients = (
        _knock(port, MANNERS[number % 4], "127.9.9.9" if one_address else source(number))
        for number in range(count)
    )
    return Counter(await asyncio.gather(*clients))


async def _all(port: int, pid: int, count: int) -> tuple[list[str], float, bytes]:
    """Both crowds; what was seen, how long the first one took, and the reply to a good mail afterwards."""
    found: list[str] = []
    async with AsyncExitStack() as inside:
        for number in range(PLACES):
            one_address = number < OWN_ADDRESS
            reader, writer = await connect(port, "127.9.9.9" if one_address else source(100_000 + number))
            inside.callback(writer.close)
            if not (await reply(reader)).startswith(b"220"):
                found.append(f"session {number} of {PLACES} was not let in")
        begun = monotonic()
        found += _told("the gate full", await _crowd(port, count, one_address=False), count)
        seconds = monotonic() - begun
    await until(lambda: not established(port), 10)
    async with AsyncExitStack() as inside:  # more than half of the places are free, and this address has none
        for number in range(OWN_ADDRESS):
            reader, writer = await connect(port, "127.9.9.9")
            inside.callback(writer.close)
            if not (await reply(reader)).startswith(b"220"):
                found.append(f"session {number} of {OWN_ADDRESS} was not let in")
        found += _told("the address full", await _crowd(port, count // 4, one_address=True), count // 4)
    answer = await asyncio.to_thread(say_all, port, letter(2), "127.9.9.9")
    quiet = await until(lambda: descriptors(pid) < PLACES, 10)
    return found + ["descriptors are left behind"] * (not quiet), seconds, answer


def _told(when: str, seen: Counter[str], count: int) -> list[str]:
    if seen == {"421": count}:
        return []
    return [f"{when}: {times} of {count} clients: {what}" for what, times in seen.items() if what != "421"]


def _run(torment: Torment) -> Outcome:
    count = 300 if torment.quick else 2_000
    if not open_files(count + 500):
        return Outcome(skipped=f"no {count + 500} open files allowed")
    torment.say("clients", 0, count)
    with watched(
        torment.folder,
        connections=PLACES,
        connections_per_address=OWN_ADDRESS,
        connections_per_minute=100_000,
    ) as daemon:
        found, seconds, answer = run(_all(daemon.port, daemon.pid, count))
        if not answer.startswith(b"250 2.6.0 "):
            found.append(f"a good mail afterwards: {answer!r}")
        found += daemon.unhandled()
    refused = count + count // 4
    measured = (
        f"{refused:,} clients, {count:,} of them at once against {PLACES} places: "
        f"{'each read a 421 and the end, 0 resets' if not found else 'not all were told'}, in {seconds:.1f} s"
    )
    return Outcome(measured, tuple(found[:20]))


ROW = Row(
    name="gate",
    test="a crowd before a full gate",
    asked="2,000 connections against 50 places: every one refused reads 421 and EOF, 0 resets",
    run=_run,
)
