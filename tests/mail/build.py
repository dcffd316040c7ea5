"""Mails put together for the tests, with the line ends they have on the wire."""

BASE = (
    "From: Anna Keller <anna.keller@vendor.example>",
    "To: Peter Braun <peter.braun@kunde.example>",
    "Subject: Angebot",
    "Date: Mon, 4 Mar 2024 10:15:00 +0100",
    "Message-ID: <20240304101500.1@vendor.example>",
    "MIME-Version: 1.0",
)


def wire(text: str | bytes) -> bytes:
    """CRLF line ends; text in UTF-8."""
    data = text.encode() if isinstance(text, str) else text
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mail(*fields: str, body: str | bytes = "Hallo\n", base: tuple[str, ...] = BASE) -> bytes:
    """A mail with `fields` instead of the basic ones of the same name."""
    names = {field.partition(":")[0].lower() for field in fields}
    head = [field for field in base if field.partition(":")[0].lower() not in names]
    data = body.encode() if isinstance(body, str) else body
    return wire("\n".join([*head, *fields]) + "\n\n") + wire(data)


def multipart(kind: str, *parts: str | bytes, boundary: str = "=_limit", **extra: str) -> bytes:
    """A mail of several parts; each part is its head, an empty line and its body."""
    parameters = "".join(f'; {name.replace("_", "-")}="{value}"' for name, value in extra.items())
    return mail(
        f'Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}', body=joined(boundary, *parts)
    )


def joined(boundary: str, *parts: str | bytes) -> bytes:
    """The body of a multipart."""
    body = b""
    for part in parts:
        body += b"--" + boundary.encode() + b"\n" + (part.encode() if isinstance(part, str) else part) + b"\n"
    return body + b"--" + boundary.encode() + b"--\n"
