"""The process that unpacks one winmail.dat: octets on standard input, JSON on standard output."""

import base64
import json
import logging
import resource
import sys
import warnings

CPU_SECONDS = 8
MEMORY = 1 << 30
MAX_ATTACHMENTS = 500


def main() -> int:
    """Unpack; 0 when an answer was written, 1 when the file is unreadable."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # Behind the limits, where its import cannot hurt either.
    from tnefparse import TNEF  # noqa: PLC0415

    try:
        file = TNEF(sys.stdin.buffer.read(), do_checksum=False)
    except Exception:  # noqa: BLE001 - whatever it raises, the answer is that it cannot be read
        return 1
    attachments = []
    complete = bool(file.objects) and all(entry.name in TNEF.codes for entry in file.objects)
    for attachment in file.attachments[:MAX_ATTACHMENTS]:
        try:
            name = attachment.long_filename()
        except Exception:  # noqa: BLE001 - a name in an unknown code page; the content is worth keeping
            name = ""
        if hasattr(attachment, "embed") or not isinstance(attachment.data, bytes):
            complete = False
            continue
        attachments.append((_text(name), base64.b64encode(attachment.data).decode("ascii")))
    answer = {
        "attachments": attachments,
        "text": _text(file.body),
        "html": _text(file.htmlbody),
        "complete": complete and len(file.attachments) <= MAX_ATTACHMENTS,
    }
    sys.stdout.write(json.dumps(answer))
    return 0


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    text = value if isinstance(value, str) else ""
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("cp1252", "replace")
    return text.rstrip("\0").encode("utf-8", "replace").decode()


if __name__ == "__main__":
    sys.exit(main())
