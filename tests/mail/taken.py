"""What is wrong with what the gateway makes of a mail: nothing, for any mail there is."""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from gateway.mail import FAILED
from gateway.mail.safe_html import for_mail, safe_html
from rules.message import Message
from tests.mail.decided import decided

MAX_CPU = 2.0
"""Seconds that a mail of some kilobytes may take through everything, hundreds of times what it does take."""

_SCRIPT = re.compile(
    r"<(?:script|svg|style|iframe|object)\b|<[^>]{0,999}\son[a-z]{1,20}=|javascript:[^<]{0,99}\">", re.I
)


def faults(raw: bytes, *, least: bool = True) -> list[str]:
    """One sentence for each thing that is wrong after reading, deciding and showing it.

    `least`: in its minimal form as well.
    """
    begun = process_time()
    found: list[str] = []
    for minimal in (False, True) if least else (False,):
        try:
            message, examined = decided(raw, minimal=minimal)
            found += _flaws(message)
            if _SCRIPT.search(safe_html(examined.decision.html)) or _SCRIPT.search(for_mail(message.html)):
                found.append("something that may run is shown")
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            found.append(f"{type(error).__name__} at {where}: {str(error)[:200]}")
    spent = process_time() - begun
    if spent > MAX_CPU:
        found.append(f"it took {spent:.1f} s of CPU")
    return found


def _flaws(message: Message) -> Iterator[str]:
    yield from (defect for defect in message.defects if defect.startswith(FAILED))
    if "\n" in message.subject:
        yield "a subject of two lines"
    for address in (*message.people(), *message.reply_to):
        if not address.email:
            yield "nobody among the people"
    for attachment in message.attachments:
        if not 0 < len(attachment.filename.encode()) <= 255 or {"/", "\\"} & set(attachment.filename):
            yield "a file name that is none"
    for text in _texts(message):
        text.encode()
        if "\0" in text:
            yield "a NUL in a text"
    for inner in (*message.nested, *([message.returned] if message.returned else [])):
        yield from _flaws(inner)


def _texts(message: Message) -> Iterator[str]:
    yield from (message.text, message.subject, message.html, message.message_id)
    yield from (text for header in message.headers for text in header)
    yield from (text for address in message.people() for text in (address.email, address.name))
    yield from (attachment.filename for attachment in message.attachments)
