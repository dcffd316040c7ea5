"""A second opinion on odd bounces: the detectors of flufl.bounce, fed with little and trusted with little."""

from collections.abc import Sequence
from email.message import Message

from flufl.bounce import all_failures

from gateway.mail.tree import Part

MAX_LINES = 200
MAX_LINE = 200
"""Some of its patterns take time quadratic in a line's length; at these bounds all of them need milliseconds."""

_FIELDS = ("From", "X-Mailer", "X-Failed-Recipients")


def library_failures(tree: Part, lines: Sequence[str]) -> frozenset[str]:
    """The addresses that flufl.bounce finds in a bounce; none where it stumbles.

    `lines` are the text of the report. It is handed over in a mail of the same outer form as `tree`. Whether
    an address is only late is not asked: it takes some rejections for warnings.
    """
    try:
        temporary, permanent = all_failures(_likeness(tree, lines))
    except Exception:  # noqa: BLE001 - a detector that stumbles over odd text has no opinion
        return frozenset()
    return frozenset(address.decode("ascii", "ignore") for address in temporary | permanent if address)


def _likeness(tree: Part, lines: Sequence[str]) -> Message:
    report = Message()
    report["Content-Type"] = "text/plain"
    report["Content-Description"] = "Notification"
    report.set_payload("\n".join(line[:MAX_LINE] for line in lines[:MAX_LINES]) + "\n")
    outer = report
    if tree.is_multipart():
        outer = Message()
        outer["Content-Type"] = tree.media
        outer.set_payload([report, Message()])  # one detector never looks at the last part
    for name in _FIELDS:
        value = tree.get(name)
        if value is not None:
            outer[name] = " ".join(str(value).split())[:MAX_LINE]
    return outer
