"""The corpus: no written line is lost, hardly any quote is left."""

from collections import Counter
from collections.abc import Callable

import pytest

from rules.message import Message
from rules.newtext import split_text
from tests.newtext.corpus import replies
from tests.newtext.judging import Score, score
from tests.newtext.nasty import KEPT, REPLIES
from tests.newtext.reading import message_of, reply


def _cases() -> list[tuple[str, Message, str]]:
    """Every reply of the corpus: name of its kind, message, what the person wrote."""
    made = [(f"{case.client}, {case.style}", message_of(case.raw), case.wrote) for case in replies()]
    hand = [("by hand", reply(text), wrote) for text, wrote in (*REPLIES.values(), *KEPT.values())]
    return [(kind, message, wrote) for kind, message, wrote in (*made, *hand) if message is not None]


def _table(split: Callable[[Message], str]) -> dict[str, list[Score]]:
    table: dict[str, list[Score]] = {}
    for kind, message, wrote in _cases():
        table.setdefault(kind, []).append(score(wrote, split(message)))
    return table


def _shares(table: dict[str, list[Score]]) -> Counter[str]:
    scores = [one for kind in table.values() for one in kind]
    return Counter(
        mails=len(scores),
        exact=sum(one.exact for one in scores),
        lost=sum(bool(one.lost) for one in scores),
        left=sum(bool(one.left) for one in scores),
    )


def test_no_written_line_is_lost_and_under_a_tenth_of_the_replies_keep_a_quote() -> None:
    table = _table(lambda message: split_text(message).text)
    print(f"\n{'kind':28}{'mails':>6}{'exact':>6}{'lost':>6}{'left':>6}")
    for kind, scores in table.items():
        shares = _shares({kind: scores})
        print(f"{kind:28}{shares['mails']:6}{shares['exact']:6}{shares['lost']:6}{shares['left']:6}")
    total = _shares(table)
    print(f"{'all':28}{total['mails']:6}{total['exact']:6}{total['lost']:6}{total['left']:6}")
    assert total["mails"] >= 150
    assert total["lost"] == 0
    assert total["left"] < total["mails"] / 10


def test_better_than_quotequail_in_every_count() -> None:
    quotequail = pytest.importorskip("quotequail")
    theirs = _shares(
        _table(
            lambda message: "\n".join(
                text for shown, text in quotequail.quote(message.text, quote_intro_line=True) if shown
            )
        )
    )
    ours = _shares(_table(lambda message: split_text(message).text))
    print(f"\nown: {dict(ours)}\nquotequail: {dict(theirs)}")
    assert ours["exact"] > theirs["exact"]
    assert ours["lost"] < theirs["lost"]
    assert ours["left"] < theirs["left"]
