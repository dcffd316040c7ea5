"""The bench of hostile HTML sees what it is there to see: pages that nothing cleaned are found out."""

import shutil
from pathlib import Path

import pytest

from gateway.mail.safe_html import safe_html
from tests.torture.bench import Torment
from tests.torture.browser import browser
from tests.torture.pages import Found, Shown, cleaned, serving
from tests.torture.vectors import Vector, vectors

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="not installed: chromium")

HARM = {
    "a script ran": "<img src=x: onerror=hit(1)>",
    "has the attribute onclick": "<p onclick=hit(1)>x</p>",
    "another host was asked": "<img src=https://x1.evil.test/p.gif>",
    "links to javascript": "<a href=javascript:hit(1)>x</a>",
    "has the tag form": "<form><input></form>",
    "has the style": '<p style="background:url(https://x1.evil.test/b.gif)">x</p>',
    "was asked for or opened": "<img src=/elsewhere>",
}
AHEAD = "<link rel=preconnect href=https://x1.evil.test>"


def shown_in_a_browser(folder: Path, htmls: list[str]) -> Found:
    """What is found wrong with pieces of HTML, each in a page as it is."""
    torment = Torment(True, folder, 1, lambda _text, _done, _total: None)
    shown = [Shown("test", Vector(number, "test", html), html) for number, html in enumerate(htmls, 1)]
    found = Found()
    (folder / "browser").mkdir()
    with serving() as pages, browser(folder / "browser") as (page, trap):
        for how in ("document", "innerHTML"):
            found += cleaned(torment, shown, how, page, trap, pages)
    return found


def test_what_is_not_cleaned_is_found_out(tmp_path: Path) -> None:
    found = shown_in_a_browser(tmp_path, [*HARM.values(), AHEAD])
    for what in HARM:
        assert sum(what in each for each in found.violations) >= 2, (what, found.violations)
    assert found.scripts >= 2
    assert found.requests >= 4


def test_what_is_cleaned_does_nothing(tmp_path: Path) -> None:
    chosen = vectors(120)
    cleaned_ones = [
        safe_html(each.html, lambda _id: "/api/v1/touchpoints/1/attachments/1") for each in chosen
    ]
    found = shown_in_a_browser(tmp_path, cleaned_ones)
    assert found.violations == []


def test_every_family_has_its_vectors() -> None:
    found = vectors()
    assert len(found) >= 300
    assert len({each.html for each in found}) == len(found)
    assert len({each.family for each in vectors(60)}) == 8
