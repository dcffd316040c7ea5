"""Texts made to be slow or strange."""

_MEGABYTE = 1_000_000


def texts(size: int = 25 * _MEGABYTE) -> dict[str, str]:
    """Each text has about `size` characters."""

    def fill(piece: str) -> str:
        return piece * (size // len(piece) + 1)

    return {
        "one line of commas": "On " + fill("a, ") + "wrote:",
        "one line of quote marks": fill("> "),
        "one line of digits": fill("2026-03-03 14:05 "),
        "empty lines": fill("\n"),
        "quote marks alone": fill(">\n"),
        "blanks": fill(" " * 5000 + "\n"),
        "colons": fill("a b c d e f g h i j k l m n 1:\n"),
        "attributions": fill("On 3 Mar 2026 at 14:05 Jane Doe <j@x.example> wrote:\n"),
        "nearly attributions": fill(
            "On 3 Mar 2026 at 14:05 Jane Doe <j@x.example> said and so on and so forth:\n"
        ),
        "long nearly attributions": fill("On 3 Mar 2026 " + "um 1.1 " * 45 + " @ : wrote @a:\n"),
        "labels": fill("From: jane@x.example\n"),
        "labels and wrapped lines": fill("To: a\n" + "b@x.example\n" * 20),
        "rules": fill("________________________________\n\n"),
        "rules and labels": fill("________________________________\nFrom: x\nTo: y\nCc: z\n" + "w\n" * 22),
        "delimiters": fill("-- \nJane\n\n"),
        "device lines": fill("Sent from my iPhone\n"),
        "lines that end with a link": fill("Sent from my <" + "h" * 290 + "\n"),
        "quotes and answers": fill("> asked\nanswered\n"),
        "announced quotes": fill("the log says:\n> line\n"),
        "named quotes": fill("Jane wrote:\n> line\n"),
        "quotes above an attribution": "> line\ntext\n" * (size // 13)
        + "On 3 Mar 2026 at 14:05 Jane <j@x.example> wrote:\n> a",
        "answers below": fill("answer see reply comments ")
        + "below\n\nFrom: j@x.example\nSent: 3 Mar 2026 14:05\nSubject: x\n\nold",
        "no text": "",
        "control characters": fill("\x00\x0b\x0c\x1c\x85\u2028\ud800\n"),
        "carriage returns": fill("\r\n\r"),
    }
