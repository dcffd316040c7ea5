"""The lines put on top of a mail that is passed on: where it came from, and that it was here.

By the second a mail that comes back is told, and goes no further (`rules.machine.loop`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from rules.decide import LOOP_HEADER

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.:_-]")


def with_trace(
    raw: bytes, hostname: str, mail_id: int, received_at: datetime, peer: Mapping[str, Any]
) -> bytes:
    """The mail with a Received line (RFC 5321 4.4) and our loop mark on top; not a byte of it is changed.

    `hostname` is ours; `peer` holds `address`, `helo` and `proto` as intake noted them.
    """
    lines = (
        f"Received: from {_name(peer.get('helo'))} ({_literal(peer.get('address'))})\r\n"
        f"\tby {hostname} with {_name(peer.get('proto'))} id {mail_id};\r\n"
        f"\t{format_datetime(received_at.astimezone(UTC))}\r\n"
        f"{LOOP_HEADER}: {hostname}\r\n"
    )
    return lines.encode("ascii") + raw


def _literal(address: object) -> str:
    """An address literal (RFC 5321 4.1.3); a Unix socket has none."""
    if not address:
        return "local"
    return f"[IPv6:{_name(address)}]" if ":" in str(address) else f"[{_name(address)}]"


def _name(text: object) -> str:
    """What a stranger called himself, in the letters that can stand in a trace line."""
    return _NOT_IN_A_NAME.sub("", str(text or ""))[:255] or "unknown"
