"""What goes out by mail: in whose name, to whom, how much."""

from datetime import timedelta

import pytest

from rules.message import Address
from rules.outgoing import (
    Objection,
    Outgoing,
    Scope,
    Wish,
    copies,
    followers_to_tell,
    from_address,
    hold_until,
    runs_away,
)
from rules.people import Participant
from tests.rules.build import NOW, SITE

ANN = Participant("ann@vendor.example", "Ann Vale", "internal", "user")
BOB = Participant("bob@vendor.example", "Bob Hay", "internal", "user")
ADA = Participant("ada@acme.example", "Ada Marsh", "external", "contact")
ZED = Participant("zed@elsewhere.example", "", "external", "unknown")
LENA = Participant("lena@lawyers.example", "Lena Gray", "external", "unknown")
CONTACTS = ("ada@acme.example",)
LOG = "log@touchpoints.vendor.example"


def outgoing(**values: object) -> Outgoing:
    whole = {
        "scope": "partners",
        "sender": "author",
        "authenticated": frozenset({"vendor.example"}),
        "address": LOG,
        "name": "Touchpoints",
        "replies_per_thread_hour": 30,
        "mails_per_recipient_hour": 60,
    }
    return Outgoing(**{**whole, **values})  # type: ignore[arg-type]


def sent_to(
    wish: Wish,
    *people: Participant,
    mentions: tuple[Participant, ...] = (),
    me: Participant = ANN,
    **values: object,
) -> list[str] | str:
    """The addresses, or the kind of objection."""
    found = copies(wish, me, people, mentions, CONTACTS, outgoing(**values), SITE)
    if isinstance(found, Objection):
        assert found.why.endswith(".")
        assert found.remedy.endswith(".")
        return found.kind
    return [person.email for person in found]


# -- in whose name ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "values", "address"),
    [
        (ANN, {}, Address("ann@vendor.example", "Ann Vale")),
        (ANN, {"authenticated": frozenset()}, Address(LOG, "Ann Vale via Touchpoints")),
        (ANN, {"sender": "gateway"}, Address(LOG, "Ann Vale via Touchpoints")),
        (ADA, {"authenticated": frozenset({"acme.example"})}, Address(LOG, "Ada Marsh via Touchpoints")),
        (ZED, {}, Address(LOG, "zed via Touchpoints")),
        (None, {}, Address(LOG, "Touchpoints")),
    ],
    ids=["author", "not authenticated", "never the author", "customer", "without a name", "nobody"],
)
def test_mail_is_from_its_author_only_where_that_is_believed(
    author: Participant | None, values: dict[str, object], address: Address
) -> None:
    assert from_address(author, outgoing(**values)) == address


@pytest.mark.parametrize(
    ("domain", "believed"),
    [
        ("vendor.example", True),
        ("mail.vendor.example", True),
        ("a.b.vendor.example", True),
        ("notvendor.example", False),
        ("example", False),
        ("vendor.example.evil.example", False),
        ("", False),
    ],
)
def test_a_sub_domain_is_authenticated_with_its_domain(domain: str, believed: bool) -> None:
    assert outgoing().believes(domain) is believed


# -- to whom ------------------------------------------------------------------------------------------------


def test_internal_people_and_mentions_get_a_copy_and_the_author_only_when_asked() -> None:
    people = (ANN, BOB, ADA)
    mentioned = Participant("eve@vendor.example", "Eve", "internal", "user")
    assert sent_to(Wish(internal=True), *people, mentions=(mentioned,)) == [
        "bob@vendor.example",
        "eve@vendor.example",
    ]
    assert sent_to(Wish(internal=True, me=True), *people) == ["ann@vendor.example", "bob@vendor.example"]
    assert sent_to(Wish(me=True), *people) == ["ann@vendor.example"]


def test_external_people_get_a_copy_once_that_is_confirmed() -> None:
    people = (ANN, BOB, ADA, ZED)
    assert sent_to(Wish(external=True), *people) == "confirmation"
    confirmed = Wish(external=True, confirmed=True)
    assert sent_to(confirmed, *people) == ["ada@acme.example", "zed@elsewhere.example"]
    everybody = Wish(internal=True, external=True, me=True, confirmed=True)
    assert sent_to(everybody, *people) == [
        "ann@vendor.example",
        "bob@vendor.example",
        "ada@acme.example",
        "zed@elsewhere.example",
    ]


def test_one_person_gets_one_copy() -> None:
    again = Participant("BOB+x@vendor.example", "Bob", "internal", "user")
    assert sent_to(Wish(internal=True), BOB, again, mentions=(BOB,)) == ["bob@vendor.example"]


def test_an_external_mention_is_no_wish_to_mail_outside() -> None:
    assert sent_to(Wish(internal=True), BOB, mentions=(ADA,)) == ["bob@vendor.example"]


def test_nothing_wished_is_nothing_sent() -> None:
    assert sent_to(Wish(), ANN, BOB, ADA) == []
    assert sent_to(Wish(), ANN, scope="nobody") == []


def test_a_wish_that_reaches_nobody_is_told() -> None:
    assert sent_to(Wish(internal=True), ANN, ADA) == "nobody"
    assert sent_to(Wish(external=True, confirmed=True), ANN, BOB) == "nobody"
    assert sent_to(Wish(external=True), ANN, BOB) == "nobody"


def test_who_is_on_the_never_log_list_gets_no_mail_and_is_not_asked_about() -> None:
    confirmed = Wish(external=True, confirmed=True)
    assert sent_to(confirmed, ADA, LENA) == ["ada@acme.example"]
    assert sent_to(confirmed, LENA) == "nobody"
    found = copies(Wish(external=True), ANN, (ADA, LENA), (), CONTACTS, outgoing(), SITE)
    assert isinstance(found, Objection)
    assert "one person outside: ada@acme.example." in found.why


@pytest.mark.parametrize(
    ("scope", "wish", "people", "found"),
    [
        ("nobody", Wish(internal=True), (BOB,), "scope"),
        ("nobody", Wish(me=True), (), "scope"),
        ("nobody", Wish(external=True, confirmed=True), (ADA,), "scope"),
        ("internal", Wish(internal=True), (BOB,), ["bob@vendor.example"]),
        ("internal", Wish(internal=True), (BOB, ADA), ["bob@vendor.example"]),
        ("internal", Wish(external=True, confirmed=True), (ADA,), "scope"),
        ("internal", Wish(external=True, confirmed=True), (BOB,), "scope"),
        ("contacts", Wish(external=True, confirmed=True), (ADA,), ["ada@acme.example"]),
        ("contacts", Wish(external=True, confirmed=True), (ADA, ZED), "scope"),
        ("contacts", Wish(internal=True), (BOB, ZED), ["bob@vendor.example"]),
        ("partners", Wish(external=True, confirmed=True), (ZED,), ["zed@elsewhere.example"]),
    ],
)
def test_nobody_beyond_the_scope_of_the_site(
    scope: Scope, wish: Wish, people: tuple[Participant, ...], found: list[str] | str
) -> None:
    assert sent_to(wish, *people, scope=scope) == found


def test_a_contact_of_another_account_is_a_stranger_here() -> None:
    gus = Participant("gus@globe.example", "Gus Hale", "external", "contact")
    assert sent_to(Wish(external=True, confirmed=True), gus, scope="contacts") == "scope"
    assert sent_to(Wish(external=True, confirmed=True), gus, scope="partners") == ["gus@globe.example"]


def test_mail_outside_needs_a_domain_that_is_authenticated() -> None:
    confirmed = Wish(external=True, confirmed=True)
    assert sent_to(confirmed, ADA, authenticated=frozenset()) == "domain"
    assert sent_to(confirmed, ADA, sender="gateway") == ["ada@acme.example"]
    touchpoints = frozenset({"touchpoints.vendor.example"})
    assert sent_to(confirmed, ADA, authenticated=touchpoints) == ["ada@acme.example"]
    assert sent_to(Wish(internal=True), BOB, authenticated=frozenset()) == ["bob@vendor.example"]


def test_what_an_edit_could_mend_is_told_before_a_confirmation_is_asked_for() -> None:
    assert sent_to(Wish(external=True), ADA, ZED, scope="contacts") == "scope"
    assert sent_to(Wish(external=True), ADA, authenticated=frozenset()) == "domain"


# -- replies ------------------------------------------------------------------------------------------------


def told(
    *people: Participant, sender: str = "ada@acme.example", had: str = "", stopped: str = ""
) -> list[str]:
    found = followers_to_tell(
        people, sender=sender, had_it=[had] if had else [], stopped=[stopped] if stopped else [], site=SITE
    )
    return [person.email for person in found]


def test_a_reply_goes_to_followers_once_each_in_their_order() -> None:
    assert told(BOB, ANN, BOB, Participant("ANN@Vendor.example", "", "internal", "user")) == [
        BOB.email,
        ANN.email,
    ]


def test_a_reply_goes_neither_back_nor_to_who_has_it_nor_to_who_stopped() -> None:
    assert told(ANN, BOB, sender=ANN.email) == [BOB.email]
    assert told(ANN, BOB, had=ANN.email) == [BOB.email]
    assert told(ANN, BOB, stopped=BOB.email) == [ANN.email]
    assert told(LENA, ANN) == [ANN.email]
    assert told() == []


@pytest.mark.parametrize(("passed_on", "away"), [(0, False), (29, False), (30, True), (31, True)])
def test_a_thread_runs_away_at_its_limit(passed_on: int, away: bool) -> None:
    assert runs_away(passed_on, outgoing()) is away


def test_too_much_mail_to_one_recipient_waits() -> None:
    assert hold_until(59, NOW, outgoing()) is None
    assert hold_until(60, NOW, outgoing()) == NOW + timedelta(minutes=15)
