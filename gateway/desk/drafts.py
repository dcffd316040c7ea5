"""What a person sends: touchpoints to be written or changed, as plain values that nobody has checked yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Person:
    """A participant as typed in. Without a name the directory's is taken."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: an upload, or (in an edit) the number of one that is there and stays.

    `content_id` ties an image to `cid:` in the HTML.
    """

    upload: int | None = None
    number: int | None = None
    filename: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Mailing:
    """To whom it is e-mailed. `to` matters for an edit: everyone, those added by it, or nobody."""

    internal: bool = False
    external: bool = False
    me: bool = False
    confirm_external: bool = False
    to: Literal["everyone", "added", "nobody"] = "everyone"


@dataclass(frozen=True, slots=True)
class Draft:
    """A touchpoint. What is None was not given: a new one takes it from template or site, an edit keeps it."""

    account: str | None = None
    type: str | None = None
    flow: str | None = None
    date: datetime | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    reasons: tuple[str, ...] | None = None
    template: str | None = None
    participants: tuple[Person, ...] | None = None
    mentions: tuple[str, ...] | None = None
    attachments: tuple[File, ...] | None = None
    email: Mailing | None = None
