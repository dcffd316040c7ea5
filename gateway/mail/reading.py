"""Raw mail to `Message`: the one way in."""

import hashlib
from dataclasses import replace

from gateway.mail.allowance import Allowance
from gateway.mail.attachments import attachment_of, left_out, referred
from gateway.mail.body import body_of
from gateway.mail.headers import read_header
from gateway.mail.reports import Reports, read_reports
from gateway.mail.tree import Part, Tree, root_alone
from gateway.mail.walk import Findings, Walk
from rules.message import Attachment, Message

MAX_DEFECTS = 200

UNREAD = "The body could not be read; the raw mail is kept."
"""The notice of a mail in its minimal form."""

FAILED = "reading failed"
"""How the defect begins that says a mail found a mistake of ours."""


def read(raw: bytes) -> Message:
    """The mail in `raw`, whatever it is, in time linear in its size (25 MB at most). Raises MemoryError alone.

    What could not be read or kept is said in `notices`. A mail that defeats every reader comes back in its minimal
    form. What is short of memory may be the process and not the mail: the caller tries again in a new one.
    """
    try:
        return _mail(raw, Allowance())
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a mail must get its line, even one that finds a mistake of ours
        least = minimal(raw)
        return replace(least, defects=(f"{FAILED}: {type(error).__name__}", *least.defects)[:MAX_DEFECTS])


def minimal(raw: bytes) -> Message:
    """The least that can be said of a mail: its header within the limits of `look`, with no look into the body.

    For mail whose body stalls, kills or defeats the reader. It has people, subject, date, ids and the type that the
    header declares, the notice UNREAD, and no text, no HTML, no attachments. Raises MemoryError alone; a mail without
    a readable header comes back empty.
    """
    body = 0
    header = Message(from_fields=0)
    try:
        root, head = root_alone(raw)
        body = head.body
        header = read_header(root)
        media, parameters = root.media, root.parameters
        header = replace(
            header,
            content_type=media,
            content_params=tuple(parameters.items()),
            report_type=parameters.get("report-type", "").lower() if media == "multipart/report" else "",
            defects=(*header.defects, *head.defects)[:MAX_DEFECTS],
            notices=(*head.notices, *header.notices),
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort cannot fail
        header = replace(header, defects=(f"{FAILED}: {type(error).__name__}",))
    unread = hashlib.sha256(memoryview(raw)[body:]).hexdigest()
    return replace(header, unread=unread, notices=(UNREAD, *header.notices))


def _mail(raw: bytes, allowance: Allowance) -> Message:
    tree = Tree(raw)
    return _message(tree.root, allowance, tuple(tree.notices), tuple(tree.defects))


def _message(
    root: Part, allowance: Allowance, notices: tuple[str, ...] = (), defects: tuple[str, ...] = ()
) -> Message:
    """A mail or nested mail from its tree. Recursion is as deep as the tree, which is bounded."""
    header = read_header(root)
    found = Walk(allowance, header.date.tzinfo if header.date else None).run(root)
    body = body_of(found.pieces)
    reports = read_reports(root, body.text)
    attachments, nested = _kept(found, reports, body.html, allowance)
    return replace(
        header,
        text=body.text,
        text_from=body.origin,
        html=body.html,
        attachments=attachments,
        nested=nested,
        calendar=tuple(found.calendar),
        content_type=root.media,
        content_params=tuple(root.parameters.items()),
        report_type=reports.report_type,
        reports=reports.reports,
        returned=None if reports.returned is None else _message(reports.returned, allowance),
        signed=found.signed,
        encrypted=found.encrypted,
        defects=(*header.defects, *defects)[:MAX_DEFECTS],
        notices=(*notices, *header.notices, *found.notices, *left_out(attachments)),
    )


def _kept(
    found: Findings, reports: Reports, html: str, allowance: Allowance
) -> tuple[tuple[Attachment, ...], tuple[Message, ...]]:
    """Attachments and nested mails; what a report returned is neither."""
    # Only what has a name to be shown by is looked for: in a long text that takes longer than the rest of the reading.
    shown = referred(html) if any(kept.content_id or kept.location for kept in found.kept) else frozenset()
    attachments = []
    nested = []
    for kept in found.kept:
        if reports.holder is not None and kept.part is reports.holder:
            continue
        subject = ""
        if kept.mail is not None:
            inner = _message(kept.mail, allowance)
            nested.append(inner)
            subject = inner.subject
        attachments.append(attachment_of(kept, shown, subject, allowance))
    return tuple(attachments), tuple(nested)
