"""What would become of a mail, as JSON, whatever the mail does to its reader: every mail gets its answer."""

from datetime import datetime
from typing import Any

import structlog

from gateway.filing.deadline import deadline
from gateway.filing.examine import Believe, Directory, Inbound, examine
from rules.case import Case, Envelope
from rules.decide import put_aside
from rules.decision import as_json
from rules.facts import Facts
from rules.message import Message
from rules.site import Site
from storage.errors import StorageError

log = structlog.get_logger("gateway.filing")


def preview(
    inbound: Inbound, site: Site, directory: Directory, believe: Believe, seconds: float
) -> dict[str, Any]:
    """The decision about a mail that is not kept, within `seconds`. Raises StorageError, and nothing else."""
    try:
        with deadline(seconds):
            return as_json(examine(inbound, site, directory, believe).decision)
    except StorageError:
        raise
    except Exception as error:
        log.exception("mail not explained", exc_info=error)
        return unreadable(
            f"The mail could not be read: {error or type(error).__name__}.", inbound.received_at, site
        )


def unreadable(reason: str, received_at: datetime, site: Site) -> dict[str, Any]:
    """The answer for what could not be read: a person would have to look at it."""
    case = Case(Message(), Envelope("", (), received_at), Facts(), site)
    return as_json(put_aside(case, reason))
