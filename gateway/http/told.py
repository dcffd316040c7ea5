"""Bodies of answers, described for the OpenAPI document. Times are RFC 3339 in UTC, sizes bytes."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")


class Told(BaseModel):
    """A body that we send."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Told):
    """What is wrong with one field."""

    field: str = Field(examples=["flow"])
    why: str = Field(examples=["'Adaption' is no flow here; the flows are Adoption, Onboarding."])


class ProblemBody(Told):
    """An error (RFC 9457). `remedy` says what to do; `errors` what is wrong with which field."""

    type: str = Field(examples=["urn:touchpoint-gateway:problem:invalid"])
    title: str = Field(examples=["Not valid"])
    status: int = Field(examples=[422])
    detail: str
    errors: list[FieldProblem] | None = None
    remedy: str | None = None
    incident: str | None = Field(default=None, description="Of our own faults: the number of it in the log.")


class Page(Told, Generic[Item]):
    """A page of a listing. `next` is the cursor of the page after it, null on the last one."""

    items: list[Item]
    next: str | None


class AccountName(Told):
    """An account by key and name."""

    key: str = Field(examples=["acme"])
    name: str = Field(examples=["Acme Rockets"])


class PersonTold(Told):
    """A person: a Totango user is internal, everyone else external."""

    email: str
    name: str
    side: Literal["internal", "external"]
    known: Literal["user", "contact", "unknown"]


class CopyTold(Told):
    """What became of the newest mail that took the touchpoint to somebody."""

    state: Literal["waiting", "sent", "undelivered", "failed", "cancelled"]
    status: str | None = Field(description="Enhanced status code (RFC 3463).")
    diagnostic: str | None
    at: str


class ParticipantTold(PersonTold):
    """A participant, and their copy if one was ordered."""

    copy_: CopyTold | None = Field(alias="copy")


class FollowerTold(Told):
    """Who gets the replies."""

    email: str
    name: str
    why: Literal["mentioned", "copied", "asked"]


class AttachmentTold(Told):
    """An attachment, by its number. Those that are `inline` are shown in the HTML."""

    number: int
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool


class CalendarTold(Told):
    """What an invitation says (RFC 5545)."""

    method: str
    summary: str
    start: str | None
    end: str | None
    organizer: str | None
    attendees: list[str]


class _Substance(Told):
    """What touchpoints and replies have in common."""

    id: int
    account: AccountName
    type: str
    flow: str
    date: str
    subject: str
    text: str
    html: str | None = Field(description="Harmless HTML; null in listings, for long replies see the reply.")
    quoted: str = Field(description="History and signature, folded away.")
    cut: bool = Field(
        description="Text or quoted are cut after 20,000 characters: read the touchpoint itself."
    )
    comment: str | None
    author: PersonTold | None
    filed_by: PersonTold | None
    attachments: list[AttachmentTold]
    calendar: list[CalendarTold]
    notices: list[str]
    encrypted: bool
    way: str | None
    machine: str | None
    sender_trust: str
    mail: int | None = Field(description="The mail it came by; null when a person typed it.")
    created_at: str
    changed_at: str
    version: int


class TouchpointTold(_Substance):
    """A touchpoint. `note`: it is an internal note, and no customer touch."""

    note: bool
    reasons: list[str]
    template: str | None
    participants: list[ParticipantTold]
    mentions: list[PersonTold]
    followers: list[FollowerTold]
    thread: int | None = Field(description="Of a reply: the touchpoint it answers.")
    thread_address: str | None
    closed: bool
    emailed_externally: bool
    replies: int


class ReplyTold(_Substance):
    """A reply in the thread of a touchpoint. `collapsed`: a machine wrote it."""

    participants: list[PersonTold]
    collapsed: bool


class PartTold(Told):
    """A part of a snippet, plain text; `match`: it is what was looked for."""

    text: str
    match: bool


class SnippetTold(Told):
    """What shows why it was found: the parts one after the other."""

    field: Literal["text", "subject", "comment", "person", "file"]
    parts: list[PartTold]


class FoundTold(TouchpointTold):
    """A touchpoint, or a reply, that was found."""

    snippet: SnippetTold


class UploadTold(Told):
    """A file that waits to be used."""

    id: int
    filename: str
    content_type: str
    size: int
    sha256: str
    expires_at: str


class AssetTold(Told):
    """A file of an account."""

    id: int
    filename: str
    content_type: str
    size: int
    sha256: str
    created_by: str
    created_at: str


class AccountTold(Told):
    """An account. Health, contract value and attributes are null for those who may not see them."""

    key: str
    name: str
    domains: list[str]
    status: Literal["active", "inactive"]
    health: str | None
    contract_value: str | None
    attributes: dict[str, str] | None


class MembershipTold(Told):
    """An account that a contact belongs to."""

    key: str
    title: str


class ContactTold(Told):
    """A contact."""

    email: str
    name: str
    accounts: list[MembershipTold]


class UserTold(Told):
    """A Totango user."""

    email: str
    name: str
    alternative_emails: list[str]
    role: str


class TypeTold(Told):
    """A type of touchpoint."""

    name: str
    note: bool


class TemplateTold(Told):
    """What a touchpoint may start from; `{account}` stands for the account's name."""

    name: str
    subject: str
    text: str
    type: str | None
    flow: str | None


class LimitsTold(Told):
    """Characters of a text and a subject, people, bytes of a file."""

    text: int
    subject: int
    participants: int
    upload: int


class CatalogueTold(Told):
    """What a person may choose."""

    types: list[TypeTold]
    flows: list[str]
    default_flow: str
    reasons: list[str]
    one_reason: bool
    templates: list[TemplateTold]
    scope: Literal["nobody", "internal", "contacts", "partners"]
    limits: LimitsTold


class MeTold(Told):
    """Who you are, and what you may do. `accounts` null: you see all of them."""

    email: str
    name: str
    role: str
    permissions: list[str]
    accounts: list[str] | None


class CandidateTold(Told):
    """An account that could have been meant."""

    key: str
    name: str
    why: str


class QueuedTold(Told):
    """A stored mail."""

    id: int
    state: str
    received_at: str
    mail_from: str
    recipients: list[str]
    size: int
    subject: str
    reason: str
    candidates: list[CandidateTold]
    touchpoint: int | None


class MailTold(QueuedTold):
    """Everything about a stored mail: what `gateway queue show --json` prints."""

    model_config = ConfigDict(extra="allow")

    history: list[dict[str, Any]]


class AssignedTold(Told):
    """What a mail became. `created` false: it was there already. `contacts`: how many are new."""

    mail: int
    touchpoint: int | None
    created: bool
    contacts: int


class EntryTold(Told):
    """An outgoing mail."""

    id: int
    kind: Literal["pass-on", "copy", "reply", "notice"]
    state: Literal["waiting", "sent", "undelivered", "failed", "cancelled"]
    recipient: str
    side: str | None
    subject: str
    touchpoint: int | None
    mail: int | None
    attempts: int
    not_before: str | None
    status: str | None
    diagnostic: str | None
    last_error: str | None
    created_at: str
    done_at: str | None


class AttemptTold(Told):
    """One thing that happened to an outgoing mail."""

    at: str
    outcome: str
    answer: str


class WholeEntryTold(EntryTold):
    """An outgoing mail with what happened to it, oldest first."""

    message_id: str | None
    history: list[AttemptTold]


class CheckTold(Told):
    """One thing looked at. `why` is a sentence, whether it is well or not."""

    ok: bool
    why: str = Field(examples=["a write took 1.2 ms"])


class Readiness(Told):
    """How the gateway is: ready when every check is well."""

    ready: bool
    checks: dict[str, CheckTold]
