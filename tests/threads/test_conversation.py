"""A touchpoint goes out by mail and a conversation comes back: through a real Postfix, there and back again."""

import json
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.daemon import Daemon, daemon
from tests.postfix import NEEDED, SECONDS, free_port, postfix
from tests.threads.mailboxes import Mailboxes
from tests.threads.people import Person, addresses, gmail, iphone, outlook, thunderbird, words

pytestmark = NEEDED
DOMAIN = "touchpoints.lumenfold.example"
LOG = f"log@{DOMAIN}"

MAIN = f"""\
relay_domains = {DOMAIN}, acme.example, lumenfold.example
transport_maps = hash:{{folder}}/transport
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
"""


class World:
    """The gateway, Postfix between it and the mailboxes, and three people."""

    def __init__(self, house: Daemon, boxes: Mailboxes, relay: int) -> None:
        self.house = house
        self.boxes = boxes
        self.relay = relay
        self.nora = Person(
            "Nora Feld", "nora.feld@lumenfold.example", outlook, "<AM0PR0{number}MB@prod.outlook.example>"
        )
        self.ada = Person(
            "Ada Marsh", "ada.marsh@acme.example", gmail, "<CAKx{number}+Q=7a@mail.acme.example>"
        )
        self.ben = Person("Ben Cole", "ben.cole@acme.example", iphone, "<9C2E{number}-7F@acme.example>")
        self.turn = 0
        self.begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)

    def say(self, who: Person, text: str, **how: Any) -> None:
        """Somebody answers; done when the gateway has filed it."""
        self.turn += 1
        raw, recipients = who.answer(self.turn, text, self.begun + timedelta(minutes=self.turn), **how)
        extra = how.get("bcc", ())
        with smtplib.SMTP("127.0.0.1", self.relay, timeout=SECONDS) as server:
            server.sendmail(who.email, [*recipients, *extra], raw)
        self.house.event("replied")

    def arrives(self, *people: Person) -> None:
        """Each of them gets a mail."""
        for person in people:
            person.receive(self.boxes.next(person.email).raw)

    def quiet(self) -> bool:
        """Whether no mailbox holds anything that was not looked for."""
        return all(self.boxes.is_empty(person.email) for person in (self.nora, self.ada, self.ben))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    inbound, outbound = free_port(), free_port()
    config = (
        f'[trust]\n"*" = "verified"\n[relay]\nhost = "127.0.0.1"\nport = {outbound}\ntls = "none"\n'
        '[sending]\nscope = "contacts"\nauthenticated_domains = ["lumenfold.example"]\n'
    )
    with Mailboxes() as boxes:
        transport = (
            f"{DOMAIN} smtp:[127.0.0.1]:{inbound}\nacme.example smtp:[127.0.0.1]:{boxes.port}\n"
            f"lumenfold.example smtp:[127.0.0.1]:{boxes.port}\n"
        )
        files = {"main.cf": MAIN, "transport": transport}
        with (
            postfix(files, networks="127.0.0.0/8") as relay,
            daemon(
                tmp_path, listen=f"127.0.0.1:{inbound}", config=config.replace(str(outbound), str(relay))
            ) as house,
        ):
            yield World(house, boxes, relay)


def create(world: World, token: str) -> dict[str, Any]:
    """Nora writes down a meeting and has it e-mailed to the two at Acme and to herself."""
    plan = world.house.call(
        "POST", "/uploads?filename=plan.pdf", token, b"%PDF-1.7 the plan", "application/pdf"
    )[1]
    status, made = world.house.call(
        "POST",
        "/touchpoints",
        token,
        {
            "account": "acme",
            "type": "web meeting",
            "subject": "Rollout of the second site",
            "text": "Thank you for the meeting.\n\nWe start on Monday.\n\nWho takes part in the training?",
            "participants": [{"email": world.ada.email}, {"email": world.ben.email}],
            "attachments": [{"upload": plan["id"]}],
            "email": {"external": True, "me": True, "confirm_external": True},
        },
    )
    assert status == 201, made
    assert isinstance(made, dict)
    return made


def test_ten_turns_between_three_people_are_one_touchpoint_with_ten_replies(world: World) -> None:
    house, nora, ada, ben = world.house, world.nora, world.ada, world.ben
    token = house.token(nora.email)
    made = create(world, token)
    world.arrives(nora, ada, ben)
    for outside in (ada, ben):
        assert "Contract value" not in str(outside.latest)
        assert "48000" not in str(outside.latest)
        assert [part.get_filename() for part in outside.latest.iter_attachments()] == ["plan.pdf"]
    assert words(nora.latest).startswith("Account: Acme Rockets\nHealth: green\nContract value: 48000\n")
    said = [
        "Monday suits us. Ben and I take part.",
        "Good. I have put you both on the list.\n\nTraining starts at nine.",
        "Nine is too early for me, can we say ten?",
        "Ten it is.\n\nRoom 4 is free.",
        "Booked: room 4, ten o'clock.",
        "Here is the list of people.",
        "Seen, thank you. Two of them lack a login.",
        "I have asked IT for the logins.",
        "Logins are there now.",
        "Perfect, see you all on Monday!",
    ]
    world.say(ada, said[0])  # 1: Gmail, above the history, to all
    world.arrives(nora, ben)  # passed on to the author; Ben got it from Ada herself
    world.say(nora, said[1])  # 2: Outlook, to all: the people outside stand in Cc
    world.arrives(ada, ben)
    world.say(ben, said[2])  # 3: from a phone, to all
    world.arrives(nora, ada)
    ada.style = thunderbird
    world.say(ada, said[3])  # 4: between the lines
    world.arrives(nora, ben)
    world.say(nora, said[4])  # 5
    world.arrives(ada, ben)
    ada.style = gmail
    world.say(ada, said[5], files=[("people.pdf", b"%PDF-1.7 Ada, Ben, Chloe")])  # 6: with an attachment
    world.arrives(nora, ben)
    world.say(nora, said[6])  # 7
    world.arrives(ada, ben)
    world.say(ben, said[7], to_all=False, mail=ben.inbox[0])  # 8: to the first copy, to the thread alone
    world.arrives(nora)
    world.say(nora, said[8], mail=nora.latest)  # 9
    world.arrives(ben)
    world.say(ben, said[9])  # 10
    world.arrives(nora)

    (touchpoint,) = house.lines("timeline", "acme")
    assert touchpoint["id"] == made["id"]
    replies = touchpoint["replies"]
    assert [reply["text"].strip() for reply in replies] == said
    assert [reply["author"]["email"] for reply in replies] == [
        each.email for each in (ada, nora, ben, ada, nora, ada, nora, ben, nora, ben)
    ]
    assert [reply["date"] for reply in replies] == sorted(reply["date"] for reply in replies)
    assert [[each["filename"] for each in reply["attachments"]] for reply in replies] == [
        *[[]] * 5,
        ["people.pdf"],
        *[[]] * 4,
    ]
    assert house.lines("queue", "list") == []
    assert world.quiet()


def test_an_answer_that_lost_the_thread_address_is_found_by_its_references(world: World) -> None:
    house, nora, ada, ben = world.house, world.nora, world.ada, world.ben
    create(world, house.token(nora.email))
    world.arrives(nora, ada, ben)
    raw, _ = ada.answer(1, "Without the address.", world.begun, without="reply-")
    with smtplib.SMTP("127.0.0.1", world.relay, timeout=SECONDS) as server:
        server.sendmail(ada.email, [nora.email, LOG], raw)
    assert house.event("replied")["way"] == "reference"
    (touchpoint,) = house.lines("timeline", "acme")
    assert [reply["text"].strip() for reply in touchpoint["replies"]] == ["Without the address."]


def test_a_copy_that_bounces_is_marked_on_the_touchpoint(world: World) -> None:
    house, nora = world.house, world.nora
    token = house.token(nora.email)
    status, made = house.call(
        "POST",
        "/touchpoints",
        token,
        {
            "account": "acme",
            "type": "email",
            "subject": "To somebody who left",
            "text": "Hello",
            "participants": [{"email": world.ada.email}, {"email": "chloe.dean@acme-rockets.example"}],
            "email": {"external": True, "confirm_external": True},
        },
    )
    assert status == 201, made
    # Nobody takes mail for acme-rockets.example here: Postfix, which has no transport for it, reports back.
    world.arrives(world.ada)
    house.event("bounced")
    _, shown = house.call("GET", f"/touchpoints/{made['id']}", token)
    copies = {each["email"]: each["copy"] for each in shown["participants"] if each["copy"]}
    assert copies["ada.marsh@acme.example"]["state"] == "sent"
    assert copies["chloe.dean@acme-rockets.example"]["state"] == "undelivered"
    assert copies["chloe.dean@acme-rockets.example"]["status"].startswith("5.")
    assert copies["chloe.dean@acme-rockets.example"]["diagnostic"]
    assert json.dumps(addresses(world.ada.latest, "To")) == json.dumps(
        [["Ada Marsh", world.ada.email], ["Chloe Dean", "chloe.dean@acme-rockets.example"]]
    )
