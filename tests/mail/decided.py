"""A mail taken all the way that a filing worker takes it, without anything being kept."""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.believe.gather import gather
from gateway.events import QUIET
from gateway.filing.examine import Examined, Inbound, examine
from rules.decision import as_json
from rules.facts import Account, Contact, Facts, User
from rules.message import Message
from rules.recipients import Known, RecipientQuery
from rules.site import LoggingAddress, Site
from rules.trail import Verdict
from rules.trust import NAME
from rules.wanted import Wanted
from tests.believe.world import RELAY, Checks, Zones

LOG = "log@touchpoints.vendor.example"
SITE = Site(
    logging=(LoggingAddress(LOG, "Adoption"),),
    own_domains=frozenset({"vendor.example"}),
    hostname="touchpoints.vendor.example",
)
WHEN = datetime(2026, 3, 4, 12, tzinfo=UTC)
KUNDE = Account("kunde", "Kunde", True)


# As in the daemon (`gateway.events`), and kept: here nobody configures the log.
logging.getLogger("flufl.bounce").setLevel(QUIET["flufl.bounce"])


class Everybody:
    """A directory in which vendor.example has users and kunde.example contacts."""

    def known(self, queries: Iterable[RecipientQuery]) -> Known:
        """No accounts and no users by address."""
        return Known()

    def facts(self, wanted: Wanted) -> Facts:
        """Who was asked about, by domain."""
        users, contacts = {}, {}
        for key in wanted.addresses:
            if key.endswith("@vendor.example"):
                users[key] = User(key, "")
            elif key.endswith(("@kunde.example", "@k.example")):
                contacts[key] = Contact(key, "", ("kunde",))
        return Facts(users=users, contacts=contacts, accounts={"kunde": KUNDE})


def decided(raw: bytes, *, minimal: bool = False) -> tuple[Message, Examined]:
    """Read, believe, decide, write as JSON; the mail as it was read, too. Raises whatever any of it raises.

    The evidence is gathered from a relay of ours and a DNS without records, and the mail believed all the same.
    """
    seen: list[Message] = []

    def believe(raw: bytes, message: Message) -> tuple[str, Verdict]:
        seen.append(message)
        gather(raw, message, "eve@k.example", RELAY, "mx.k.example", Checks(), Zones(), clock=lambda: 0.0)
        return "verified", Verdict(NAME, True, "as the test says")

    examined = examine(Inbound(raw, None, (LOG,), WHEN, minimal=minimal), SITE, Everybody(), believe)
    json.dumps(as_json(examined.decision), ensure_ascii=False).encode()
    return seen[0], examined
