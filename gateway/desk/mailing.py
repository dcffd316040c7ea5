"""A touchpoint e-mailed as a person wishes, in the transaction that writes it."""

from collections.abc import Collection

from sqlalchemy import Connection

from gateway.desk.desk import Desk
from gateway.desk.drafts import Mailing
from gateway.desk.people import actor_as_participant, main_keys
from gateway.desk.problems import Problem, conflict, forbidden
from gateway.mail.safe_html import for_mail
from gateway.outbound.content import AccountHead, Said, copy_letter, entries
from rules.addresses import address_key
from rules.message import Address
from rules.outgoing import Objection, Wish, copies
from rules.people import Participant, participant
from rules.permissions import Actor
from rules.tokens import thread_root
from storage.directory import contacts_among, look_up
from storage.listing import list_accounts
from storage.outbox import COPY, SENT, WAITING, enqueue
from storage.outgoing import copies_of
from storage.threads import follow, register
from storage.timeline import TouchpointRow
from storage.touchpoints import mark_emailed

_TITLES = {
    "confirmation": "Confirmation needed",
    "domain": "Domain not authenticated",
    "nobody": "Nobody to e-mail",
}


def order_copies(
    conn: Connection,
    desk: Desk,
    actor: Actor,
    row: TouchpointRow,
    mailing: Mailing,
    before: Collection[str] = (),
) -> int:
    """Order the copies that are wished for; returns how many. `before` are the address keys of who had it already.

    Raises Problem when the site or the wish itself stands against it; nothing must be written then.
    """
    wish = Wish(mailing.internal, mailing.external, mailing.me, mailing.confirm_external)
    if mailing.to == "nobody" or not (wish.internal or wish.external or wish.me):
        return 0
    site, me = desk.site(), actor_as_participant(actor)
    left_out = frozenset(before) if mailing.to == "added" else frozenset()
    # As the directory says today: who has left is no colleague any more, and must not read what colleagues do.
    everyone = (*row.participants, *row.mentions)
    facts = look_up(conn, {address_key(person.email) for person in everyone})
    mains = main_keys(conn, everyone)
    today = tuple(participant(Address(person.email, person.name), facts) for person in row.participants)
    people = _others(today, address_key(me.email), mains, left_out)
    there = {mains[address_key(person.email)] for person in people}
    mentions = [
        person
        for person in _others(row.mentions, address_key(me.email), mains, left_out)
        if address_key(person.email) in facts.users and mains[address_key(person.email)] not in there
    ]
    contacts = contacts_among(conn, row.account_key, {address_key(person.email) for person in people})
    found = copies(wish, me, people, mentions, contacts, desk.settings.outgoing(), site)
    if isinstance(found, Objection):
        raise _problem(found)
    if site.ring.signing < 0:
        raise conflict(
            "no-key",
            "No key to sign addresses",
            "There is no key yet that signs the address for answers, so nothing can be e-mailed.",
            "An operator starts the daemon once, which makes one, or runs gateway keys rotate.",
        )
    _enqueue(conn, desk, row, me, found)
    if any(person.side == "external" for person in found):
        mark_emailed(conn, row.id)
    _let_follow(conn, desk, row, found)
    return len(found)


def let_mentioned_follow(conn: Connection, desk: Desk, row: TouchpointRow) -> None:
    """Whoever is mentioned gets the answers, whether they get a copy or not."""
    follow(conn, row.id, [(person.email, person.name) for person in row.mentions], "mentioned", desk.clock())


def _others(
    people: Collection[Participant], me: str, mains: dict[str, str], left_out: Collection[str]
) -> list[Participant]:
    """Those who are not the actor, under whichever address, and not left out."""
    return [
        person
        for person in people
        if (key := address_key(person.email)) not in left_out and mains[key] not in {me, *left_out}
    ]


def _enqueue(
    conn: Connection, desk: Desk, row: TouchpointRow, me: Participant, people: tuple[Participant, ...]
) -> None:
    """One letter, or two: those who had a copy are told that this one takes its place."""
    site, now = desk.site(), desk.clock()
    root = thread_root(site.ring, site.domain, row.id)
    register(conn, row.id, [root], sent=True)
    sent = copies_of(conn, [row.id]).get(row.id, ())
    had_one = {each.recipient_key for each in sent if each.state in (WAITING, SENT)}
    # That of a mail shows its history too, which is folded away here.
    html = for_mail(row.html) if row.html and not row.quoted else ""
    for again in (False, True):
        chosen = [person for person in people if (address_key(person.email) in had_one) == again]
        if not chosen:
            continue
        letter = copy_letter(
            row.id,
            # In the name of who sends it: the domain was looked at, and the wish confirmed, for them.
            Said(row.subject, row.text, html, me, row.date, row.attachments),
            account=_head(conn, row.account_key, row.account_name),
            kind=row.type,
            flow=row.flow,
            participants=row.participants,
            recipients=people,
            references=(root,),
            again=again,
        )
        enqueue(conn, letter, entries(COPY, chosen, site.domain), now)


def _head(conn: Connection, key: str, name: str) -> AccountHead:
    found = list_accounts(conn, 1, keys=[key])
    if not found:
        return AccountHead(name, None, None)
    account = found[0]
    value = None if account.contract_value_privileged else account.contract_value or None
    return AccountHead(name, account.health or None, value)


def _let_follow(conn: Connection, desk: Desk, row: TouchpointRow, people: tuple[Participant, ...]) -> None:
    """Totango users who get a copy follow the thread by their main address. Its author hears of answers anyway."""
    author = address_key(row.author.email) if row.author else ""
    internal = [person for person in people if person.side == "internal"]
    mains = main_keys(conn, internal)
    mentioned = {address_key(person.email) for person in row.mentions}
    names = {mains[address_key(person.email)]: person for person in internal}
    followers = [
        (key if key != address_key(person.email) else person.email, person.name)
        for key, person in names.items()
        if key not in mentioned and key != author
    ]
    follow(conn, row.id, followers, "copied", desk.clock())


def _problem(objection: Objection) -> Problem:
    if objection.kind == "scope":
        return forbidden(objection.why, objection.remedy)
    title = _TITLES.get(objection.kind, "Not e-mailed")
    slug = f"email-{objection.kind}"
    return conflict(slug, title, objection.why, objection.remedy)
