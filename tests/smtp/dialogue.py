"""Runs a dialogue: a text file that reads like the protocol.

# a comment
with lmtp | submission | submissions | disk full
with tls | require-tls | normalize | proxy NETWORK | limit NAME=NUMBER | intake unavailable|broken
c -> EHLO client.example        client c sends the line; `\\r \\n \\t \\0 \\xNN` are bytes; the first line connects
c >> bytes                      the same without CRLF
c *> 1000 bytes                 the bytes, that often, without CRLF
c <- 250 2.0.0 OK               the next line from the server, to the letter but for `*`
c tls                           shake hands
c end                           the server has closed, and says nothing more
c leave                         the client closes
drain                           the server begins to shut down
kept FROM TO… | what*ever       the next mail that was kept: envelope, and its bytes but for `*`
kept nothing                    no more than what was said
hit LIMIT                       the metric says that this limit was reached, once more than before
"""

import asyncio
import contextlib
import fnmatch
import re
import ssl
from collections import Counter
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from gateway import metrics
from gateway.config.values import PREFIXED, Kind
from gateway.smtp.options import Options
from tests.smtp.house import HOSTNAME, House, open_house, tls_options

PATIENCE = 10
"""Seconds after which a dialogue that hangs has failed."""


class Clients(dict[str, tuple[asyncio.StreamReader, asyncio.StreamWriter]]):
    """The connections of a dialogue, by name."""


async def run(script: str) -> None:
    """Run the dialogue. Raises AssertionError with the line that was not so."""
    lines = [line for line in script.splitlines() if line and line[0] != "#"]
    setup = [line.removeprefix("with ") for line in lines if line.startswith("with ")]
    room = "disk full" not in setup
    async with open_house(_options(setup), kind=_kind(setup), room=room) as house:
        house.intake.available = "intake unavailable" not in setup
        house.intake.broken = "intake broken" in setup
        clients = Clients()
        hits = Counter({limit: _hits(limit) for limit in metrics.LIMITS})
        drains: list[asyncio.Task[None]] = []
        kept = 0
        try:
            for line in lines:
                if line.startswith("with "):
                    continue
                if line == "drain":
                    drains.append(asyncio.create_task(house.server.drain(PATIENCE)))
                elif line.startswith("hit "):
                    limit = line.removeprefix("hit ")
                    hits[limit] += 1
                    assert _hits(limit) == hits[limit]
                elif line.startswith("kept "):
                    kept = _check_kept(line, house, kept)
                else:
                    async with asyncio.timeout(PATIENCE):
                        await _step(line, house, clients)
        except (AssertionError, OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            raise AssertionError(f"{line}\n    {type(error).__name__}: {error}") from error
        finally:
            for _, writer in clients.values():
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            await asyncio.gather(*drains)


def _hits(limit: str) -> int:
    return int(metrics.REGISTRY.get_sample_value("gateway_limit_hits_total", {"limit": limit}) or 0)


def unverified() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _step(line: str, house: House, clients: Clients) -> None:
    name, verb, text = (*line.split(" ", 2), "", "")[:3]
    if name not in clients:
        tls = unverified() if house.tls_first else None
        clients[name] = await asyncio.open_connection("127.0.0.1", house.port, ssl=tls)
    reader, writer = clients[name]
    match verb:
        case "->":
            writer.write(_bytes(text) + b"\r\n")
        case ">>":
            writer.write(_bytes(text))
        case "*>":
            count, _, what = text.partition(" ")
            writer.write(_bytes(what) * int(count))
            await writer.drain()
        case "<-":
            said = (await reader.readuntil(b"\r\n")).decode().removesuffix("\r\n")
            assert fnmatch.fnmatchcase(said, text.replace("[", "[[]")), f"the server says {said!r}"
        case "tls":
            await writer.start_tls(unverified())
        case "end":
            rest = await reader.read()
            assert rest == b"", f"the server says {rest!r}"
        case "leave":
            writer.close()
        case _:
            raise AssertionError(f"no such step: {verb!r}")


def _check_kept(line: str, house: House, before: int) -> int:
    if line == "kept nothing":
        assert len(house.intake.kept) == before, house.intake.kept[before:]
        return before
    assert len(house.intake.kept) > before, "nothing more was kept"
    mail = house.intake.kept[before]
    envelope, _, content = line.removeprefix("kept ").partition(" | ")
    sender, *recipients = envelope.split(" ")
    assert (f"<{mail.mail_from}>", list(mail.recipients)) == (f"<{sender.strip('<>')}>", recipients)
    pattern = b".*".join(re.escape(_bytes(part)) for part in content.split("*"))
    assert re.fullmatch(pattern, mail.raw, re.DOTALL), mail.raw
    return before + 1


def _kind(setup: list[str]) -> Kind:
    return next((kind for kind in PREFIXED if kind in setup), "smtp")


def _options(setup: list[str]) -> Options:
    options = (
        tls_options()
        if {"tls", "require-tls", "submission", "submissions"} & set(setup)
        else Options(HOSTNAME)
    )
    for line in setup:
        word, _, rest = line.partition(" ")
        if word == "require-tls":
            options = replace(options, require_starttls=True)
        elif word == "normalize":
            options = replace(options, normalize_newlines=True)
        elif word == "proxy":
            options = replace(options, trusted_proxies=(ip_network(rest),))
        elif word == "limit":
            name, _, number = rest.partition("=")
            limit: Any = float(number) if name.endswith("_seconds") else int(number)
            options = replace(options, limits=replace(options.limits, **{name: limit}))
    return options


def _bytes(text: str) -> bytes:
    def escape(match: re.Match[str]) -> str:
        return {"r": "\r", "n": "\n", "t": "\t", "0": "\0"}.get(match[1]) or chr(int(match[1][1:], 16))

    parts = re.split(r"(\\(?:[rnt0]|x[0-9a-f]{2}))", text)
    return b"".join(
        re.sub(r"\\(.*)", escape, part).encode("latin-1") if part.startswith("\\") else part.encode()
        for part in parts
    )
