"""Mails for the daemon."""

import zlib
from email.message import EmailMessage

NORA = "Nora Feld <nora.feld@lumenfold.example>"
ADA = "Ada Marsh <ada.marsh@acme.example>"


def letter(
    subject: str = "Second site", sender: str = NORA, to: str = ADA, text: str = "Hello Ada\n"
) -> bytes:
    """A letter with a small attachment."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Mon, 02 Mar 2026 09:30:00 +0100"
    mail["Message-ID"] = f"<{zlib.crc32(subject.encode())}@lumenfold.example>"
    mail.set_content(text)
    mail.make_mixed(boundary="=-one-boundary-for-all")
    mail.add_attachment(b"a,b\r\n1,2\r\n", maintype="text", subtype="csv", filename="plan.csv")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
