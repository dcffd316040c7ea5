"""What the corpora are made of: a mail as bytes, and what it is."""

import base64
from dataclasses import dataclass

from rules.message import DeliveryReport

OURS = "anna.weber@lumenfold.example"
"""Whoever sent the mails that came back."""

RETURNED = """\
Received: from [192.0.2.7] by mail.lumenfold.example with ESMTPSA; Tue, 3 Mar 2026 14:05:00 +0100
From: Anna Weber <anna.weber@lumenfold.example>
To: Bob Stone <bob.stone@globe-freight.example>
Subject: Your renewal in April
Date: Tue, 3 Mar 2026 14:05:00 +0100
Message-ID: <renewal-17@lumenfold.example>

Dear Bob,

shall we talk on Thursday? Otherwise write to carol@elsewhere.example.
"""


@dataclass(frozen=True)
class Sample:
    """One mail: `kind` as `explain` names it, None for a person's; `reports` what a bounce says.

    `reports` None asks for nothing about them. `known`: the author is a user or a contact.
    """

    name: str
    raw: bytes
    kind: str | None
    reports: tuple[DeliveryReport, ...] | None = None
    envelope_from: str = ""
    known: bool = False


def wire(text: str, charset: str = "utf-8") -> bytes:
    """The text as it travels: encoded, lines ended by CRLF."""
    return text.replace("\n", "\r\n").encode(charset)


def coded(text: str, charset: str = "utf-8") -> str:
    """Base64 lines of 76 columns."""
    data = base64.b64encode(text.encode(charset)).decode()
    return "\n".join(data[i : i + 76] for i in range(0, len(data), 76)) + "\n"


def failed(recipient: str, status: str = "", diagnostic: str = "") -> DeliveryReport:
    """A failed recipient; `diagnostic` is a telling part of it."""
    return DeliveryReport(recipient, "failed", status, diagnostic)


def delayed(recipient: str, status: str = "", diagnostic: str = "") -> DeliveryReport:
    """A delayed recipient."""
    return DeliveryReport(recipient, "delayed", status, diagnostic)


def dsn(
    said: str,
    status: str,
    *,
    sender: str = "MAILER-DAEMON@mx.example (Mail Delivery System)",
    subject: str = "Undelivered Mail Returned to Sender",
    kind: str = 'multipart/report; report-type=delivery-status;\n\tboundary="b1/mx.example"',
    status_type: str = "message/delivery-status",
    returned_type: str = "message/rfc822",
    returned: str = RETURNED,
    extra: str = "",
    coding: str = "",
) -> str:
    """A delivery report of three parts (RFC 6522); `status` is the text of the second one."""
    transfer = f"Content-Transfer-Encoding: {coding}\n" if coding else ""
    return f"""\
Return-Path: <>
Received: from mx.example (mx.example [192.0.2.25])
\tby mail.lumenfold.example (Postfix) with ESMTPS id 4XqB1z
\tfor <log@touchpoints.lumenfold.example>; Tue, 3 Mar 2026 14:06:01 +0100 (CET)
Date: Tue,  3 Mar 2026 14:06:00 +0100 (CET)
From: {sender}
Subject: {subject}
To: {OURS}
{extra}MIME-Version: 1.0
Content-Type: {kind}
Message-Id: <20260303130600.4XqB1y@mx.example>

This is a MIME-encapsulated message.

--b1/mx.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{said}
--b1/mx.example
Content-Description: Delivery report
Content-Type: {status_type}
{transfer}
{status}
--b1/mx.example
Content-Description: Undelivered Message
Content-Type: {returned_type}

{returned}
--b1/mx.example--
"""
