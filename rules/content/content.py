"""The content of a touchpoint before its account is known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rules.case import Case
from rules.message import Address, Attachment, CalendarEvent

NO_DATE = "The mail has no readable date; the time of receipt stands for it."
CLOCK_ERROR = timedelta(minutes=5)
"""A clock this much ahead is nothing to tell a person about; the date is clamped all the same."""

FUTURE = "The mail is dated in the future; the time of receipt stands for its date."


@dataclass(frozen=True, slots=True)
class Content:
    """What would be filed.

    `people` become the participants, `speakers` are the external people who speak for the account. `date` is
    aware UTC. `problem` is "" or the sentence that says why this content must not be filed.
    """

    author: Address | None
    people: tuple[Address, ...]
    speakers: tuple[Address, ...]
    subject: str
    date: datetime
    text: str
    quoted: str
    attachments: tuple[Attachment, ...]
    calendar: tuple[CalendarEvent, ...] = ()
    html: str = ""
    encrypted: bool = False
    notices: tuple[str, ...] = ()
    comment: str | None = None
    filed_by: Address | None = None
    problem: str = ""


def sent_at(date: datetime | None, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The date of a mail in UTC, clamped to the time of receipt, and the notice that goes with that."""
    if date is None:
        return received_at.astimezone(UTC), (NO_DATE,)
    try:
        utc = date.astimezone(UTC)
    except (OverflowError, ValueError):  # a date at the edge of the calendar has no UTC form
        return received_at.astimezone(UTC), (NO_DATE,)
    if utc > received_at:
        return received_at.astimezone(UTC), (FUTURE,) if utc - received_at > CLOCK_ERROR else ()
    return utc, ()


def nothing(case: Case) -> Content:
    """No content at all, for a mail of which nothing may stay."""
    return Content(
        author=None,
        people=(),
        speakers=(),
        subject="",
        date=case.envelope.received_at.astimezone(UTC),
        text="",
        quoted="",
        attachments=(),
    )


def outsiders(case: Case, people: tuple[Address, ...]) -> tuple[Address, ...]:
    """Those of the people who are no Totango users."""
    return tuple(address for address in people if case.user(address) is None)
