"""Mutated mails: whatever arrives, a Message comes out that can be stored and shown."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.mail import read
from rules.message import Message
from tests.mail.build import mail, multipart
from tests.mail.test_calendar import EXCHANGE, calendar
from tests.mail.test_nested import INNER

SEEDS = (
    mail(
        "From: =?utf-8?Q?M=C3=BCller,_Jo?= <j@k.example>",
        "Content-Type: text/html; charset=gb2312",
        "Content-Transfer-Encoding: base64",
        body="PHA+SGk8L3A+",
    ),
    multipart(
        "mixed",
        "Content-Type: text/plain; format=flowed; delsp=yes\n\n> a \n> b\n-- \nx",
        "Content-Type: message/rfc822\n\n" + INNER,
        calendar(EXCHANGE),
        "Content-Type: application/pdf;\n name*0*=utf-8''a%20;\n name*1=b.pdf\n\nx",
    ),
    multipart(
        "report",
        "Content-Type: text/plain\n\nfailed",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; m\n\n"
        "Final-Recipient: rfc822; a@k.example\nAction: failed\n",
        "Content-Type: text/rfc822-headers\n\nSubject: x\n",
        report_type="delivery-status",
    ),
    multipart(
        "related",
        "Content-Type: text/html\n\n<blockquote><table><tr><td>a<li>b</table><img src=cid:x>",
        "Content-Type: image/png\nContent-ID: <x>\n\npng",
    ),
)
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [
            b"\r\n",
            b"\n\n",
            b"--=_limit",
            b'"',
            b"<",
            b"=?",
            b"?=",
            b";",
            b",",
            b"\0",
            b"\xff\xfe",
            b"=\n",
            b"(",
            b"*0*=",
            b"Content-Type: ",
        ]
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 12))] = draw(PIECES)
    return bytes(raw)


def texts(message: Message) -> Iterator[str]:
    yield from (message.text, message.subject, message.html, message.message_id)
    yield from (text for header in message.headers for text in header)
    for address in (*message.people(), *message.reply_to):
        assert address.email
        yield from (address.email, address.name)
    for attachment in message.attachments:
        assert attachment.filename
        assert len(attachment.filename.encode()) <= 255
        yield attachment.filename
    for inner in message.nested:
        yield from texts(inner)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_every_mutation_of_a_mail_is_read_whole(raw: bytes) -> None:
    message = read(raw)
    assert not any(defect.startswith("reading failed") for defect in message.defects)
    for text in texts(message):
        text.encode()
        assert "\0" not in text
    assert "\n" not in message.subject
