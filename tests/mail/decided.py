"""A mail taken all the way that a filing worker takes it, and shown, without anything being kept."""

from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.filing.belief import settled
from gateway.filing.examine import Examined, Inbound, examine
from gateway.mail.safe_html import for_mail, safe_html
from rules.decision import as_json
from rules.facts import Account, Contact, Facts, User
from rules.recipients import Known, RecipientQuery
from rules.site import LoggingAddress, Site
from rules.wanted import Wanted

LOG = "log@touchpoints.vendor.example"
SITE = Site(
    logging=(LoggingAddress(LOG, "Adoption"),),
    own_domains=frozenset({"vendor.example"}),
    hostname="touchpoints.vendor.example",
)
WHEN = datetime(2026, 3, 4, 12, tzinfo=UTC)
KUNDE = Account("kunde", "Kunde", True)


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


def decided(raw: bytes, *, minimal: bool = False) -> Examined:
    """Read, decide, write as JSON, show as HTML. Raises whatever any of it raises."""
    inbound = Inbound(raw, None, (LOG,), WHEN, minimal=minimal)
    examined = examine(inbound, SITE, Everybody(), settled("verified", "as the test says"))
    as_json(examined.decision)
    safe_html(examined.decision.html, lambda content_id: f"/images/{content_id}")
    for_mail(examined.decision.html)
    return examined
