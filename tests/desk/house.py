"""A desk over a real SQLite file with the sample directory, a clock that stands, and keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from gateway.api_tokens import digest_of, new_token
from gateway.config.settings import Settings
from gateway.desk import Desk, touchpoints
from gateway.desk.drafts import Draft, Person
from gateway.directory import import_directory
from rules.permissions import PERMISSIONS, Actor
from rules.tokens import KeyRing
from storage.api_tokens import create
from storage.blobs import open_blobs
from storage.engine import open_engine, reading, writing
from storage.migrations import migrate
from storage.tables import letters, outbox
from tests import back_ends
from tests.daemon import SAMPLE

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
RING = KeyRing("house", 1, {1: bytes(range(32))})

TOM = "tom.okafor@lumenfold.example"
NORA = "nora.feld@lumenfold.example"
JONAS = "jonas.berg@lumenfold.example"
MEI = "mei.tan@lumenfold.example"
ADA = "ada.marsh@acme.example"
BEN = "ben.cole@acme.example"
ZED = "zed@elsewhere.example"

SETTINGS: dict[str, Any] = {
    "hostname": "gateway.lumenfold.example",
    "sending": {"scope": "contacts", "authenticated_domains": ["lumenfold.example"]},
    "touchpoints": {
        "flows": ["Adoption", "Onboarding", "Renewal"],
        "reasons": ["Risk", "Upsell"],
        "templates": [
            {
                "name": "Kick-off",
                "subject": "Kick-off with {account}",
                "text": "Agenda for {account}",
                "type": "web meeting",
                "flow": "Onboarding",
            }
        ],
    },
}


@dataclass
class House:
    """The desk, and what tests do at it. `now` may be moved."""

    desk: Desk
    now: datetime = NOW

    @property
    def engine(self) -> Engine:
        """The database."""
        return self.desk.engine

    def token(self, email: str, **values: Any) -> str:
        """A token of a user."""
        token = new_token()
        with writing(self.engine) as conn:
            create(
                conn,
                email,
                digest_of(token),
                values.get("name", ""),
                values.get("permissions"),
                self.now,
                values.get("expires_at"),
            )
        return token

    def write(self, by: Actor | None = None, **values: Any) -> dict[str, Any]:
        """A touchpoint written by Nora on acme, with what is given."""
        return touchpoints.create(self.desk, by or actor(NORA), draft(**values))[0]

    def entries(self, touchpoint_id: int) -> list[tuple[str, str, bool]]:
        """What was ordered of a touchpoint: (recipient, side, says that it replaces a copy), in order."""
        query = (
            select(outbox.c.recipient, outbox.c.side, letters.c.content)
            .join(letters, letters.c.id == outbox.c.letter_id)
            .where(outbox.c.touchpoint_id == touchpoint_id)
            .order_by(outbox.c.id)
        )
        with reading(self.engine) as conn:
            return [(row.recipient, row.side, row.content["again"]) for row in conn.execute(query)]

    def recipients(self, touchpoint_id: int) -> list[str]:
        """Who was ordered a copy, in order."""
        return [recipient for recipient, _, _ in self.entries(touchpoint_id)]


def settings_with(folder: Path, **changed: Any) -> Settings:
    """The settings of the house, sections changed key by key."""
    values: dict[str, Any] = {**SETTINGS, "data_dir": folder, "storage": back_ends.storage(folder)}
    for name, value in changed.items():
        values[name] = {**values.get(name, {}), **value} if isinstance(value, dict) else value
    return Settings.model_validate(values)


@contextmanager
def house(folder: Path, *, ring: KeyRing = RING, **changed: Any) -> Iterator[House]:
    """A house in a folder of its own."""
    settings = settings_with(folder, **changed)
    engine = open_engine(settings.database_url)
    try:
        migrate(engine)
        import_directory(engine, SAMPLE, own_domains=settings.own_domains, free_mail=())
        blobs = open_blobs(settings.blobs_place)
        made = House(Desk(settings, engine, blobs, lambda: ring, lambda: NOW))
        made.desk = replace(made.desk, clock=lambda: made.now)
        yield made
    finally:
        engine.dispose()


def actor(email: str, **values: Any) -> Actor:
    """A user who may do everything; Tom is the admin."""
    role = "admin" if email == TOM else "user"
    name = " ".join(part.capitalize() for part in email.partition("@")[0].split("."))
    return Actor(
        **{"email": email, "name": name, "role": role, "permissions": frozenset(PERMISSIONS)} | values
    )


def draft(**values: Any) -> Draft:
    """A plain touchpoint on acme; participants given as addresses."""
    people = values.pop("participants", None)
    plain: dict[str, Any] = {
        "account": "acme",
        "type": "telephone call",
        "subject": "Second site",
        "text": "We agreed on March.",
        "date": NOW - timedelta(hours=1),
    }
    if people is not None:
        plain["participants"] = tuple(Person(email) for email in people)
    return Draft(**{**plain, **values})
