"""Replies with their history below, as mail clients write them: none of them is a forward."""

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.utils import format_datetime

from tests.forwards.corpus import (
    FORWARDER,
    LOGGING,
    Draft,
    Made,
    Person,
    angle,
    draft_of,
    flow,
    html_body,
    html_people,
    lines_of,
    mail,
    outlook_people,
    pairs,
    quoted,
)
from tests.forwards.languages import LANGUAGES

CUSTOMER: Person = ("Mira Castell", "mira.castell@fjordline.example")
ANSWER = "Thank you, we will look into it.\n\nJana"


@dataclass(frozen=True)
class Reply:
    name: str
    raw: bytes
    plain: str
    subject: str


Client = Callable[[Draft], Made]


def outlook(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    headers = lines_of(pairs(draft, "outlook", "fdtcs", date, outlook_people))
    text = f"{ANSWER}\n\n-----{draft.language.original}-----\n{headers}\n\n{draft.body}\n"
    return Made(text, prefix=draft.language.reply, answers=True)


def outlook_bare(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    headers = lines_of(pairs(draft, "outlook", "fdtcs", date, outlook_people))
    return Made(f"{ANSWER}\n\n\n{headers}\n\n{draft.body}\n", prefix=draft.language.reply, answers=True)


def outlook_names(draft: Draft) -> Made:
    """Exchange shows colleagues without their addresses."""
    date = draft.language.date(draft.language.long, draft.when)
    headers = lines_of(
        pairs(
            draft, "outlook", "fdtcs", date, lambda people: "; ".join(name or email for name, email in people)
        )
    )
    return Made(
        f"{ANSWER}\n\n{'_' * 32}\n{headers}\n\n{draft.body}\n", prefix=draft.language.reply, answers=True
    )


def outlook_html(draft: Draft) -> Made:
    date = draft.language.date(draft.language.long, draft.when)
    head = "<br>".join(
        f"<b>{label}:</b> {value}"
        for label, value in pairs(draft, "outlook", "fdtcs", date, lambda p: html_people(p, "; "))
    )
    body = (
        f'<html><body><div class=WordSection1>{flow(ANSWER)}<div><div style="border:none;border-top:solid #E1E1E1 1.0pt">'
        f"<p class=MsoNormal>{head}</p></div></div>{html_body(draft.body)}</div></body></html>"
    )
    return Made(html=body, prefix=draft.language.reply, answers=True)


def outlook_web(draft: Draft) -> Made:
    english = replace(draft, language=LANGUAGES[0])
    date = english.language.date(english.language.long, draft.when)
    head = "<br>".join(
        f"<b>{label}:</b> {value}"
        for label, value in pairs(english, "outlook", "fdtcs", date, lambda p: html_people(p, "; "))
    )
    body = (
        f'<html><body>{flow(ANSWER)}<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><font>{head}</font></div>'
        f"{html_body(draft.body)}</body></html>"
    )
    return Made(html=body, prefix=draft.language.reply, answers=True)


def samsung(draft: Draft) -> Made:
    date = f"{draft.language.date(draft.language.short, draft.when)}  (GMT+01:00)"
    headers = "\n".join(
        f"{label}: {value} " for label, value in pairs(draft, "thunderbird", "fdtcs", date, angle)
    )
    return Made(
        f"{ANSWER}\n\n-------- {draft.language.original} --------\n{headers}\n\n{draft.body}\n",
        prefix="Re",
        answers=True,
    )


def wrote(draft: Draft) -> Made:
    name, email = draft.sender
    date = draft.language.date(draft.language.gmail_date, draft.when)
    line = "\n".join(textwrap.wrap(draft.language.wrote.format(date=date, name=name, email=email), 76))
    return Made(f"{ANSWER}\n\n{line}\n\n{quoted(draft.body.rstrip())}\n", prefix="Re", answers=True)


def outlook_mac(draft: Draft) -> Made:
    name, email = draft.sender
    line = draft.language.wrote.format(
        date=draft.language.date(draft.language.short, draft.when), name=name, email=email
    )
    return Made(
        f"{ANSWER}\n\n{line}\n\n{textwrap.indent(draft.body, '    ')}\n",
        prefix=draft.language.reply,
        answers=True,
    )


def to_a_forward(draft: Draft) -> Made:
    """A colleague's answer to a mail that was forwarded to them: the forward stands in the quote."""
    inner = lines_of(pairs(draft, "apple", "fsdtc", format_datetime(draft.when), angle))
    forward = (
        f"What do you think?\n\n---------- Forwarded message ---------\n{inner}\n\n{draft.body.rstrip()}"
    )
    line = draft.language.wrote.format(
        date=draft.language.date(draft.language.gmail_date, draft.when),
        name="Ben Haas",
        email="ben.haas@vendor.example",
    )
    return Made(f"{ANSWER}\n\n{line}\n\n{quoted(forward)}\n", prefix="Re: Fwd", answers=True)


def to_a_bare_forward(draft: Draft) -> Made:
    """The same, where the forward had no words of its own above it."""
    inner = lines_of(pairs(draft, "apple", "fsdtc", format_datetime(draft.when), angle))
    forward = f"{draft.language.opening}\n\n{inner}\n\n{draft.body.rstrip()}"
    line = draft.language.wrote.format(
        date=draft.language.date(draft.language.gmail_date, draft.when),
        name="Ben Haas",
        email="ben.haas@vendor.example",
    )
    return Made(f"{ANSWER}\n\n{line}\n\n{quoted(forward)}\n", prefix="Re: Fwd", answers=True)


CLIENTS: tuple[tuple[str, Client], ...] = (
    ("outlook", outlook),
    ("outlook bare", outlook_bare),
    ("outlook names", outlook_names),
    ("outlook html", outlook_html),
    ("outlook web", outlook_web),
    ("samsung", samsung),
    ("wrote", wrote),
    ("outlook mac", outlook_mac),
    ("to a forward", to_a_forward),
    ("to a bare forward", to_a_bare_forward),
)


def replies() -> Iterator[Reply]:
    """Every client in every language four ways: as usual, without threading headers, with a new subject, and both."""
    number = 0
    for name, make in CLIENTS:
        for language in LANGUAGES:
            for threaded in (True, False):
                for kept in (True, False):
                    number += 1
                    draft = replace(draft_of(language, number), sender=CUSTOMER)
                    made = replace(make(draft), answers=threaded)
                    plain = draft.subject.removeprefix("Re: ")
                    subject = f"{made.prefix}: {plain}" if kept else "New meeting room"
                    to = (
                        (("Ben Haas", "ben.haas@vendor.example"),) if name.startswith("to a") else (CUSTOMER,)
                    )
                    raw = mail(
                        FORWARDER,
                        to,
                        (LOGGING,) if number % 2 else (),
                        draft.when,
                        subject,
                        made,
                        f"r{number}",
                    )
                    how = f"{'threaded' if threaded else 'bare'} · {'kept' if kept else 'new subject'}"
                    yield Reply(f"{name} · {language.code} · {how}", raw, made.plain, subject)
