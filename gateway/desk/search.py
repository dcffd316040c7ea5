"""Touchpoints and replies found by what they say."""

from typing import Any

from gateway.desk.desk import Desk
from gateway.desk.paging import at_moment, cursor
from gateway.desk.problems import invalid
from gateway.desk.shown import touchpoints_json
from gateway.desk.touchpoints import accounts_to_list
from rules.permissions import Actor
from rules.search import Snippet, read_query, snippet
from rules.typed import Flaw
from storage import searching
from storage.engine import reading


def search(
    desk: Desk, actor: Actor, typed: str, account: str, limit: int, after: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of what the actor may see and in which the words stand, newest first, and the cursor of the next one.

    Each is as in the list of touchpoints, with a `snippet`; a reply is found by itself and names its `thread`.
    Raises Problem.
    """
    query = read_query(typed)
    if isinstance(query, Flaw):
        raise invalid([query])
    before = at_moment(after) if after else None
    with reading(desk.engine) as conn:
        account_ids = accounts_to_list(conn, actor, account)
        rows = searching.search(conn, query, limit + 1, before, account_ids)
        shown = rows[:limit]
        values = touchpoints_json(conn, desk, shown, whole=False)
    for value, row in zip(values, shown, strict=True):
        value["snippet"] = snippet_json(snippet(row, query))
    return values, cursor(shown[-1].date, shown[-1].id) if len(rows) > limit else None


def snippet_json(found: Snippet) -> dict[str, Any]:
    """A snippet as the outside reads it: plain texts one after the other, whatever they look like."""
    return {
        "field": found.field,
        "parts": [{"text": text, "match": matches} for text, matches in found.parts],
    }
