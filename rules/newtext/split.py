"""The text of a mail in two: what the person wrote, and what was there before.

Losing a written line is the worst error, so a line is folded only when something shows that it is history or a
certain signature; what is uncertain is kept. Quoted lines between answers are folded, the answers stay in order.
"""

import re
from collections.abc import Sequence

from rules.message import Message
from rules.newtext.attribution import find_attributions
from rules.newtext.blocks import find_blocks
from rules.newtext.devices import is_device_line
from rules.newtext.folding import Folding
from rules.newtext.history import history_mark, names_answers_below, says_answers_below, with_rule_above
from rules.newtext.lines import Line, read_lines
from rules.newtext.marks import Mark
from rules.newtext.parts import Parts
from rules.newtext.quotes import fold_quotes
from rules.newtext.signature import signature_start
from rules.newtext.words import REPLY_PREFIXES

# More lines than a person reads; the rest follows what was found up to there.
_MOST_LINES = 20_000
_QUOTED_REST = re.compile(r"(?:[ \t]{0,3}[>＞][^\n]*+(?:\n|\Z)|[ \t]{0,80}\n)*+")
_ANSWERS_INSIDE = "the writer says that answers stand inside it"
_COUNTER = re.compile(r"[\[(]\d{1,3}[\])]|\^\d{1,3}")


def split_text(message: Message) -> Parts:
    """The new text of a mail and what it repeats. Never raises; time grows with the length of the text.

    Quoted lines without any introduction are history only in a reply: elsewhere the person wrote them.
    """
    sender = message.from_[0].name if message.from_ else ""
    return _split(message.text, reply=_is_reply(message), sender=sender)


def split_lines(text: str) -> Parts:
    """The same for a bare text that may be a reply."""
    return _split(text, reply=True, sender="")


def _is_reply(message: Message) -> bool:
    if message.in_reply_to or message.references:
        return True
    prefix, colon, _ = message.subject[:40].replace("：", ":").partition(":")
    return bool(colon) and _COUNTER.sub("", prefix).strip().lower() in REPLY_PREFIXES


def _split(text: str, *, reply: bool, sender: str) -> Parts:
    head = text.replace("\r\n", "\n").split("\n", _MOST_LINES)
    rest = head.pop() if len(head) > _MOST_LINES else ""
    lines = read_lines(head)
    marks, quoted_marks = _marks(lines)
    history = history_mark(lines, marks)
    doubt = ""
    folding = Folding(lines)
    if history:
        start = with_rule_above(lines, history.start)
        fold_quotes(folding, start, marks, quoted_marks, reply=reply)
        doubt = _doubt(folding, start, history, sender)
        if doubt:
            folding = Folding(lines)
        else:
            folding.fold(start, len(lines), f"everything below the {history.kind}")
    if not history or doubt:
        fold_quotes(folding, len(lines), marks, quoted_marks, reply=reply)
        if _answers_are_quoted(folding):
            folding, doubt = Folding(lines), _ANSWERS_INSIDE
    _fold_signatures(folding, sender)
    kept, quoted = folding.texts()
    if rest:
        kept, quoted = _with_rest(folding, kept, quoted, rest)
    return Parts(kept, quoted, _why(folding, doubt))


def _marks(lines: Sequence[Line]) -> tuple[list[Mark], list[Mark]]:
    """The introductions on plain lines, and those behind quote marks."""
    attributions = find_attributions(lines)
    blocks = find_blocks(lines)
    taken = {index for block in blocks for index in range(block.start, block.end)}
    plain = [mark for mark in attributions if not lines[mark.start].depth and mark.start not in taken]
    quoted = [mark for mark in attributions if lines[mark.start].depth]
    return sorted((*plain, *blocks), key=lambda mark: mark.start), quoted


def _doubt(folding: Folding, start: int, history: Mark, sender: str) -> str:
    """Why new lines may stand below the mark all the same; "" when nothing speaks for it."""
    above = list(folding.kept(start))
    if not above:
        return "nothing stands above it, the answer may stand below"
    if says_answers_below(" ".join(above)):
        return _ANSWERS_INSIDE
    if above[-1].endswith((":", "：")) and not history.separated:
        return "the writer announces it"
    if any(line.said.casefold().startswith(_tags(sender)) for line in folding.lines[start:]):
        return "lines in it carry the writer's name"
    return ""


def _answers_are_quoted(folding: Folding) -> bool:
    """True when the writer speaks of answers and none stands between or below the quoted lines.

    Written inside the quotes of an HTML mail they carry its quote marks, and nothing but their colour tells.
    """
    if True not in folding.folded:
        return False
    first = folding.folded.index(True)
    above = list(folding.kept(first))
    return len(above) == len(list(folding.kept())) and names_answers_below(" ".join(above))


def _tags(sender: str) -> tuple[str, ...]:
    """How Outlook and people mark their words in a history: "[Jane Doe]", "[Jane]", "[JD]"."""
    words = sender.casefold().split()
    names = {sender.casefold(), *words[:1], "".join(word[0] for word in words)}
    return tuple(f"[{name}]" for name in names if name)


def _fold_signatures(folding: Folding, sender: str) -> None:
    """Fold the signature at the end of each run of kept lines."""
    lines = folding.lines
    runs = [(start, end) for folded, start, end in folding.runs() if not folded]
    found = [(signature_start(lines, start, end, sender), end) for start, end in runs]
    says_more = any(
        line.said
        for (start, _), (signature, _) in zip(runs, found, strict=True)
        for line in lines[start:signature]
    )
    for start, end in found:
        # A mail that is nothing but a signature may be an answer written below it.
        if start < end and (says_more or _is_device_block(lines[start:end])):
            folding.fold(start, end, "signature")


def _is_device_block(lines: Sequence[Line]) -> bool:
    return all(is_device_line(line.said) for line in lines if line.said)


def _with_rest(folding: Folding, kept: str, quoted: str, rest: str) -> tuple[str, str]:
    """The lines beyond those looked at: they go where the last of those went."""
    if not folding.folded[-1]:
        return f"{kept}\n{rest}", quoted
    if folding.lines[-1].depth:
        match = _QUOTED_REST.match(rest)
        cut = match.end() if match else 0
        return "\n\n".join(filter(None, (kept, rest[cut:]))), f"{quoted}\n{rest[:cut]}"
    return kept, f"{quoted}\n{rest}"


def _why(folding: Folding, doubt: str) -> str:
    sentences = []
    if folding.reasons:
        sentences.append(f"Folded away: {', '.join(folding.reasons)}.")
    if doubt:
        sentences.append(f"What looks like history is kept: {doubt}.")
    return " ".join(sentences) or "Nothing looks like history or a signature."
