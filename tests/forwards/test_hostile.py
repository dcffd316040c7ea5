"""Text made to be slow: every shape is read in time linear in its size."""

import time

import pytest

from rules.forwards import find_originals
from rules.message import Address, Message

SIZE = 25_000_000
SECONDS = 15.0
"""Far above what is measured (under 3 s for each), far below what one quadratic loop takes."""

FORWARD = (
    "---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Tue, 3 Mar 2026 14:05:00 +0100\n"
    "Subject: x\nTo: b@c.example\n\n"
)


def filled(pattern: str) -> str:
    return (pattern * (SIZE // len(pattern) + 1))[:SIZE]


NESTED = "\n".join("> " * depth + line for depth in range(1, 25) for line in FORWARD.split("\n"))

SHAPES = {
    "newlines": "\n",
    "quote marks on one line": ">",
    "quote marks": "> > > \n",
    "From lines": "From: a@b.c\n",
    "short blocks": "From: a\nTo: b\nSubject: c\n\n",
    "colons": ":",
    "at signs": "@",
    "addresses": "a@",
    "open brackets": "<",
    "dashes": "- -- --- ",
    "separators": "--- x ---\n",
    "rules": "________\n",
    "wrote": "On 3, Jane <a@b.c> wrote:\n",
    "almost wrote": "On " + "a, " * 190 + "\n",
    "forwards": FORWARD,
    "one long list": "From: a@b.c, To: ",
    "labels on one line": "From: a@b.c To: x Cc: d " * 40 + "\n",
    "a list without an end": "To: b@c.d,\n" + "x y@z.w,\n" * 300,
    "blanks": "    \n",
    "letters that fold to two": "İ̇",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lead", ["", FORWARD, NESTED], ids=["bare", "forward", "nested"])
def test_hostile_text_takes_linear_time(shape: str, lead: str) -> None:
    message = Message(
        subject="Fwd: x",
        text=lead + filled(SHAPES[shape]),
        text_from="plain",
        from_=(Address("u@v.example"),),
        to=(Address("l@v.example"),),
    )
    begun = time.perf_counter()
    find_originals(message)
    assert time.perf_counter() - begun < SECONDS


def test_a_hostile_subject_takes_linear_time() -> None:
    begun = time.perf_counter()
    for pattern in ("Re: ", "[", "Fwd[", ":", "："):
        find_originals(Message(subject=filled(pattern), text=FORWARD))
    assert time.perf_counter() - begun < SECONDS


def test_a_chain_ends_at_the_depth_limit() -> None:
    message = Message(subject="Fwd: x", text=NESTED, to=(Address("l@v.example"),))
    assert len(find_originals(message)) == 20


def test_attached_mails_end_at_the_depth_limit() -> None:
    message = Message(subject="innermost")
    for level in range(40):
        message = Message(subject=f"level {level}", from_=(Address("a@b.example"),), nested=(message,))
    assert len(find_originals(message)) == 20
