"""The people of a typed touchpoint: who they are, and which of them cannot be."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from gateway.desk.drafts import Person
from gateway.directory.fields import address_problem
from rules.addresses import address_key
from rules.facts import Facts
from rules.message import Address
from rules.people import Participant, participant, people_of
from rules.permissions import Actor
from rules.recipients import is_own_address
from rules.site import Site
from rules.typed import Flaw
from storage.columns import storable
from storage.directory import look_up


def participants_of(
    conn: Connection,
    site: Site,
    typed: Sequence[Person],
    flaws: list[Flaw],
    there: Iterable[Participant] = (),
) -> tuple[Participant, ...]:
    """The participants typed in, each once, in their order; addresses as written with the domain in lower case.

    `there` are those it had before, who stay as they were. What is wrong is added to `flaws`.
    """
    before = {address_key(each.email): each for each in there}
    addresses = [Address(_written(each.email), " ".join(each.name.split())) for each in typed]
    facts = look_up(conn, {address_key(address.email) for address in addresses})
    for address in addresses:
        why = "" if address_key(address.email) in before else _why_not(address.email, facts, site)
        if why:
            flaws.append(Flaw("participants", why))
    people = people_of(addresses, facts)
    if len(people) > site.max_participants:
        why = f"A touchpoint has at most {site.max_participants:,} participants; these are {len(people):,}."
        flaws.append(Flaw("participants", why))
        return ()
    return tuple(
        before[key]
        if (key := address_key(address.email)) in before and not address.name
        else participant(address, facts)
        for address in people
    )


def mentioned(conn: Connection, emails: Sequence[str], flaws: list[Flaw]) -> tuple[Participant, ...]:
    """The Totango users mentioned, each once, under their main address. What is wrong is added to `flaws`."""
    users = look_up(conn, {address_key(email) for email in emails}).users
    found: dict[str, Participant] = {}
    for email in emails:
        user = users.get(address_key(email))
        if user is None:
            flaws.append(Flaw("mentions", f"{email!r} is no Totango user; only those can be mentioned."))
        else:
            person = Participant(user.email, user.name, "internal", "user")
            found.setdefault(address_key(user.email), person)
    return tuple(found.values())


def main_keys(conn: Connection, people: Iterable[Participant]) -> dict[str, str]:
    """For each address key its user's main one; that of somebody else is its own."""
    keys = {address_key(person.email) for person in people}
    users = look_up(conn, keys).users
    return {key: address_key(users[key].email) if key in users else key for key in keys}


def actor_as_participant(actor: Actor) -> Participant:
    """Who acts, as an author or recipient."""
    return Participant(actor.email, actor.name, "internal", "user")


def _written(email: str) -> str:
    local, at, domain = storable(email.strip()).rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _why_not(email: str, facts: Facts, site: Site) -> str:
    if is_own_address(email, site):
        return f"{email!r} is an address of the gateway itself and no person."
    key = address_key(email)
    if key in facts.users or key in facts.contacts:
        return ""
    if "\ufffd" in email:
        return f"{email!r} holds what is no character."
    problem = address_problem(email)
    return f"{problem}." if problem else ""
