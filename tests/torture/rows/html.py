"""HTML that means harm, sent in by mail, typed in and mailed out, and opened in a real browser each time.

What is shown is put into pages without any policy of content, so that the cleaning alone must hold: as a document of
its own, and by innerHTML. The same vectors as they were written show that the bench would see them.
"""

import asyncio
import base64
import email
import email.header
import json
import re
import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

from gateway.mail.safe_html import ATTRIBUTES, TAGS
from tests.daemon import LOG, SECONDS, Daemon, daemon
from tests.outbound.relays import Recorder, relay
from tests.torture.bench import Outcome, Row, Torment
from tests.torture.browser import Browser, Trap, browser
from tests.torture.vectors import Vector, vectors

NORA = "nora.feld@lumenfold.example"
ADA = "ada.marsh@acme.example"
LEAST = 300
"""Vectors of the long form."""

LEAST_RAW = 50
"""Vectors that must run in this browser when nothing cleans them, else the bench is blind."""

QUICK = 60
BATCH = 20
"""Documents in one page."""

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
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

_PAGE_TAGS = {"html", "head", "body", "meta"}
_PAGE_ATTRIBUTES = {"style", "role", "charset", "rel", "lang", "title"}
"""What the pages of the copies bring themselves."""

_EXERCISE = """
async (clean, tags, attributes, links) => {
    const rest = milliseconds => new Promise(done => setTimeout(done, milliseconds));
    await rest(50);
    const wrong = [];
    const roots = [];
    for (const frame of document.querySelectorAll("iframe.bench")) {
        let inner = null;
        try { inner = frame.contentDocument } catch {}
        if (!inner || (clean && frame.contentWindow.location.href !== frame.src))
            wrong.push([frame.id, "went to another page"]);
        if (inner) roots.push([frame.id, inner]);
    }
    for (const box of document.querySelectorAll("div.bench")) roots.push([box.id, box]);
    for (const [id, root] of roots) for (const each of root.querySelectorAll("*")) {
        const tag = each.tagName.toLowerCase();
        if (clean) {
            if (!(tag in tags)) wrong.push([id, "has the tag " + tag]);
            for (const {name, value} of each.attributes) {
                if (!attributes.includes(name) && !(tags[tag] || []).includes(name))
                    wrong.push([id, `has the attribute ${name} at ${tag}`]);
                if (name === "style" && /url|expression|@/i.test(value)) wrong.push([id, "has the style " + value]);
            }
            if (each.href !== undefined && each.hasAttribute("href") && !links.includes(each.protocol))
                wrong.push([id, "links to " + each.href]);
        }
        for (const name in each) if (name.startsWith("on")) {
            try { each.dispatchEvent(new Event(name.slice(2), {bubbles: true, cancelable: true})) } catch {}
        }
        const target = each.href || each.action || "";
        if (!clean || !/^(https?|mailto|tel):/.test(target)) {
            try {
                each.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
                if (each.requestSubmit) each.requestSubmit();
            } catch {}
        }
    }
    await rest(150);
    return wrong;
}
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page gets of a vector at one place."""

    place: str
    vector: Vector
    html: str


@dataclass
class Pages:
    """The server of the pages: each shown thing as a document and as a text. `stray` are paths that nobody offered."""

    documents: dict[str, str] = field(default_factory=dict)
    stray: list[str] = field(default_factory=list)
    address: str = ""

    def offer(self, path: str, html: str) -> str:
        """Serve a document; returns its URL."""
        self.documents[path] = html
        return f"{self.address}{path}"


def run(torment: Torment) -> Outcome:
    """The row."""
    chosen = vectors(QUICK if torment.quick else None)
    violations: list[str] = []
    if not torment.quick and len(chosen) < LEAST:
        violations.append(f"there are only {len(chosen)} vectors")
    shown, refused = _through_the_gateway(torment, chosen)
    places = list(dict.fromkeys(each.place for each in shown))
    (torment.folder / "browser").mkdir()
    with _serving() as pages, browser(torment.folder / "browser") as (page, trap):
        ran, asked = _raw(torment, chosen, page, trap, pages)
        if len(ran) <= (LEAST_RAW if not torment.quick else LEAST_RAW // 5) or not asked:
            violations.append(
                f"only {len(ran)} scripts ran without cleaning, {len(asked)} asked: the bench is blind"
            )
        page.hits.clear()
        found = _Found()
        for place in places:
            for how in ("document", "innerHTML"):
                found += _cleaned(
                    torment, [each for each in shown if each.place == place], how, page, trap, pages
                )
    counts = {place: sum(each.place == place for each in shown) for place in places}
    for place in ("mail", "typed", "copy"):
        if counts.get(place, 0) + refused.get(place, 0) < len(chosen):
            violations.append(
                f"only {counts.get(place, 0)} of {len(chosen)} vectors came out of the place {place}"
            )
    violations += found.violations
    measured = (
        f"{len(chosen)} vectors, {', '.join(f'{counts[place]} by {place}' for place in places)}, as document and "
        f"innerHTML: {found.scripts} scripts, {found.requests} external requests, {found.other} other violations; "
        f"without cleaning {len(ran)} of them run scripts and {len(asked)} ask others"
    )
    return Outcome(measured, tuple(violations))


@dataclass
class _Found:
    scripts: int = 0
    requests: int = 0
    other: int = 0
    violations: list[str] = field(default_factory=list)

    def __iadd__(self, more: "_Found") -> "_Found":
        self.scripts += more.scripts
        self.requests += more.requests
        self.other += more.other
        self.violations += more.violations
        return self


# -- through the gateway -------------------------------------------------------------------------------------


def _through_the_gateway(torment: Torment, chosen: Sequence[Vector]) -> tuple[list[Shown], dict[str, int]]:
    """Every vector as it comes out at each place, and how many a place refused."""
    with _recording() as recorder, daemon(torment.folder, config=CONFIG.format(port=recorder.port)) as house:
        token = house.token(NORA)
        shown = _typed(torment, chosen, house, token)
        ordered = len(shown)
        shown += _mailed(torment, chosen, house, token)
        _wait(lambda: len(recorder.taken) >= ordered, "copies")
        mails = [email.message_from_bytes(envelope.original_content or b"") for envelope in recorder.taken]
    copies = ((_named(_header(mail["Subject"]), chosen), _html_of(mail)) for mail in mails)
    shown += [Shown("copy", vector, html) for vector, html in copies if vector is not None]
    refused = len(chosen) - ordered
    return shown, {"typed": refused, "copy": refused}


def _typed(torment: Torment, chosen: Sequence[Vector], house: Daemon, token: str) -> list[Shown]:
    """Typed in through the API, names and subject too, and ordered as a copy by mail."""
    shown = []
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
        elif status != 422:
            raise RuntimeError(f"the API answered {status} {value} to vector {vector.number}")
    return shown


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


# -- in the browser ------------------------------------------------------------------------------------------


def _raw(
    torment: Torment, chosen: Sequence[Vector], page: Browser, trap: Trap, pages: Pages
) -> tuple[set[int], set[int]]:
    """The vectors whose script runs when nothing cleans them, and those that ask another host."""
    for at in range(0, len(chosen), BATCH):
        torment.say("uncleaned", at, len(chosen))
        urls = [
            pages.offer(f"/raw/{each.number}", f"<!DOCTYPE html><meta charset=utf-8>{each.html}")
            for each in chosen[at : at + BATCH]
        ]
        try:
            page.open(pages.offer(f"/raws/{at}", _frames(urls)))
            page.run(f"({_EXERCISE})(false, {{}}, [], [])")
        except RuntimeError:
            continue  # one of them took the page itself away
    page.open("about:blank")
    return set(page.hits) - {0}, {*_asked(page.requests), *trap.asked}


def _cleaned(
    torment: Torment, shown: Sequence[Shown], how: str, page: Browser, trap: Trap, pages: Pages
) -> _Found:
    """What goes wrong with the vectors of one place, each shown as a document of its own or by innerHTML."""
    found = _Found()
    tags = {tag: sorted(ATTRIBUTES.get(tag, ())) for tag in TAGS | _PAGE_TAGS}
    links = ["http:", "https:", "mailto:", "tel:"]
    arguments = ", ".join(json.dumps(each) for each in (tags, sorted(_PAGE_ATTRIBUTES), links))
    for at in range(0, len(shown), BATCH):
        batch = shown[at : at + BATCH]
        place = f"{batch[0].place} as {how}"
        torment.say(place, at, len(shown))
        for heard in (page.hits, page.requests, page.pages, trap.asked, pages.stray):
            heard.clear()
        before = trap.connections
        if how == "document":
            urls = [
                pages.offer(f"/{each.place}/{each.vector.number}", _document(each.html)) for each in batch
            ]
            page.open(pages.offer(f"/{place.replace(' ', '-')}/{at}", _frames(urls)))
        else:
            page.open(pages.offer(f"/{place.replace(' ', '-')}/{at}", _boxes(batch)))
            texts = json.dumps([each.html for each in batch])
            page.run(
                f"{texts}.forEach((html, at) => document.querySelectorAll('div.bench')[at].innerHTML = html)"
            )
        wrong = page.run(f"({_EXERCISE})(true, {arguments})")
        numbers = {f"b{index}": each.vector for index, each in enumerate(batch)}
        for name, what in wrong:
            vector = numbers[name]
            found.other += 1
            found.violations.append(f"{place}: vector {vector.number} {what}: {vector.html[:200]!r}")
        for number in page.hits:
            found.scripts += 1
            found.violations.append(f"{place}: a script ran: {_of(number, batch)}")
        asked = {*_asked(page.requests), *trap.asked}
        for number in asked:
            found.violations.append(f"{place}: another host was asked: {_of(number, batch)}")
        found.requests += max(len(asked), trap.connections - before)
        if trap.connections > before and not asked:
            found.violations.append(f"{place}: {trap.connections - before} connections to another host")
        strays = [*pages.stray, *page.pages, *(url for url in page.requests if _is_elsewhere(url, pages))]
        found.other += len(strays)
        found.violations += [f"{place}: {each[:200]} was asked for or opened" for each in strays]
    return found


def _of(number: int, batch: Sequence[Shown]) -> str:
    return next((repr(each.vector.html[:300]) for each in batch if each.vector.number == number), f"{number}")


def _asked(urls: Sequence[str]) -> set[int]:
    return {int(found[1]) for url in urls if (found := re.match(r"\w+://x([0-9]+)\.", url))}


def _is_elsewhere(url: str, pages: Pages) -> bool:
    return not url.startswith((pages.address, "about:")) and not _asked([url])


def _document(html: str) -> str:
    return html if html.startswith("<!DOCTYPE") else f"<!DOCTYPE html><meta charset=utf-8><body>{html}"


def _frames(urls: Sequence[str]) -> str:
    frames = "".join(f'<iframe class=bench id=b{at} src="{url}"></iframe>' for at, url in enumerate(urls))
    return f"<!DOCTYPE html><meta charset=utf-8>{frames}"


def _boxes(batch: Sequence[Shown]) -> str:
    boxes = "".join(f"<div class=bench id=b{at}></div>" for at in range(len(batch)))
    return f"<!DOCTYPE html><meta charset=utf-8>{boxes}"


@contextmanager
def _serving() -> Iterator[Pages]:
    """The pages, without a policy of content."""
    pages = Pages()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in pages.documents:
                self._answer(
                    "text/html; charset=utf-8", pages.documents[self.path].encode("utf-8", "replace")
                )
            elif re.fullmatch(r"/api/v1/touchpoints/\d+/attachments/\d+", self.path):
                self._answer("image/png", PNG)
            else:
                if self.path != "/favicon.ico":
                    pages.stray.append(self.path)
                self._answer("text/plain", b"")

        do_POST = do_GET

        def _answer(self, media: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pages.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield pages
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS)


ROW = Row(
    "html",
    "HTML: ≥ 300 XSS vectors in three places, in real headless Chromium",
    "0 scripts, 0 external requests",
    run,
    needs=("chromium",),
)
