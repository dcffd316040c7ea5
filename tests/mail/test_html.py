"""HTML as mail clients write it, and the text that people and readers of quotes expect of it."""

import pytest

from gateway.mail.html import html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("One<br>Two<br><br>Three", "One\nTwo\n\nThree"),
        ("  One \n two&nbsp;&nbsp;three ", "One two  three"),
        ("Fish &amp; chips &#8364;5 &uuml;", "Fish & chips €5 ü"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="3"><li>x<li>y</ol>', "3. x\n4. y"),
        ("a<hr>b", "a\n________________________________\nb"),
        ("<pre>  keep\n    this</pre>", "  keep\n    this"),
        ('<a href="https://k.example/x">our page</a>', "our page"),
        ('<a href="mailto:p@k.example">p@k.example</a>', "p@k.example"),
        ("Mail &lt;p@k.example&gt;", "Mail <p@k.example>"),
        ('<div style="display:none">preheader</div>Text', "Text"),
        ('<span style="mso-hide:all">x</span>Text', "Text"),
        ("<head><title>T</title><style>p{}</style></head><script>x()</script><!-- c -->Text", "Text"),
        ("<!--[if mso]>Outlook<![endif]--><![if !mso]>Others<![endif]>", "Others"),
        ('<td style="font-size:0px"><div style="font-size:13px">Seen</div></td>', "Seen"),
        ('👍 <img data-emoji="😀" alt="😀"> <img alt="Logo of the company">', "👍 😀"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><html><body>ä</body></html>', "ä"),
        ("plain words", "plain words"),
        ("", ""),
        ("<p>unclosed <b>tags <i>here", "unclosed tags here"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_markup_reads_as_in_a_browser(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<blockquote>old</blockquote>new", "> old\nnew"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>> b"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ('<blockquote type="cite"><div>a<br>b</div></blockquote><div>mine</div>', "> a\n> b\nmine"),
        ("<blockquote><pre>a\nb</pre></blockquote>", "> a\n> b"),
        ("<blockquote><table><tr><td>From:</td><td>A</td></tr></table></blockquote>", "> From: A"),
    ],
)
def test_quotes_carry_their_mark_on_every_line(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_an_indented_paragraph_of_ones_own_is_no_quote() -> None:
    html = (
        '<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>my own words</div></blockquote>'
    )
    assert html_to_text(html) == "my own words"


def test_gmail_reply_with_signature() -> None:
    html = (
        '<div dir="ltr"><div>Passt, danke!</div><div><br></div>'
        '<span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature">'
        "<div>Anna Keller</div></div></div><br>"
        '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">Am Mo., 4. M&auml;rz 2024 '
        "um 10:15&nbsp;Uhr schrieb "
        'Peter &lt;<a href="mailto:p@k.example">p@k.example</a>&gt;:<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid">'
        "<div>Hallo</div></blockquote></div>"
    )
    assert html_to_text(html) == (
        "Passt, danke!\n\n-- \nAnna Keller\n\n"
        "Am Mo., 4. März 2024 um 10:15 Uhr schrieb Peter <p@k.example>:\n> Hallo"
    )


def test_gmail_signature_without_its_mark_gets_one() -> None:
    assert html_to_text('<div>Text</div><div class="gmail_signature">Anna</div>') == "Text\n-- \nAnna"


def test_outlook_paragraphs_have_no_margins_and_its_header_block_stands_apart() -> None:
    html = (
        "<div class=WordSection1><p class=MsoNormal>Hi Peter,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
        "<p class=MsoNormal>see below.<o:p></o:p></p>"
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        "<p class=MsoNormal><b>From:</b> Ida Ott &lt;i@k.example&gt; <br>"
        "<b>Sent:</b> Monday, March 4, 2024 9:00 AM<br>"
        "<b>Subject:</b> Offer<o:p></o:p></p></div><p class=MsoNormal>Text</p></div>"
    )
    assert html_to_text(html) == (
        "Hi Peter,\n\nsee below.\n\n"
        "From: Ida Ott <i@k.example>\nSent: Monday, March 4, 2024 9:00 AM\nSubject: Offer\nText"
    )


def test_outlook_on_the_web_flattens_paragraphs_by_its_style_sheet() -> None:
    html = (
        '<html><head><style type="text/css" style="display:none;"> P {margin-top:0;margin-bottom:0;} </style></head>'
        '<body><p>one</p><p>two</p><p><br></p><p>three</p><hr tabindex="-1">'
        '<div id="divRplyFwdMsg"><b>From:</b> Ida</div>'
    )
    assert html_to_text(html) == "one\ntwo\n\nthree\n________________________________\nFrom: Ida"


def test_header_tables_read_line_by_line() -> None:
    html = (
        "<table><tr><th>Von:</th><td>Ida Ott &lt;i@k.example&gt;</td></tr>"
        "<tr><td><div><b>An:</b></div></td><td><div>Anna</div></td></tr></table><p>Text</p>"
    )
    assert html_to_text(html).startswith("Von: Ida Ott <i@k.example>\nAn: Anna\n")


def test_layout_tables_read_top_to_bottom() -> None:
    html = (
        "<table><tr><td><table><tr><td><h1>Willkommen</h1></td></tr>"
        "<tr><td>Erster Absatz<br>geht weiter</td></tr></table>"
        "</td><td>Rand<br>spalte</td></tr></table>"
    )
    lines = html_to_text(html).splitlines()
    assert [line for line in lines if line] == [
        "Willkommen",
        "Erster Absatz",
        "geht weiter",
        "Rand",
        "spalte",
    ]


def test_markup_nested_beyond_sense_still_gives_its_words() -> None:
    text = html_to_text("<div>" * 5000 + "needle &amp; thread" + "</div>" * 5000)
    assert text == "needle & thread"
