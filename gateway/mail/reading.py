"""Raw mail to `Message`: the one way in."""

from dataclasses import replace

from gateway.mail.allowance import Allowance
from gateway.mail.attachments import attachment_of, left_out, referred
from gateway.mail.body import body_of
from gateway.mail.headers import read_header
from gateway.mail.look import MAX_HEAD
from gateway.mail.reports import Reports, read_reports
from gateway.mail.tree import Part, Tree
from gateway.mail.walk import Findings, Walk
from rules.message import Attachment, Message

MAX_DEFECTS = 200


def read(raw: bytes) -> Message:
    """The mail in `raw`, whatever it is: never raises, and takes time linear in its size (25 MB at most).

    What could not be read or kept is said in `notices`. A mail that defeats every reader comes back with its
    header alone, or empty.
    """
    try:
        return _mail(raw, Allowance())
    except Exception as error:  # noqa: BLE001 - a mail must get its line, even one that finds a mistake of ours
        return _minimal(raw, type(error).__name__)


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
    shown = referred(html)
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


def _minimal(raw: bytes, error: str) -> Message:
    """The least that can be said of a mail: its header, without looking at the body."""
    notice = "The mail could not be read; only its header is shown."
    try:
        header = read_header(Tree(raw[:MAX_HEAD].split(b"\n\n")[0].split(b"\n\r\n")[0]).root)
        return replace(header, defects=(f"reading failed: {error}",), notices=(notice, *header.notices))
    except Exception:  # noqa: BLE001 - the last resort cannot fail
        return Message(defects=(f"reading failed: {error}",), notices=("The mail could not be read.",))
