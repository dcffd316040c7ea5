"""What would become of a mail, as JSON, whatever the mail does to its reader: every mail gets its answer."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from gateway.filing.deadline import Overrun, deadline
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
    """The decision about a mail that is not kept, within `seconds`. Raises StorageError, and nothing else.

    What cannot be read in time is read in its minimal form, as the filing workers do, with the same `seconds` again.
    """
    why = ""
    for attempt in (inbound, replace(inbound, minimal=True)):
        try:
            with deadline(seconds):
                return as_json(examine(attempt, site, directory, believe).decision)
        except StorageError:
            raise
        except (Exception, Overrun) as error:
            log.warning("mail not explained", minimal=attempt.minimal, exc_info=error)
            why = f"The mail could not be read: {str(error) or type(error).__name__}."
    return unreadable(why, inbound.received_at, site)


def unreadable(reason: str, received_at: datetime, site: Site) -> dict[str, Any]:
    """The answer for what could not be read: a person would have to look at it."""
    case = Case(Message(), Envelope("", (), received_at), Facts(), site)
    return as_json(put_aside(case, reason))
