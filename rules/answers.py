"""The answer to a question that was asked by mail: which account is meant?"""

from rules.message import Message
from rules.newtext import split_text
from rules.subjects import subject_addresses

MOST_LINES = 10
"""Lines of an answer that are looked at: the account stands at its top."""

LONGEST = 200
"""Characters of a line that can be a name."""

# Clients make typographic quotes of plain ones, and bullets of dashes.
_EDGES = " \t\N{NO-BREAK SPACE}.,;:!?…\"'“”„‘’‚«»‹›<>()[]*_-–—•·"


def answer_lines(message: Message) -> tuple[str, ...]:
    """The first lines that the person wrote above what was quoted."""
    written = (line.strip() for line in split_text(message).text.splitlines())
    return tuple(line for line in written if line and len(line) <= LONGEST)[:MOST_LINES]


def named_in(line: str) -> tuple[str, ...]:
    """The folded texts of a line that may be an account's key or name.

    The line, what follows a colon, and both halves of what a notice says of a candidate: "Acme Rockets (key acme)".
    """
    whole = line.strip()
    candidates = [whole, whole.strip(_EDGES)]
    if ":" in whole:
        candidates.append(whole.partition(":")[2].strip(_EDGES))
    name, told, key = whole.rpartition(" (key ")
    if told:
        candidates += [key.strip(_EDGES), name.strip(_EDGES)]
    return tuple(dict.fromkeys(text.casefold() for text in candidates if text))


def addresses_in(line: str) -> tuple[str, ...]:
    """The e-mail addresses of a line."""
    return subject_addresses(line)
