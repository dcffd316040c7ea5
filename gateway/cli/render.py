"""Mails and touchpoints for people, on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rules.shown import shown_address, shown_text

COLORS = {
    "filed": "green",
    "replied": "green",
    "unresolved": "yellow",
    "quarantined": "red",
    "ignored": "bright_black",
    "passed-on": "cyan",
    "refused": "red",
    "failed": "red",
    "dropped": "bright_black",
    "received": "blue",
}

_UNITS = ("B", "kB", "MB", "GB")


def safe(text: object) -> str:
    """A stranger's text, harmless on a terminal, which controls would drive; what cannot be seen is "�"."""
    return shown_text(str(text), "�")


def line(text: object) -> str:
    """The same on one line."""
    return " ".join(safe(text).split())


def address(email: str) -> str:
    """An address on one line, its domain as A-labels where its letters deceive."""
    return line(shown_address(email))


def outcome(name: str) -> Text:
    """An outcome or state in its color."""
    return Text(name, style=f"bold {COLORS.get(name, '')}")


def person(value: Mapping[str, Any] | None) -> str:
    """A person as `Name <address>`."""
    if not value:
        return "–"
    name, email = line(value.get("name") or ""), address(value["email"])
    return f"{name} <{email}>" if name else email


def size(number: int) -> str:
    """Bytes for a person."""
    amount, unit = float(number), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def grid(rows: Iterable[tuple[str, RenderableType | str]]) -> Table:
    """Names and values in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value if not isinstance(value, str) else Text(value))
    return table


def mail(value: Mapping[str, Any], title: str, *, misses: bool = False, full: bool = False) -> RenderableType:
    """One decision or touchpoint: what it is, what it says, and why it was decided so.

    `full` shows what was folded away, and texts to their end; it or `misses` the rules that missed, too.
    """
    parts: list[RenderableType] = [grid(_facts(value))]
    for heading, text in (("Comment", value["comment"]), ("Text", value["text"])):
        if text:
            parts += [_heading(heading), _block(text, None if full else 40)]
    if value["quoted"]:
        if full:
            parts += [_heading("Folded away"), _block(value["quoted"], None, style="bright_black")]
        else:
            lines = value["quoted"].count("\n") + 1
            parts.append(
                Text(f"  … {lines} quoted lines folded away (--full shows them)", style="bright_black")
            )
    if value["rules"]:
        parts += [_heading("Why"), _trail(value["rules"], misses=misses or full)]
    return Panel(Group(*parts), title=Text(line(title)), title_align="left", border_style="bright_black")


def _facts(value: Mapping[str, Any]) -> Iterable[tuple[str, RenderableType | str]]:
    head = outcome(value["outcome"])
    head.append(f"  {line(value['reason'])}", style="default")
    yield "Outcome", head
    if value["account"]:
        yield "Account", f"{line(value['account']['name'])} ({line(value['account']['key'])})"
    for candidate in value["candidates"]:
        yield "Candidate", f"{line(candidate['name'])} ({line(candidate['key'])}): {line(candidate['why'])}"
    yield "Date", value["date"].replace("T", " ").replace("Z", " UTC")
    yield "Subject", line(value["subject"]) or "(no subject)"
    yield "Author", person(value["author"]) + (f", {value['author']['side']}" if value["author"] else "")
    if value["filed_by"]:
        yield "Filed by", person(value["filed_by"])
    for position, participant in enumerate(value["participants"]):
        known = "" if participant["known"] == "user" else f", {participant['known']}"
        yield "" if position else "Participants", f"{person(participant)}, {participant['side']}{known}"
    yield "Way", ", ".join(filter(None, (value["way"], value["machine"]))) or "–"
    yield "Sender", value["sender_trust"]
    yield "Type", f"{line(value['type'])}, flow {line(value['flow'])}"
    shown = [attachment for attachment in value["attachments"] if not attachment["inline"]]
    for position, attachment in enumerate(shown):
        what = (
            f"{line(attachment['filename'])} ({line(attachment['content_type'])}, {size(attachment['size'])})"
        )
        yield "" if position else "Attachments", what
    for event in value["calendar"]:
        when = " – ".join(str(moment) for moment in (event["start"], event["end"]) if moment)
        who = ", ".join(map(address, filter(None, (event["organizer"], *event["attendees"]))))
        what = f"{event['method']} {event['summary']}".strip()
        yield "Calendar", line(", ".join(filter(None, (what, when, who))))
    if value["report"]:
        yield "Report", line(" ".join(filter(None, value["report"].values())))
    if value["encrypted"]:
        yield "Encrypted", "yes; what can be read is shown"
    for notice in value["notices"]:
        yield "Notice", Text(line(notice), style="yellow")


def _heading(text: str) -> RenderableType:
    return Padding(Text(text, style="bold underline"), (1, 0, 0, 0))


def _block(text: str, lines: int | None, style: str = "") -> RenderableType:
    shown = safe(text).split("\n")
    # Said here, because the console leaves long lines alone, and a frame would cut them.
    body = Text("\n".join(shown[:lines]), style=style, no_wrap=False, overflow="fold")
    if lines is not None and len(shown) > lines:
        body.append(f"\n… {len(shown) - lines} more lines (--full shows them)", style="bright_black")
    return Padding(body, (0, 0, 0, 2))


def _trail(rules: Sequence[Mapping[str, Any]], *, misses: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for rule in rules:
        if not (rule["hit"] or misses):
            continue
        mark, style = ("●", "green") if rule["hit"] else ("·", "bright_black")
        table.add_row(
            Text(mark, style=style), Text(rule["rule"], style=style), Text(line(rule["why"]), style=style)
        )
    left_out = 0 if misses else sum(not rule["hit"] for rule in rules)
    if left_out:
        table.add_row(
            "", "", Text(f"{left_out} more rules were asked and missed (--full)", style="bright_black")
        )
    return table
