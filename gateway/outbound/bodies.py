"""The words of outgoing mail, as text and as HTML: what a touchpoint says, what stands above and below it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from gateway.people import for_people
from rules.shown import shown

_STYLE = "font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:14px;line-height:1.5;color:#1f2430"
_QUIET = "color:#6b7280;font-size:12px"


def copy_body(
    content: Mapping[str, Any], *, internal: bool, name: str, left_out: Sequence[str]
) -> tuple[str, str]:
    """Text and HTML of a touchpoint e-mailed. `internal` copies begin with the account; `name` is the gateway's.

    `left_out` are the names of attachments that are too large to go along.
    """
    content = for_people(content)
    account = content["account"]
    head = _head(content) if internal else []
    if content.get("again"):
        head.append(("Changed", "this replaces the copy you got before"))
    foot = [_not_attached(left_out)] if left_out else []
    if internal:
        foot.append(f"Answers to this mail are filed under this touchpoint of {account['name']}.")
    else:
        author = (content["author"] or {}).get("name") or name
        foot.append(f"Your answer to this mail reaches {author} and is kept with this conversation.")
    return _framed(content, head, foot)


def reply_body(content: Mapping[str, Any], *, left_out: Sequence[str]) -> tuple[str, str]:
    """Text and HTML of a reply passed on."""
    content = for_people(content)
    author = content["author"] or {}
    who = author.get("name") or author.get("email") or "Somebody"
    address = f" <{author['email']}>" if author.get("email") and author.get("name") else ""
    others = ", ".join(
        person["email"] for person in content["others"] if person["email"] != author.get("email")
    )
    head = [("From", f"{who}{address}")] + ([("Also to", others)] if others else [])
    foot = [_not_attached(left_out)] if left_out else []
    foot.append("Your answer is filed in this thread; answer to all to reach the people outside, too.")
    return _framed(content, head, foot)


def notice_body(content: Mapping[str, Any]) -> tuple[str, str]:
    """Text and HTML of a question to the sender of a mail that could not be filed."""
    content = for_people(content)
    lines = [
        f"Your mail “{content['subject'] or '(no subject)'}” could not be filed yet:",
        content["reason"],
        "",
        "Answer this mail, and put into its first line one of these:",
        "- the name or the key of the account,",
        "- the e-mail address of somebody at the customer.",
        "Your mail is then filed there. Nothing is lost meanwhile.",
    ]
    if content["candidates"]:
        lines += ["", "It may belong to:"]
        lines += [f"- {each['name']} (key {each['key']})" for each in content["candidates"][:10]]
    text = "\n".join(lines) + "\n"
    return text, _page(_paragraphs(text))


def _head(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What Totango users are told of the account; what is absent or privileged has no line."""
    account = content["account"]
    people = ", ".join(person["name"] or person["email"] for person in content["participants"][:20])
    rows = (
        ("Account", account["name"]),
        ("Health", account["health"]),
        ("Contract value", account["contract_value"]),
        ("Type", f"{content['type']}, flow {content['flow']}"),
        ("Participants", people),
    )
    return [(label, str(value)) for label, value in rows if value not in (None, "")]


def _framed(
    content: Mapping[str, Any], head: Sequence[tuple[str, str]], foot: Sequence[str]
) -> tuple[str, str]:
    body = content["text"].strip("\n")
    text = "\n".join(f"{label}: {_one_line(value)}" for label, value in head)
    text = f"{text}\n\n{body}" if text else body
    if foot:
        text += "\n\n-- \n" + "\n".join(foot)
    html = content["html"] or _paragraphs(content["text"])
    if head:
        rows = "".join(
            f'<tr><td style="{_QUIET};padding:1px 12px 1px 0">{escape(label)}</td>'
            f"<td>{escape(_one_line(value))}</td></tr>"
            for label, value in head
        )
        html = (
            '<table role="presentation" style="border-left:3px solid #c7cdd8;padding-left:10px;margin:0 0 16px;'
            f'{_STYLE}">{rows}</table>{html}'
        )
    if foot:
        html += f'<p style="{_QUIET};margin-top:24px">{"<br>".join(escape(line) for line in foot)}</p>'
    return text + "\n", _page(html)


def _page(html: str) -> str:
    head = '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
    return f'{head}\n<body style="{_STYLE}">\n{html}\n</body></html>\n'


def _paragraphs(text: str) -> str:
    """Text as HTML: a paragraph for each block of lines."""
    blocks = (block.strip("\n") for block in text.split("\n\n"))
    shown = (escape(block).replace("\n", "<br>\n") for block in blocks if block.strip())
    return "\n".join(f"<p>{block}</p>" for block in shown)


def _not_attached(names: Sequence[str]) -> str:
    return f"Too large to be attached, to be found in the touchpoint: {', '.join(map(shown, names))}."


def _one_line(text: str) -> str:
    return " ".join(text.split())
