"""Good mails to be mutated, and what a mutation puts in."""

from hypothesis import strategies as st

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
