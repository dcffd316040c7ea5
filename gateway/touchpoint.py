"""A stored touchpoint in the form in which the outside reads it: the keys of `explain`, and its own."""

from typing import Any

from rules.decision import substance_json
from storage.timeline import TouchpointRow


def touchpoint_json(row: TouchpointRow) -> dict[str, Any]:
    """The touchpoint as a JSON object: `id`, `mail`, then every key of `rules.decision.as_json`.

    How it came about (reason, candidates, rules) is what was last decided about its mail.
    """
    account = {"key": row.account_key, "name": row.account_name}
    return {
        "id": row.id,
        "mail": row.mail_id,
        **(row.decision or {}),
        "outcome": "filed",
        "account": account,
        **substance_json(row),
    }
