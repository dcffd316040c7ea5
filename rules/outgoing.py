"""What goes out by mail: in whose name, to whom, how much."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rules.addresses import address_key, domain_of
from rules.erasure import ERASED_EMAIL
from rules.message import Address
from rules.never_log import never_log_hit
from rules.people import Participant
from rules.site import Site

Scope = Literal["nobody", "internal", "contacts", "partners"]
"""To whom a site lets touchpoints be e-mailed: nobody, Totango users, contacts of the account, anybody."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The site's settings for what it sends.

    `sender`: "author" lets mail be from its author where that domain is in `authenticated`, "gateway" never does.
    `authenticated`: domains (with their sub-domains) for which the relay or we sign, so that receivers believe them.
    `address` and `name`: the gateway's own.
    """

    scope: Scope
    sender: Literal["author", "gateway"]
    authenticated: frozenset[str]
    address: str
    name: str
    replies_per_thread_hour: int
    mails_per_recipient_hour: int

    def believes(self, domain: str) -> bool:
        """Whether mail from a domain is authenticated."""
        labels = domain.split(".")
        return any(".".join(labels[start:]) in self.authenticated for start in range(len(labels)))


@dataclass(frozen=True, slots=True)
class Wish:
    """To whom a person wants a touchpoint e-mailed. `confirmed`: that it leaves the house was confirmed."""

    internal: bool = False
    external: bool = False
    me: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a touchpoint is not e-mailed as wished.

    `kind` is scope, confirmation, domain or nobody; `remedy` says what to do.
    """

    kind: str
    why: str
    remedy: str


def from_address(author: Participant | None, outgoing: Outgoing) -> Address:
    """Who the mail is from: its author where receivers will believe that, else the gateway under that name."""
    if author is None:
        return Address(outgoing.address, outgoing.name)
    name = author.name or author.email.partition("@")[0]
    if (
        outgoing.sender == "author"
        and author.side == "internal"
        and outgoing.believes(domain_of(author.email))
    ):
        return Address(author.email, author.name)
    return Address(outgoing.address, f"{name} via {outgoing.name}")


def copies(
    wish: Wish,
    me: Participant,
    participants: Iterable[Participant],
    mentions: Iterable[Participant],
    contacts: Iterable[str],
    outgoing: Outgoing,
    site: Site,
) -> tuple[Participant, ...] | Objection:
    """Who gets a copy, one entry a person, or what stands against it.

    `contacts` are the address keys of the account's contacts. People on the never-log list never get mail.
    """
    found: dict[str, Participant] = {}
    people = tuple(person for person in participants if _may_get(person, site))
    if wish.external:
        objection = _outside(people, wish, frozenset(contacts), me, outgoing)
        if objection is not None:
            return objection
    if (wish.internal or wish.me) and outgoing.scope == "nobody":
        remedy = "Leave e-mail out; an operator can set sending.scope."
        return Objection("scope", "This site lets no touchpoint be e-mailed.", remedy)
    wanted = [me] if wish.me else []
    if wish.internal:
        wanted += [person for person in (*people, *mentions) if person.side == "internal"]
    if wish.external:
        wanted += [person for person in people if person.side == "external"]
    for person in wanted:
        key = address_key(person.email)
        if key == address_key(me.email) and not wish.me:
            continue  # the author has it, and asks for a copy where one is wanted
        if _may_get(person, site):
            found.setdefault(key, person)
    if not found and (wish.internal or wish.external or wish.me):
        return Objection(
            "nobody", "There is nobody to e-mail it to.", "Add participants, or leave e-mail out."
        )
    return tuple(found.values())


def _outside(
    people: Sequence[Participant], wish: Wish, contacts: frozenset[str], me: Participant, outgoing: Outgoing
) -> Objection | None:
    outsiders = [person for person in people if person.side == "external"]
    if outgoing.scope in ("nobody", "internal"):
        return Objection(
            "scope",
            "This site lets no touchpoint be e-mailed outside.",
            "Leave external out; an operator can set sending.scope to contacts or partners.",
        )
    strangers = [person.email for person in outsiders if address_key(person.email) not in contacts]
    if outgoing.scope == "contacts" and strangers:
        return Objection(
            "scope",
            f"This site lets touchpoints be e-mailed to contacts of the account alone; {strangers[0]} is none.",
            "Make them contacts of the account, or take them off the participants.",
        )
    domain = domain_of(from_address(me, outgoing).email)
    if not outgoing.believes(domain):
        return Objection(
            "domain",
            f"Mail from {domain} is not authenticated, so it would not be believed outside.",
            "An operator adds the domain to sending.authenticated_domains once SPF and DKIM are set up for it.",
        )
    if outsiders and not wish.confirmed:
        count = f"{len(outsiders)} people" if len(outsiders) > 1 else "one person"
        return Objection(
            "confirmation",
            f"It would be e-mailed to {count} outside: {', '.join(person.email for person in outsiders[:5])}.",
            "Send the request again with confirm_external set to true.",
        )
    return None


def followers_to_tell(
    candidates: Iterable[Participant],
    *,
    sender: str,
    had_it: Iterable[str],
    stopped: Iterable[str],
    site: Site,
) -> tuple[Participant, ...]:
    """Who a reply is passed on to: followers, once each, never back to its sender or to who got it directly.

    `candidates` are Totango users under their main address, the touchpoint's author first. `sender`, `had_it` and
    `stopped` (who unfollowed) are address keys of main addresses.
    """
    skipped = {sender, *had_it, *stopped}
    told: dict[str, Participant] = {}
    for person in candidates:
        key = address_key(person.email)
        if key not in skipped and _may_get(person, site):
            told.setdefault(key, person)
    return tuple(told.values())


def _may_get(person: Participant, site: Site) -> bool:
    """Whether mail may go to somebody: never to the never-log list, and not to who is there as an erased person."""
    return person.email != ERASED_EMAIL and never_log_hit((person.email,), site) is None


def runs_away(passed_on: int, outgoing: Outgoing) -> bool:
    """Whether a thread has passed on so many replies within the hour that two machines must be talking."""
    return passed_on >= outgoing.replies_per_thread_hour


def hold_until(sent: int, now: datetime, outgoing: Outgoing) -> datetime | None:
    """Until when mail to a recipient waits who got `sent` mails within the last hour; None to send it now."""
    return now + HOUR / 4 if sent >= outgoing.mails_per_recipient_hour else None
