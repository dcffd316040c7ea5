"""How many forwards of the corpus are read right in every field, and that no reply is taken for one."""

from collections import Counter
from dataclasses import astuple

import pytest

from gateway.mail import read
from rules.forwards import find_originals
from rules.message import Address
from rules.original import Original
from tests.forwards.corpus import Case, Expected, forwards
from tests.forwards.replies import replies

WANTED = 0.97
CASES = tuple(forwards())


def paragraphs(text: str) -> str:
    """The text with its blank lines and the blanks at line ends gone: HTML does not keep them."""
    return "\n".join(" ".join(line.split()) for line in text.split("\n") if line.strip())


def pair(address: Address | None) -> tuple[str, str] | None:
    return (address.name, address.email) if address else None


def as_expected(original: Original) -> tuple[object, ...]:
    return (
        pair(original.sender),
        tuple(map(pair, original.to)),
        tuple(map(pair, original.cc)),
        original.date,
        original.subject,
        paragraphs(original.text),
        paragraphs(original.comment),
    )


def wanted(expected: Expected) -> tuple[object, ...]:
    *fields, body, comment = astuple(expected)
    return (*fields, paragraphs(body), paragraphs(comment))


def is_right(case: Case) -> bool:
    """One original, and every one of its fields as the client meant it."""
    found = find_originals(read(case.raw))
    return len(found) == 1 and found[0].certain and as_expected(found[0]) == wanted(case.expected)


def test_forwards_are_read_right_in_every_field() -> None:
    assert len(CASES) >= 200
    total: Counter[tuple[str, bool]] = Counter()
    right: Counter[tuple[str, bool]] = Counter()
    wrong = []
    for case in CASES:
        total[case.client, case.kept] += 1
        if is_right(case):
            right[case.client, case.kept] += 1
        else:
            wrong.append(case.name)
    print(f"\n{'client':28}{'subject kept':>14}{'rewritten':>12}")
    for client in dict.fromkeys(case.client for case in CASES):
        cells = [f"{right[client, kept]}/{total[client, kept]}" for kept in (True, False)]
        print(f"{client:28}{cells[0]:>14}{cells[1]:>12}")
    for kept in (True, False):
        of_kind = [key for key in total if key[1] is kept]
        share = sum(right[key] for key in of_kind) / sum(total[key] for key in of_kind)
        assert share >= WANTED, wrong


def test_no_reply_with_its_history_is_taken_for_a_forward() -> None:
    mails = tuple(replies())
    assert len(mails) >= 100
    assert [mail.name for mail in mails if find_originals(read(mail.raw))] == []


def test_better_than_the_libraries_for_it() -> None:
    """email-forward-parser and quotequail on the plain-text cases, their dates and names left out of account."""
    parser = pytest.importorskip("emailforwardparser.forward_parser")
    quotequail = pytest.importorskip("quotequail")
    plain = [case for case in CASES if case.plain and not case.client.startswith("attached")]
    scores: Counter[tuple[str, bool]] = Counter()
    for case in plain:
        want = case.expected
        body, comment = paragraphs(want.body), paragraphs(want.comment)
        found = parser.get_forwarded_metadata(case.plain.strip(), case.subject if case.kept else None)
        scores["email-forward-parser", case.kept] += found.forwarded and (
            found.email.from_.address == want.sender[1]
            and [person.address for person in found.email.to] == [email for _, email in want.to]
            and [person.address for person in found.email.cc] == [email for _, email in want.cc]
            and found.email.subject == want.subject
            and (paragraphs(found.email.body), paragraphs(found.message)) == (body, comment)
        )
        unwrapped = quotequail.unwrap(case.plain) or {}
        scores["quotequail", case.kept] += unwrapped.get("type") == "forward" and (
            want.sender[1] in unwrapped.get("from", "")
            and unwrapped.get("subject", want.subject) == want.subject
            and (paragraphs(unwrapped.get("text", "")), paragraphs(unwrapped.get("text_top") or ""))
            == (body, comment)
        )
        scores["own", case.kept] += is_right(case)
    for (name, kept), count in sorted(scores.items()):
        print(f"\n{name:22}{'kept' if kept else 'says nothing':14}{count / (len(plain) / 2):7.1%}", end="")
    for kept in (True, False):
        assert scores["own", kept] > scores["email-forward-parser", kept]
        assert scores["own", kept] > scores["quotequail", kept]
