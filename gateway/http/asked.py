"""Bodies of requests. Unknown fields are mistakes: a misspelt one would be lost in silence."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from gateway.desk.drafts import Draft, File, Mailing, Person
from gateway.people import clean

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_MAX_ID = (1 << 63) - 1


def _moment(value: Any) -> datetime:
    """A point in time with its zone (RFC 3339)."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.match(value):
        raise ValueError("This is no point in time with a zone; write it like 2026-03-02T14:05:00Z.")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such day or hour; write it like 2026-03-02T14:05:00Z.") from None


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Reference = Annotated[int, Field(ge=1, le=_MAX_ID)]
Name = Annotated[str, Field(max_length=200)]


class Asked(BaseModel):
    """A body that is sent to us. Nothing is guessed: "1" is no number."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """What no database takes is U+FFFD from here on."""
        return clean(value)


class ParticipantAsked(Asked):
    """A participant by e-mail address; without a name the directory's is taken."""

    email: Annotated[str, Field(max_length=320, examples=["ada.marsh@acme.example"])]
    name: Name = ""

    def person(self) -> Person:
        """As the desk takes it."""
        return Person(self.email, self.name)


class FileAsked(Asked):
    """An attachment: the number of an `upload` of yours or, in an edit, the `number` of one that is there and stays.

    With `content_id` the HTML can show an image as `cid:…`.
    """

    upload: Reference | None = Field(default=None, examples=[7])
    number: Reference | None = None
    filename: Name = ""
    content_id: Name = ""

    def file(self) -> File:
        """As the desk takes it."""
        return File(self.upload, self.number, self.filename, self.content_id)


class MailingAsked(Asked):
    """Who is to get a copy by e-mail. What goes outside has to be confirmed."""

    internal: bool = Field(
        default=False, description="Internal participants and the mentioned.", examples=[True]
    )
    external: bool = Field(default=False, description="External participants.")
    me: bool = Field(default=False, description="Yourself.")
    confirm_external: bool = Field(default=False, description="It is meant to leave the house.")

    def mailing(self) -> Mailing:
        """As the desk takes it."""
        return Mailing(self.internal, self.external, self.me, self.confirm_external)


class MailingAgainAsked(MailingAsked):
    """The same for an edit: to everyone again, to those added alone, or to nobody."""

    to: Literal["everyone", "added", "nobody"] = "everyone"

    def mailing(self) -> Mailing:
        """As the desk takes it."""
        return Mailing(self.internal, self.external, self.me, self.confirm_external, self.to)


class _TouchpointAsked(Asked):
    """What a new touchpoint and an edit have in common."""

    type: Name | None = Field(default=None, examples=["web meeting"])
    flow: Name | None = Field(default=None, examples=["Adoption"])
    date: Moment | None = Field(
        default=None,
        description="When it took place; never in the future.",
        examples=["2026-03-02T14:05:00Z"],
    )
    subject: str | None = Field(default=None, examples=["Plan for the second site"])
    text: str | None = Field(
        default=None,
        description="The body as plain text, at most 20,000 characters.",
        examples=["We agreed…"],
    )
    html: str | None = Field(
        default=None, description="The body as HTML, in place of `text`. It is made harmless."
    )
    reasons: list[Name] | None = Field(default=None, max_length=100)
    participants: list[ParticipantAsked] | None = Field(default=None, max_length=1100)
    mentions: list[Annotated[str, Field(max_length=320)]] | None = Field(
        default=None,
        max_length=200,
        description="Totango users who are to know.",
        examples=[["mei.tan@lumenfold.example"]],
    )
    attachments: list[FileAsked] | None = Field(default=None, max_length=200)

    def _draft(self, account: str | None, template: str | None, mailing: Mailing | None) -> Draft:
        people = self.participants
        return Draft(
            account=account,
            type=self.type,
            flow=self.flow,
            date=self.date,
            subject=self.subject,
            text=self.text,
            html=self.html,
            reasons=None if self.reasons is None else tuple(self.reasons),
            template=template,
            participants=None if people is None else tuple(each.person() for each in people),
            mentions=None if self.mentions is None else tuple(self.mentions),
            attachments=None if self.attachments is None else tuple(each.file() for each in self.attachments),
            email=mailing,
        )


class NewTouchpoint(_TouchpointAsked):
    """A touchpoint to be written. A template fills in what is not given."""

    account: Name = Field(description="The key of the account; it can never be changed.", examples=["acme"])
    template: Name | None = None
    email: MailingAsked | None = None

    def draft(self) -> Draft:
        """As the desk takes it."""
        return self._draft(self.account, self.template, self.email.mailing() if self.email else None)


class ChangedTouchpoint(_TouchpointAsked):
    """A change: what is not given, or null, stays as it is. `version` is the one that you have read."""

    version: Reference = Field(examples=[1])
    account: Name | None = Field(default=None, description="May be repeated; it cannot be another one.")
    email: MailingAgainAsked | None = None

    def draft(self) -> Draft:
        """As the desk takes it."""
        return self._draft(self.account, None, self.email.mailing() if self.email else None)


class Assignment(Asked):
    """Where a waiting mail belongs. `remember`: the strangers in it become contacts of the account."""

    account: Name = Field(examples=["acme"])
    remember: bool = False


class Drop(Asked):
    """Why a mail is taken out of the queue; it stays in the mail's history."""

    reason: Annotated[str, Field(max_length=1000)] = ""
