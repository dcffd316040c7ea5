"""Texts made to be slow or strange, each of about the size asked for."""

from collections.abc import Callable

_ATTRIBUTION = "On 3 Mar 2026 at 14:05 Jane Doe <j@x.example> wrote:\n"
_PIECES = {
    "one line of quote marks": "> ",
    "one line of digits": "2026-03-03 14:05 ",
    "empty lines": "\n",
    "quote marks alone": ">\n",
    "blanks": " " * 5000 + "\n",
    "colons": "a b c d e f g h i j k l m n 1:\n",
    "attributions": _ATTRIBUTION,
    "nearly attributions": "On 3 Mar 2026 at 14:05 Jane Doe <j@x.example> said and so on and so forth:\n",
    "long nearly attributions": "On 3 Mar 2026 " + "um 1.1 " * 45 + " @ : wrote @a:\n",
    "labels": "From: jane@x.example\n",
    "labels and wrapped lines": "To: a\n" + "b@x.example\n" * 20,
    "rules": "________________________________\n\n",
    "rules and labels": "________________________________\nFrom: x\nTo: y\nCc: z\n" + "w\n" * 22,
    "delimiters": "-- \nJane\n\n",
    "device lines": "Sent from my iPhone\n",
    "open links": "Sent from my <" + "h" * 290 + "\n",
    "quotes and answers": "> asked\nanswered\n",
    "announced quotes": "the log says:\n> line\n",
    "named quotes": "Jane wrote:\n> line\n",
    "control characters": "\x00\x0b\x0c\x1c\x85\u2028\ud800\n",
    "carriage returns": "\r\n\r",
}


def _fill(piece: str) -> Callable[[int], str]:
    return lambda size: piece * (size // len(piece) + 1)


TEXTS: dict[str, Callable[[int], str]] = {name: _fill(piece) for name, piece in _PIECES.items()} | {
    "one line of commas": lambda size: f"On {'a, ' * (size // 3)}wrote:",
    "quotes above an attribution": lambda size: "> line\ntext\n" * (size // 12) + _ATTRIBUTION + "> a",
    "answers below": lambda size: "answer see reply " * (size // 17) + f"below\n\n{_ATTRIBUTION}\nold",
}
