"""Pages that show what came out of the gateway, opened in a real browser, poked at, and looked through."""

import base64
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gateway.mail.safe_html import ATTRIBUTES, TAGS
from tests.torture.bench import Torment
from tests.torture.browser import SECONDS, Browser, Trap
from tests.torture.vectors import Vector

BATCH = 20
"""Documents in one page."""

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
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
        // A person may follow a link to another site; whatever else a click does, it does by itself.
        const link = each.closest("a[href]");
        const target = link ? link.href : each.action || "";
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
    """The documents that are served, by path. `stray` are paths that were asked for and that nobody offered."""

    documents: dict[str, str] = field(default_factory=dict)
    stray: list[str] = field(default_factory=list)
    address: str = ""

    def offer(self, path: str, html: str) -> str:
        """Serve a document; returns its URL."""
        self.documents[path] = html
        return f"{self.address}{path}"


@dataclass
class Found:
    """What went wrong: how many of each kind, and a sentence for each."""

    scripts: int = 0
    requests: int = 0
    other: int = 0
    violations: list[str] = field(default_factory=list)

    def __iadd__(self, more: "Found") -> "Found":
        self.scripts += more.scripts
        self.requests += more.requests
        self.other += more.other
        self.violations += more.violations
        return self


def raw(
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


def cleaned(
    torment: Torment, shown: Sequence[Shown], how: str, page: Browser, trap: Trap, pages: Pages
) -> Found:
    """What goes wrong with the vectors of one place, each shown as a document of its own or by innerHTML."""
    found = Found()
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
    # A content id leads nowhere but into the mail itself.
    return not url.startswith((pages.address, "about:", "cid:")) and not _asked([url])


def _document(html: str) -> str:
    return html if html.startswith("<!DOCTYPE") else f"<!DOCTYPE html><meta charset=utf-8><body>{html}"


def _frames(urls: Sequence[str]) -> str:
    frames = "".join(f'<iframe class=bench id=b{at} src="{url}"></iframe>' for at, url in enumerate(urls))
    return f"<!DOCTYPE html><meta charset=utf-8>{frames}"


def _boxes(batch: Sequence[Shown]) -> str:
    boxes = "".join(f"<div class=bench id=b{at}></div>" for at in range(len(batch)))
    return f"<!DOCTYPE html><meta charset=utf-8>{boxes}"


@contextmanager
def serving() -> Iterator[Pages]:
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

        do_POST = do_GET  # noqa: N815

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
