"""A small directory and mails to decide about, built by hand."""

from dataclasses import replace
from datetime import UTC, datetime

from rules.case import Case, Envelope
from rules.facts import Account, Contact, Copy, Facts, Question, Thread, User
from rules.message import Address, Message
from rules.recipients import Known, decide_recipient
from rules.site import LoggingAddress, Site
from rules.tokens import KeyRing

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LOG = "log@touchpoints.vendor.example"
SITE = Site(
    logging=(LoggingAddress(LOG, "Adoption"),),
    own_domains=frozenset({"vendor.example"}),
    never_log=frozenset({"lawyers.example"}),
    hostname="touchpoints.vendor.example",
    ring=KeyRing("vendor", 1, {1: bytes(range(32))}),
)

ANN = User("ann@vendor.example", "Ann Vale", "user")
USERS = {"ann@vendor.example": ANN, "ann@home.example": ANN}
CONTACTS = [
    Contact("ada@acme.example", "Ada Marsh", ("acme",)),
    Contact("ben@acme.example", "Ben Ito", ("acme",)),
    Contact("gus@globe.example", "Gus Hale", ("globe",)),
    Contact("pat@consult.example", "Pat Ner", ("acme", "globe")),
    Contact("mila@oldmill.example", "Mila Old", ("old-mill",)),
]
ACCOUNTS = {
    "acme": Account("acme", "Acme Rockets"),
    "globe": Account("globe", "Globe Freight"),
    "labs": Account("labs", "Acme Labs"),
    "old-mill": Account("old-mill", "Old Mill Paper", active=False),
}
FACTS = Facts(
    users=USERS,
    contacts={contact.email: contact for contact in CONTACTS},
    accounts=ACCOUNTS,
    domains={
        "acme.example": ("acme",),
        "labs.acme.example": ("labs",),
        "globe.example": ("globe",),
        "shared.example": ("acme", "globe"),
        "oldmill.example": ("old-mill",),
        "gmail.com": ("globe",),
        "vendor.example": ("globe",),
    },
)
THREADS = {
    1: Thread(
        1, ACCOUNTS["acme"], "Rollout", "Adoption", frozenset({"ann@vendor.example", "ada@acme.example"})
    ),
    2: Thread(2, ACCOUNTS["acme"], "Training", "Adoption", state="closed"),
    3: Thread(3, ACCOUNTS["acme"], "", "Adoption", state="deleted"),
    4: Thread(4, ACCOUNTS["globe"], "Renewal", "Onboarding", frozenset({"gus@globe.example"})),
}
COPIES = {
    11: Copy(11, 1, "ada@acme.example"),
    12: Copy(12, 2, "ada@acme.example"),
    13: Copy(13, None, "it@vendor.example"),
}
THREAD_FACTS = replace(
    FACTS,
    threads=THREADS,
    copies=COPIES,
    messages={"<one@tp>": (1,), "<two@tp>": (2,), "<four@tp>": (4,), "<both@tp>": (1, 4), "<gone@tp>": (9,)},
    sent={"<one@tp>": COPIES[11]},
    questions={
        21: Question(21, "ann@vendor.example", "unresolved", "Stand-up", NOW),
        22: Question(22, "ann@vendor.example", "filed", "Stand-up", NOW),
    },
    named={"acme": (ACCOUNTS["acme"],), "twin": (ACCOUNTS["globe"], ACCOUNTS["labs"])},
)
"""The same directory, with threads 1 to 4 and questions about the mails 21 and 22."""

SECRET = "annannannannannann23"
KNOWN = Known(accounts={key: key for key in ACCOUNTS}, secrets={SECRET: ANN.email})


def addresses(*emails: str) -> tuple[Address, ...]:
    return tuple(Address(email) for email in emails)


def mail(
    sender: str = "ann@vendor.example", to: tuple[str, ...] = ("ada@acme.example",), **fields: object
) -> Message:
    """A mail by Ann to Ada, if nothing else is said."""
    values = {
        "from_": addresses(sender),
        "to": addresses(*to),
        "date": datetime(2026, 3, 4, 9, tzinfo=UTC),
        "subject": "Rollout",
        "message_id": "<1@vendor.example>",
        "text": "Hello Ada",
    }
    return Message(**{**values, **fields})  # type: ignore[arg-type]


def case(message: Message | None = None, *rcpts: str, mail_from: str | None = None, **fields: object) -> Case:
    """The case of a mail to the logging address, if nothing else is said."""
    message = message or mail()
    recipients = tuple(decide_recipient(rcpt, SITE, KNOWN) for rcpt in rcpts or (LOG,))
    sender = ANN.email if mail_from is None else mail_from
    if mail_from is None and message.from_:
        sender = message.from_[0].email
    envelope = Envelope(sender, recipients, NOW)
    return Case(
        **{
            "message": message,
            "envelope": envelope,
            "facts": FACTS,
            "site": SITE,
            "trust": "verified",
            **fields,
        }
    )  # type: ignore[arg-type]
