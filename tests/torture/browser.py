"""A headless Chromium, driven by its own protocol over a pipe, which reaches nobody but us.

The protocol is the Chrome DevTools Protocol; `--remote-debugging-pipe` reads it from descriptor 3 and writes it to 4,
messages ended by NUL, so that no port is open and no library is needed. `--host-resolver-rules` makes the hosts of
the vectors our trap, where connections made ahead are seen, too, and lets no other host be found.
"""

import contextlib
import fcntl
import json
import os
import re
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from tests.torture.vectors import TOP

SECONDS = 60

_HOST = re.compile(rb"x([0-9]+)\." + re.escape(TOP).encode())
_PROGRAM = "chromium"
_HIT = """
const told = window.toBench;
for (const name of ["hit", "alert", "confirm", "prompt", "print"])
    Object.defineProperty(window, name, {value: n => told(String(n)), writable: false});
"""


class Trap:
    """Listens where the hosts of the vectors lead; `asked` are the numbers of the vectors whose host was named.

    `connections` counts those that named none, too: a connection made ahead says nothing.
    """

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.asked: list[int] = []
        self.connections = 0
        threading.Thread(target=self._take, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        """The first bytes name the host: in a Host field, or in the server name of a TLS greeting (RFC 6066 3)."""
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            heard = connection.recv(65536)
            self.asked += [int(number) for number in set(_HOST.findall(heard))]


class Browser:
    """One page of a browser. `hits` are the numbers that scripts called `hit` with, and what else scripts did.

    `requests` are the URLs that were asked for, `pages` those that opened beside ours.
    """

    def __init__(self, folder: Path, trap: Trap) -> None:
        (down_read, down_write), (up_read, up_write) = _pipe(), _pipe()

        def hand_over() -> None:
            os.dup2(down_read, 3)
            os.dup2(up_write, 4)

        self._process = subprocess.Popen(
            [
                str(shutil.which(_PROGRAM)),
                "--headless=new",
                "--remote-debugging-pipe",
                "--no-sandbox",  # a container has no user namespaces; the pages are our own
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-popup-blocking",
                "--mute-audio",
                # One process for all frames, so that one session sees them all.
                "--disable-site-isolation-trials",
                "--disable-features=IsolateSandboxedIframes,IsolateOrigins,HttpsUpgrades,OptimizationHints,Translate",
                "--autoplay-policy=no-user-gesture-required",
                f"--host-resolver-rules=MAP *.{TOP} 127.0.0.1:{trap.port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                f"--user-data-dir={folder}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=hand_over,  # noqa: PLW1509 -
            close_fds=False,  # ours close by themselves when a program takes over (PEP 446)
            start_new_session=True,
        )
        os.close(down_read)
        os.close(up_write)
        self._down, self._up = down_write, up_read
        self._heard = b""
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self.hits: list[int] = []
        self.requests: list[str] = []
        self.pages: list[str] = []
        self._loaded = False
        self._ask("Target.setDiscoverTargets", discover=True)
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self._ask(f"{domain}.enable", session=True)
        self._ask("Runtime.addBinding", session=True, name="toBench")
        self._ask("Page.addScriptToEvaluateOnNewDocument", session=True, source=_HIT)

    def open(self, url: str) -> None:
        """Go to a page and wait until it, and all it is made of, is loaded."""
        self._loaded = False
        self._ask("Page.navigate", session=True, url=url)
        self._until(lambda: self._loaded)

    def run(self, script: str) -> Any:
        """What a script in the page comes to; promises are waited for."""
        answer = self._ask(
            "Runtime.evaluate", session=True, expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(f"the script of the bench failed: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def picture(self, path: Path) -> None:
        """The page as a PNG."""
        import base64

        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", session=True)["data"]))

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError, AssertionError):
            self._send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._down)
        os.close(self._up)

    def _send(self, method: str, *, session: bool = False, **parameters: Any) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._down, data) :]
        return self._number

    def _ask(self, method: str, *, session: bool = False, **parameters: Any) -> dict[str, Any]:
        number = self._send(method, session=session, **parameters)
        self._until(lambda: number in self._answers)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _until(self, true: Any) -> None:
        end = monotonic() + SECONDS
        while not true():
            readable, _, _ = select.select([self._up], [], [], max(end - monotonic(), 0))
            heard = os.read(self._up, 1 << 20) if readable else b""
            if not heard:
                raise AssertionError("the browser says nothing any more")
            self._heard += heard
            *whole, self._heard = self._heard.split(b"\0")
            for each in whole:
                self._take(json.loads(each))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
            return
        told = message["params"]
        match message["method"]:
            case "Runtime.bindingCalled":
                payload = str(told["payload"])
                self.hits.append(int(payload) if payload.isdigit() else 0)
            case "Page.javascriptDialogOpening":
                self.hits.append(0)
                self._send("Page.handleJavaScriptDialog", session=True, accept=False)
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Target.targetCreated" if told["targetInfo"]["type"] == "page":
                info = told["targetInfo"]
                if info["targetId"] != getattr(self, "_target", "") and info.get("openerId"):
                    self.pages.append(info["url"])
                    self._send("Target.closeTarget", targetId=info["targetId"])


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe, neither at a descriptor that the browser is to have."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in ends)
    for each in ends:
        os.close(each)
    return moved[0], moved[1]


@contextmanager
def browser(folder: Path) -> Iterator[tuple[Browser, Trap]]:
    """A browser and its trap; both gone at the end."""
    trap = Trap()
    made: Browser | None = None
    try:
        made = Browser(folder, trap)
        yield made, trap
    finally:
        if made is not None:
            made.close()
        trap.close()
