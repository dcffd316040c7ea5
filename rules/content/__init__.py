"""What is filed of a mail: the mail itself, the original of a forward, or a note."""

from rules.case import Case
from rules.content import forward, mail, note
from rules.content.content import Content, nothing
from rules.trail import Verdict
from rules.ways import forward as forward_way
from rules.ways import note as note_way

__all__ = ["Content", "content_of", "nothing"]


def content_of(case: Case, way: str | None, trail: list[Verdict]) -> Content:
    """The content of a mail that came in by `way`.

    Mail to a per-account or per-user address is unpacked like mail to the logging address: who forwards a
    customer's mail there means the customer's mail.
    """
    if way == forward_way.NAME or (
        way in ("account-address", "user-address") and forward_way.check(case).hit
    ):
        content = forward.content(case, trail)
        if not content.problem or way != "account-address":
            return content
        # The account is certain even where the original is not: the mail is filed as what it surely is.
        return mail.content(case, trail, notices=(content.problem,))
    if way == note_way.NAME or (way == "user-address" and case.subject_people and note_way.check(case).hit):
        return note.content(case, trail)
    return mail.content(case, trail)
