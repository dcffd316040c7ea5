"""Mails that are decided and wait to be settled in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from gateway.filing.examine import Examined
from rules.facts import Facts
from rules.wanted import Wanted, hangs_on
from storage.inbound import Claimed

MOST = 3
"""Mails settled at once. An acknowledgement may have to wait for them: with sixteen the 99th percentile of the time
to 250 was 1.6 times that of an empty queue, with five 1.2 to 1.4 times."""

MOST_TEXT = 1024 * 1024
"""Characters of text and HTML, which are what takes the database its time: some ten milliseconds for as many."""

MOST_CONTENT = 16 * 1024 * 1024
"""Octets of attachments, which are in memory until they are put."""

MOST_ASKED = 16
"""Attachments that a store on another machine is asked for while the database is held."""

LONGEST = 0.1
"""Seconds that a decided mail waits for others."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A mail that was decided, what there is to count of it so far, and the seconds that it took."""

    mail: Claimed
    examined: Examined
    facts: dict[str, Any]
    seconds: float


@dataclass(slots=True)
class Batch:
    """The mails in the order in which they are settled. `remote`: attachments are kept on another machine.

    `clock` gives seconds.
    """

    remote: bool = False
    clock: Callable[[], float] = monotonic
    _decided: list[Decided] = field(default_factory=list)
    _begun: float = 0.0
    _text: int = 0
    _content: int = 0
    _asked: int = 0

    def add(self, decided: Decided) -> None:
        """One more."""
        decision = decided.examined.decision
        if not self._decided:
            self._begun = self.clock()
        self._decided.append(decided)
        self._text += len(decision.text) + len(decision.quoted) + len(decision.html)
        self._content += sum(len(attachment.content) for attachment in decision.attachments)
        self._asked += len(decision.attachments)

    @property
    def full(self) -> bool:
        """Whether it is time to settle them."""
        return bool(self._decided) and (
            len(self._decided) >= MOST
            or self._text > MOST_TEXT
            or self._content > MOST_CONTENT
            or (self.remote and self._asked > MOST_ASKED)
            or self.clock() - self._begun > LONGEST
        )

    def take(self) -> list[Decided]:
        """All of them; the batch is empty then."""
        taken, self._decided = self._decided, []
        self._text = self._content = self._asked = 0
        return taken

    def changes(self, wanted: Wanted, facts: Facts) -> bool:
        """Whether settling them changes what a mail was told that asked for `wanted` and got `facts`."""
        examined = [each.examined for each in self._decided]
        ids = {identifier for each in examined for identifier in each.message_ids}
        threads = {thread.id for each in examined for thread in each.decision.threads}
        return hangs_on(wanted, facts, ids, threads)


def alone(examined: Examined) -> bool:
    """Whether a mail is settled in a transaction of its own.

    An answer settles another mail first; and raw mail that is erased with a blob is gone before the commit, which
    must not fail because of the mail of somebody else.
    """
    return examined.decision.answers is not None or examined.decision.erase
