"""HTML of strangers: what runs, loads or tracks is gone, what a person wrote stays."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.safe_html import ATTRIBUTES, TAGS, for_mail, safe_html

VECTORS = [
    "<script>alert(1)</script>x",
    "<scr<script>ipt>alert(1)</scr</script>ipt>x",
    '<img src=x onerror="alert(1)">x',
    '<svg onload="alert(1)"><script>alert(1)</script></svg>x',
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">x',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">x',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="jAvAsCrIpT&colon;alert(1)">x</a>',
    '<a href="&#106;avascript&#x3a;alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<iframe src="javascript:alert(1)"></iframe>x',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>x',
    '<object data="https://t.example/x.swf"></object><embed src="https://t.example/x">x',
    '<form action="https://t.example"><input name=p><button formaction="javascript:alert(1)">x</button></form>',
    '<meta http-equiv="refresh" content="0;url=https://t.example">x',
    '<base href="https://t.example/"><a href="x">x</a>',
    '<link rel="stylesheet" href="https://t.example/x.css">x',
    "<style>@import 'https://t.example/x.css'; body{background:url(https://t.example/x)}</style>x",
    '<p style="background:url(https://t.example/x.gif)">x</p>',
    '<p style="width:expression(alert(1))">x</p>',
    '<table background="https://t.example/x.gif"><tr><td background="https://t.example/y.gif">x</td></tr></table>',
    '<body background="https://t.example/x.gif" onload="alert(1)">x</body>',
    '<img src="https://t.example/pixel.gif" width=1 height=1>x',
    '<img src="//t.example/pixel.gif">x',
    '<img srcset="https://t.example/pixel.gif 1x" src="cid:logo">x',
    '<picture><source srcset="https://t.example/pixel.gif"><img src="cid:logo"></picture>x',
    '<video src="https://t.example/v" poster="https://t.example/p"></video><audio src="https://t.example/a"></audio>x',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">x',
    '<img src="cid:">x',
    '<input type=image src="https://t.example/x.gif">x',
    "<!--[if gte mso 9]><script>alert(1)</script><![endif]-->x",
    '<details open ontoggle="alert(1)">x</details>',
    '<template><img src=x onerror="alert(1)"></template>x',
    '<xmp><p title="</xmp><svg/onload=alert(1)>">x',
    '<a id="x" name="x" class="admin" target="_top" ping="https://t.example">x</a>',
    "<plaintext><img src=x onerror=alert(1)>x",
    "<p>x\0<img src=x onerror=alert(1)>",
    '<a href="/api/v1/me">x</a><a href="//t.example">x</a><a href="https:x">x</a><a href="cid:x">x</a>',
]
"""Each must leave the letter x behind, and nothing that acts."""


EVERYWHERE = {"lang", "title"}
"""Attributes that the cleaner keeps on every tag."""


class _Seen(HTMLParser):
    """Collects tags and attributes of cleaned HTML, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def seen(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """The tags of a text."""
    parser = _Seen()
    parser.feed(html)
    parser.close()
    return parser.tags


def assert_harmless(html: str, image: str) -> None:
    """Only known tags and attributes, images only from `image`, links only where a person may go."""
    for tag, attributes in seen(html):
        assert tag in TAGS, (tag, html)
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | EVERYWHERE | (
            {"rel"} if tag == "a" else set()
        ), (tag, html)
        if tag == "img":
            assert (attributes.get("src") or image).startswith(image), html
        if tag == "a" and "href" in attributes:
            assert (attributes["href"] or "").startswith(("http://", "https://", "mailto:", "tel:")), html
            assert attributes["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_acts_and_the_words_stay(vector: str) -> None:
    shown = safe_html(vector, lambda content_id: f"/here/{content_id}")
    assert_harmless(shown, "/here/")
    assert_harmless(for_mail(vector), "cid:")
    assert "t.example" not in shown or "<plaintext" in vector


@given(st.lists(st.sampled_from([*VECTORS, "<", ">", '"', "'", "--", "<p ", "</", "&lt;", "x"]), max_size=6))
def test_nothing_acts_however_it_is_put_together(pieces: list[str]) -> None:
    assert_harmless(safe_html("".join(pieces), lambda _id: "/here/1"), "/here/")


def test_what_a_person_wrote_stays() -> None:
    html = '<h2>Plan</h2><p>Hello <b>Ada</b>, see <a href="https://acme.example/?a=1&amp;b=2">this</a>.</p><ul><li>one</li></ul>'
    shown = safe_html(html)
    for kept in ("<h2>Plan</h2>", "<b>Ada</b>", 'href="https://acme.example/?a=1&amp;b=2"', "<li>one</li>"):
        assert kept in shown


def test_inline_images_by_their_content_id() -> None:
    html = '<img src="cid:logo@x" alt="Logo"><img src="CID:two"><img src="cid:gone">'
    shown = safe_html(html, {"logo@x": "/a/1", "two": "/a/2"}.get)
    assert [attributes.get("src") for _, attributes in seen(shown)] == ["/a/1", "/a/2", None]
    assert [attributes.get("src") for _, attributes in seen(for_mail(html))] == [
        "cid:logo@x",
        "cid:two",
        "cid:gone",
    ]


def test_a_content_id_is_no_place_to_go_to() -> None:
    html = '<img src="cid://t.example/p.gif"><img src="cid:https://t.example/p"><img src="cid:a%40b/c?d#e">'
    assert [attributes["src"] for _, attributes in seen(for_mail(html))] == [
        "cid:%2F%2Ft.example%2Fp.gif",
        "cid:https%3A%2F%2Ft.example%2Fp",
        "cid:a%40b%2Fc%3Fd%23e",
    ]
    assert safe_html('<img src="cid:a/b:c">', {"a/b:c": "/1"}.get) == '<img src="/1">'


def test_cleaning_twice_changes_nothing() -> None:
    for vector in VECTORS:
        once = for_mail(vector)
        assert for_mail(once) == once
