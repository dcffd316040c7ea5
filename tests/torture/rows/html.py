"""HTML that means harm, sent in by mail, typed in and mailed out, and opened in a real browser each time.

What is shown is put into pages without any policy of content, so that the cleaning alone must hold: as a document of
its own, and by innerHTML. The same vectors as they were written show that the bench would see them.
"""

import asyncio
import base64
import email
import email.header
import re
import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from time import monotonic
from typing import Any

from tests.daemon import LOG, SECONDS, Daemon, daemon
from tests.outbound.relays import Recorder, relay
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.browser import browser
from tests.torture.pages import PNG, Found, Shown, cleaned, raw, serving
from tests.torture.vectors import Vector, vectors

NORA = "nora.feld@lumenfold.example"
ADA = "ada.marsh@acme.example"
PLACES = ("mail", "typed", "copy")
LEAST = 300
"""Vectors of the long form."""

LEAST_RAW = 50
"""Vectors that must run in this browser when nothing cleans them, else the bench is blind."""

DEEP, LONG = 150, 20_000
"""What may be refused when it is typed: more tags than are nested, more characters than a text has."""

MOST_REFUSED = 3
"""Vectors that may be refused for it: so few are deep or long."""

QUICK = 60
CONFIG = """
[relay]
host = "127.0.0.1"
port = {port}
tls = "none"
[sending]
mails_per_recipient_hour = 100000
"""
_NUMBER = re.compile(r"v([0-9]+) ")
_STRANGE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def run(torment: Torment) -> Outcome:
    """The row."""
    chosen = vectors(QUICK if torment.quick else None)
    violations: list[str] = []
    if not torment.quick and len(chosen) < LEAST:
        violations.append(f"there are only {len(chosen)} vectors")
    shown, refused = _through_the_gateway(torment, chosen)
    places = list(dict.fromkeys(each.place for each in shown))
    (torment.folder / "browser").mkdir()
    with serving() as pages, browser(torment.folder / "browser") as (page, trap):
        ran, asked = raw(torment, chosen, page, trap, pages)
        if len(ran) <= (LEAST_RAW if not torment.quick else LEAST_RAW // 5) or not asked:
            violations.append(
                f"only {len(ran)} scripts ran without cleaning, {len(asked)} asked: the bench is blind"
            )
        page.hits.clear()
        found = Found()
        for place in places:
            for how in ("document", "innerHTML"):
                found += cleaned(
                    torment, [each for each in shown if each.place == place], how, page, trap, pages
                )
    counts = {place: sum(each.place == place for each in shown) for place in places}
    due = dict.fromkeys(PLACES, len(chosen) - len(refused)) | {"mail": len(chosen)}
    violations += [
        f"{counts.get(place, 0)} vectors came out of {place}, not {due[place]}"
        for place in PLACES
        if counts.get(place, 0) != due[place]
    ]
    violations += [
        f"{name} was refused" for name in refused.values() if not name.startswith(("deep", "long"))
    ]
    if len(refused) > MOST_REFUSED:
        violations.append(f"{len(refused)} were refused when they were typed")
    # What is nested too deep is shown as text; of everything else the words around the harm must be there.
    blank = sum(f"v{each.vector.number}" not in each.html for each in shown)
    if blank * 20 > len(shown):
        violations.append(f"{blank} of {len(shown)} came out without the words of their writer")
    violations += found.violations
    measured = (
        f"{len(chosen)} vectors, {', '.join(f'{counts[place]} by {place}' for place in places)}, refused when "
        f"typed: {', '.join(sorted(refused.values())) or 'none'}; as document and innerHTML: "
        f"{found.scripts} scripts, {found.requests} external requests, {found.other} other violations; "
        f"without cleaning {len(ran)} of them run scripts and {len(asked)} ask others"
    )
    return Outcome(measured, tuple(violations))


def _through_the_gateway(torment: Torment, chosen: Sequence[Vector]) -> tuple[list[Shown], dict[int, str]]:
    """Every vector as it comes out at each place, and the names of those that were refused when typed, by number."""
    with _recording() as recorder, daemon(torment.folder, config=CONFIG.format(port=recorder.port)) as house:
        token = house.token(NORA)
        shown, refused = _typed(torment, chosen, house, token)
        ordered = len(shown)
        shown += _mailed(torment, chosen, house, token)
        _wait(lambda: len(recorder.taken) >= ordered, "copies")
        mails = [email.message_from_bytes(envelope.original_content or b"") for envelope in recorder.taken]
    copies = ((_named(_header(mail["Subject"]), chosen), _html_of(mail)) for mail in mails)
    shown += [Shown("copy", vector, html) for vector, html in copies if vector is not None]
    return shown, refused


def _typed(
    torment: Torment, chosen: Sequence[Vector], house: Daemon, token: str
) -> tuple[list[Shown], dict[int, str]]:
    """Typed in through the API, names and subject too, and ordered as a copy by mail; and what was refused."""
    shown, refused = [], {}
    for done, vector in enumerate(chosen):
        torment.say("type", done, len(chosen))
        told = {
            "account": "acme",
            "type": "telephone call",
            "subject": f"v{vector.number} {_line(vector.html)}",
            "html": f"<p>v{vector.number}</p>{vector.html}",
            "participants": [{"email": ADA, "name": _line(vector.html)[:200]}],
            "email": {"me": True},
        }
        status, value = house.call("POST", "/touchpoints", token, told)
        if status == 201:
            shown.append(Shown("typed", vector, value["html"]))
        elif status == 422:
            refused[vector.number] = _named_refusal(vector, value)
        else:
            raise RuntimeError(f"the API answered {status} {value} to vector {vector.number}")
    return shown, refused


def _named_refusal(vector: Vector, told: Any) -> str:
    """What a vector is that was refused, as far as both it and the answer say so."""
    name = f"{vector.family} {vector.number}"
    why = " ".join(each["why"] for each in told["errors"])
    if vector.html.count("<") > DEEP and "nested too deeply" in why:
        return f"deep ({name})"
    if len(vector.html) > LONG and "at most 20,000 characters" in why:
        return f"long ({name})"
    return f"{name}, for {told['errors']},"


def _mailed(torment: Torment, chosen: Sequence[Vector], house: Daemon, token: str) -> list[Shown]:
    """Sent in by a customer, with a picture that the HTML may show."""
    with smtplib.SMTP("127.0.0.1", house.port, timeout=SECONDS) as server:
        for done, vector in enumerate(chosen):
            torment.say("send", done, len(chosen))
            server.sendmail(ADA, [LOG], _mail(vector))
    found: dict[int, int] = {}

    def all_filed() -> bool:
        found.clear()
        following: str | None = ""
        while following is not None:
            _, page = house.call(
                "GET", f"/touchpoints?account=acme&type=email&limit=200&cursor={following}", token
            )
            for each in page["items"]:
                vector = _named(each["subject"], chosen)
                if vector is not None:
                    found[vector.number] = each["id"]
            following = page["next"]
        return len(found) == len(chosen)

    _wait(all_filed, "filed mails")
    shown = []
    for vector in chosen:
        _, value = house.call("GET", f"/touchpoints/{found[vector.number]}", token)
        shown.append(Shown("mail", vector, value["html"]))
    return shown


def _mail(vector: Vector) -> bytes:
    name, body = _line(vector.html), f"<p>v{vector.number}</p>{vector.html}"
    lines = (
        f"From: {_word(name[:60])} <{ADA}>",
        f"To: Nora <{NORA}>",
        f"Subject: {_word(f'v{vector.number} {name}')}",
        "Date: Mon, 02 Mar 2026 10:00:00 +0000",
        f"Message-ID: <v{vector.number}@acme.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/related; boundary="=_v"',
        "",
        "--=_v",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(body.encode("utf-8", "replace")).decode("ascii"),
        "--=_v",
        f'Content-Type: image/png; name="{_word(name[:60])}"',
        "Content-ID: <a>",
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(PNG).decode("ascii"),
        "--=_v--",
        "",
    )
    return "\r\n".join(lines).replace("\r\n", "\n").replace("\n", "\r\n").encode("ascii")


def _line(text: str) -> str:
    return _STRANGE_LINE.sub(" ", text)[:300]


def _word(text: str) -> str:
    pieces = [text[at : at + 12] for at in range(0, len(text), 12)]
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(each.encode()).decode('ascii')}?=" for each in pieces)


def _named(subject: str, chosen: Sequence[Vector]) -> Vector | None:
    match = _NUMBER.search(subject)
    number = int(match[1]) if match else 0
    return chosen[number - 1] if 0 < number <= len(chosen) else None


def _header(value: str) -> str:
    return str(email.header.make_header(email.header.decode_header(value)))


def _html_of(mail: Message) -> str:
    for part in mail.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload.decode()
    return ""


def _wait(true: Callable[[], bool], what: str) -> None:
    end = monotonic() + 4 * SECONDS
    pause = threading.Event()
    while not true():
        if monotonic() > end:
            raise RuntimeError(f"{what} did not come")
        pause.wait(0.2)


@contextmanager
def _recording() -> Iterator[Recorder]:
    """A relay in a thread of its own."""
    recorder = Recorder()
    ready, ends = threading.Event(), []

    async def serve() -> None:
        ended = asyncio.Event()
        async with relay(recorder):
            ends.append((asyncio.get_running_loop(), ended))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait(SECONDS)
    try:
        yield recorder
    finally:
        loop, ended = ends[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(SECONDS)


ROW = Row(
    "html",
    "HTML: ≥ 300 XSS vectors in three places, in real headless Chromium",
    "0 scripts, 0 external requests",
    run,
    needs=("chromium",),
)
