"""winmail.dat unpacked ([MS-OXTNEF]), by tnefparse in a process of its own.

tnefparse believes the counts that a file claims and may loop or fill memory for ever, so it runs behind a deadline
and limits, and only its plain answer comes back. It is also under the LGPL: nothing else here imports it.
"""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MAX_TNEF = 25 * 1024 * 1024
SIGNATURE = b"\x78\x9f\x3e\x22"
DEADLINE = 10.0
"""Seconds. A winmail.dat of several megabytes takes well under one."""

_CHILD = Path(__file__).with_name("tnef_child.py")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The contents of one winmail.dat: attachments as (name, content), the body as text or HTML, or "".

    `complete` is false when something in it could not be taken out.
    """

    attachments: tuple[tuple[str, bytes], ...]
    text: str
    html: str
    complete: bool


def unpack(data: bytes) -> Unpacked | None:
    """What is in a winmail.dat, or None when it cannot be read."""
    if not data.startswith(SIGNATURE) or len(data) > MAX_TNEF:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - our own file, no shell, nothing from the mail in the arguments
            [sys.executable, "-I", str(_CHILD)], input=data, capture_output=True, timeout=DEADLINE, check=True
        )
        answer = json.loads(done.stdout)
        return Unpacked(
            attachments=tuple(
                (str(name), base64.b64decode(content)) for name, content in answer["attachments"]
            ),
            text=str(answer["text"]),
            html=str(answer["html"]),
            complete=bool(answer["complete"]),
        )
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
