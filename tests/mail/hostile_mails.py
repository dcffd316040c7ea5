"""Hostile mail for Hypothesis: broken at every level that a reader looks at, from line ends to nested parts."""

import base64
import binascii

from hypothesis import strategies as st

from tests.mail.build import wire
from tests.mail.seeds import PIECES, SEEDS

ADDRESSES = (
    "anna.keller@vendor.example",
    "Peter Braun <peter.braun@kunde.example>",
    '"Braun, Peter" <peter.braun@kunde.example>',
    "=?utf-8?q?M=C3=BCller=2C?= <m@k.example>",
    "log@touchpoints.vendor.example",
    "undisclosed-recipients:;",
    "Team: a@k.example, b@k.example;",
    "alice@example.org)bob@example.com",
    "<@relay.example:c@k.example>",
    "a@[192.0.2.1]",
    '"a b"@k.example',
    "MAILER-DAEMON",
    "ü@müller.example",
    "x@xn--mller-kva.example",
    "<",
    '<"',
    "a@[",
    "(((c@k.example",
    "",
)
CHARSETS = (
    *("utf-8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-16le", "utf-7", "utf-32", "gb2312"),
    *("big5", "shift_jis", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "euc-kr", "koi8-r", "cp1252", "mac"),
    *("xyzzy", "zlib", "idna", "punycode", "unicode_escape", "rot13", "utf\0-8", "", '"utf-8', "a" * 200),
)
ENCODINGS = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", '"BASE64" ;', "gzip", "")
MEDIA = (
    *("text/plain", "text/html", "text/plain; format=flowed; delsp=yes", "text/calendar; method=REQUEST"),
    *("text/rfc822-headers", "message/rfc822", "message/delivery-status", "message/disposition-notification"),
    *("message/feedback-report", "message/partial", "application/octet-stream", "application/ms-tnef"),
    *(
        "application/pkcs7-mime; smime-type=signed-data",
        "image/png",
        "application/pdf; name=../../etc/passwd",
    ),
    *(
        "text",
        "",
        ";",
        "text/plain; charset",
        "text/plain;;;;",
        "TEXT/HTML; CHARSET*0*=utf-8''%zz;charset*2=x",
    ),
    *("multipart/mixed", "application/pdf; name*0*=utf-8''a%20; name*1=b; name*9999999999=c", "a/b/c"),
)
KINDS = ("mixed", "alternative", "related", "report", "signed", "encrypted", "digest", "appledouble", "x-odd")
BOUNDARIES = ("b", "b-", "--b", "=_x y", "b" * 70, "b" * 300, "", "'", "b;c", 'b\\"', "ü")
FIELDS = (
    "Date: Mon, 4 Mar 2024 10:15:00 +0100",
    "Date: Thu, 31 Dec 9999 23:59:59 -2359",
    "Date: 30 Feb 2024 25:61:61 +9999",
    "Message-ID: <",
    "Message-ID: <a@b>",
    "References: <a@b> <c@d\r\n e> f@g",
    "In-Reply-To: Your message of <x@y>",
    "Subject: =?utf-8?b?4pyTCg==?=",
    "Subject: =?utf-8?q?a=0D=0ABcc:_x?=",
    "Subject: Fwd: =?xyzzy?q?=ff?=",
    "Subject: Re: Angebot peter.braun@kunde.example",
    "Subject: Automatische Antwort: weg",
    "Subject: Delivery Status Notification (Failure)",
    "Auto-Submitted: auto-replied",
    "List-Id: <l.k.example>",
    "Precedence: bulk",
    "Content-Disposition: attachment; filename*=utf-8''%e2%80%ae%00gpj.exe",
    "Content-Disposition: inline; filename=" + "n" * 400,
    "Content-ID: <a@b>",
    "Content-Location: http://k.example/a.png",
    "Content-Transfer-Encoding: base64",
    "MIME-Version: (c) 1.0",
    "DKIM-Signature: v=1; a=rsa-sha256; d=k.example; s=s; h=from:from; l=0; bh=AAAA; b=AAAA",
    "DKIM-Signature: v=1; a=;;; d=" + "x" * 300,
    "Authentication-Results: mx.lumenfold.example; dmarc=pass header.from=k.example (((",
    "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=k.example; s=s; b=",
    "Received: from a ([192.0.2.1]) by b; Mon, 4 Mar 2024 10:15:00 +0100",
    "Return-Path: <>",
    "X-Failed-Recipients: a@k.example",
    "no colon at all",
    " folded from nowhere",
    ":",
    "X: " + "=?utf-8?q?" * 50,
)
TEXTS = (
    "Hallo\n\nAm 4.3.2024 schrieb Eva <eva@kunde.example>:\n> Angebot\n>> alt\n-- \nAnna\n",
    "-----Original Message-----\nFrom: Eva <eva@kunde.example>\nSent: Monday\nTo: a@k.example\nSubject: x\n\nhi\n",
    "---------- Forwarded message ---------\nVon: Eva <eva@kunde.example>\nDatum: 4.3.2024\nBetreff: x\n\nhi\n",
    "Begin forwarded message:\n\n> From: Eva <eva@kunde.example>\n> Subject: x\n>\n> hi\n",
    "Final-Recipient: rfc822; a@k.example\nAction: failed\nStatus: 5.1.1\n\nReporting-MTA: dns; m\n",
    "From: Eva <eva@kunde.example>\nTo: a@k.example\nSubject: Inner\nContent-Type: text/html\n\n<p>x\n",
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nDTSTART;TZID=Nowhere:99999999T999999\nRRULE:FREQ=SECONDLY\n"
    "ORGANIZER:mailto:\nATTENDEE;CN=\"x:mailto:a@b\nEND:VEVENT\nEND:VCALENDAR\n",
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- -- x\n-----BEGIN PGP SIGNATURE-----\n",
    "begin 644 a.txt\n#0V%T\n`\nend\n",
    "<html><blockquote type=cite><table><tr><td>a<li>b</table><img src='cid:a@b' onerror=x><svg><script>x",
    "<div class=gmail_quote>On Mon, Eva &lt;eva@kunde.example&gt; wrote:<blockquote>x<blockquote>y",
    "<style>p{margin:0}</style><p style='display:none'>x<p>y<a href='javascript:x'>z<a href=' //evil'>",
    "<!--" * 20 + "<![CDATA[" + "<math><mtext><style><img title='</style><img src=x>'>",
    "=C3=A4=\n=ZZ= \n==3D",
    "\0\1\2\x1b$B\x7f\u202e\ufeff",
    "",
)  # fmt: skip
BINARIES = (
    b"\x78\x9f\x3e\x22" + bytes(40),
    bytes.fromhex("3080060 92a864886f70d010702a0803080".replace(" ", "")),
    b"0\x82\xff\xff\x06\x09*\x86H\x86\xf7\r\x01\x07\x02\xa0\x84\xff\xff\xff\xff",
    b"\xff\xfe<\0p\0",
    b"PK\x03\x04" + bytes(26),
)

_content = st.one_of(
    st.sampled_from(TEXTS).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.binary(max_size=60),
    st.sampled_from(BINARIES),
)


def _coded(content: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(content)
    if encoding == "quoted-printable":
        return binascii.b2a_qp(content)
    return content


_address = st.one_of(st.sampled_from(ADDRESSES), st.text(alphabet='ab@<>(),;:"\\. =?ü\n', max_size=20))
_people = st.builds(
    lambda name, people: f"{name}: {', '.join(people)}",
    st.sampled_from(("From", "To", "Cc", "Reply-To", "Sender", "from", "To ")),
    st.lists(_address, min_size=1, max_size=4),
)
_free = st.builds(
    lambda name, value: f"{name}: {value}",
    st.sampled_from(("Subject", "Date", "Message-ID", "References", "Content-Type", "Received", "X-Odd")),
    st.text(max_size=40),
)
_field = st.one_of(st.sampled_from(FIELDS), _people, _free)
_fields = st.lists(_field, max_size=4).map(
    lambda fields: [each.encode("utf-8", "replace") for each in fields]
)


@st.composite
def _leaf(draw: st.DrawFn) -> bytes:
    encoding = draw(st.sampled_from(ENCODINGS))
    media, charset = draw(st.sampled_from(MEDIA)), draw(st.sampled_from(CHARSETS))
    head = [
        f"Content-Type: {media}; charset={charset}".encode(),
        f"Content-Transfer-Encoding: {encoding}".encode(),
    ]
    head += draw(_fields)
    return b"\n".join(head) + b"\n\n" + _coded(draw(_content), encoding)


@st.composite
def _multipart(draw: st.DrawFn, children: st.SearchStrategy[bytes]) -> bytes:
    boundary = draw(st.sampled_from(BOUNDARIES)).encode()
    said = boundary if draw(st.integers(0, 5)) else draw(st.sampled_from(BOUNDARIES)).encode()
    parts = draw(st.lists(children, max_size=3))
    end = draw(st.sampled_from((b"--" + boundary + b"--\n", b"--" + boundary + b"-", b"", b"\nepilogue")))
    kind = draw(st.sampled_from(KINDS)).encode()
    head = b"Content-Type: multipart/" + kind + b'; report-type=delivery-status; boundary="' + said + b'"'
    body = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    return b"\n".join([head, *draw(_fields)]) + b"\n\n" + body + end


_inner = st.builds(
    lambda fields, part: b"\n".join([b"Content-Type: message/rfc822", b"", *fields, part]), _fields, _leaf()
)
_entity = st.recursive(
    st.one_of(_leaf(), _inner),
    lambda children: st.one_of(_multipart(children), _multipart(children)),
    max_leaves=8,
)

_BASE = (
    b"From: Anna Keller <anna.keller@vendor.example>",
    b"To: Peter Braun <peter.braun@kunde.example>",
    b"Subject: Angebot",
    b"Date: Mon, 4 Mar 2024 10:15:00 +0100",
    b"Message-ID: <20240304101500.1@vendor.example>",
    b"MIME-Version: 1.0",
)


@st.composite
def _built(draw: st.DrawFn) -> bytes:
    """A mail put together: the usual fields, or some of them, and others, around a tree of parts."""
    usual = [field for field in _BASE if draw(st.integers(0, 7))]
    mail = b"\n".join([*usual, *draw(_fields), draw(_entity)])
    return draw(st.sampled_from((wire, wire, wire, lambda raw: raw, lambda raw: raw.replace(b"\n", b"\r"))))(
        mail
    )


@st.composite
def mutated(draw: st.DrawFn, mails: st.SearchStrategy[bytes]) -> bytes:
    """A mail with some octets replaced, repeated, or cut off."""
    raw = bytearray(draw(mails))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.integers(0, 9)):
            case 0:
                del raw[at:]
            case 1:
                raw[at:at] = raw[at : at + draw(st.integers(0, 200))] * draw(st.integers(1, 20))
            case _:
                raw[at : at + draw(st.integers(0, 12))] = draw(PIECES)
    return bytes(raw)


def hostile_mails() -> st.SearchStrategy[bytes]:
    """Mails that were built, and good and built ones that were mutated."""
    return st.one_of(_built(), _built(), mutated(_built()), mutated(st.sampled_from(SEEDS)))
