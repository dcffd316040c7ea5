"""What one mail may cost, nested mails and containers inside it included."""

MAX_CONTENT = 100 * 1024 * 1024
"""Octets of attachments, those of nested mails counted at every level. A mail of 25 MB stays far below."""

MAX_OPENED = 20
"""Containers that are opened: winmail.dat files, S/MIME envelopes, mails attached as plain files."""


class Allowance:
    """Shared by a mail and everything nested in it."""

    def __init__(self) -> None:
        """Nothing spent yet."""
        self._octets = MAX_CONTENT
        self._opened = 0

    def keep(self, octets: int) -> bool:
        """Whether an attachment of that size may still be kept; it is counted if so."""
        if octets > self._octets:
            return False
        self._octets -= octets
        return True

    def open(self) -> bool:
        """Whether one more container may be opened."""
        self._opened += 1
        return self._opened <= MAX_OPENED
