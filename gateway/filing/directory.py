"""The directory of the store, as the decision asks it."""

from collections.abc import Iterable

from sqlalchemy import Connection, Engine

from rules.facts import Facts
from rules.recipients import Known, RecipientQuery
from rules.wanted import Wanted
from storage.directory import account_by_key, fold_key, user_by_secret
from storage.engine import reading
from storage.threads import facts


class StoredDirectory:
    """Answers what `gateway.filing.examine` asks, each time in a short transaction of its own.

    `revoked_too` lets the secrets of revoked per-user addresses name their user: a mail that was accepted
    before the address was rotated away is still its owner's.
    """

    def __init__(self, engine: Engine, *, revoked_too: bool = False) -> None:
        self._engine = engine
        self._revoked_too = revoked_too
        self.told: tuple[Wanted, Facts] | None = None
        """What was last asked and told of a mail."""

    def known(self, queries: Iterable[RecipientQuery]) -> Known:
        """The accounts and users that recipients name."""
        asked = [query for query in queries if query.account_key is not None or query.secret is not None]
        if not asked:
            return Known()
        with reading(self._engine) as conn:
            return known(conn, asked, revoked_too=self._revoked_too)

    def facts(self, wanted: Wanted) -> Facts:
        """Everything about the people of one mail."""
        with reading(self._engine) as conn:
            found = facts(conn, wanted)
        self.told = wanted, found
        return found


def known(conn: Connection, queries: Iterable[RecipientQuery], *, revoked_too: bool = False) -> Known:
    """The accounts and users that recipients name."""
    accounts: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for query in queries:
        if query.account_key is not None:
            account = account_by_key(conn, query.account_key)
            if account is not None:
                accounts[fold_key(query.account_key)] = account.key
        if query.secret is not None:
            user = user_by_secret(conn, query.secret, revoked_too=revoked_too)
            if user is not None:
                secrets[query.secret] = user.email
    return Known(accounts, secrets)
