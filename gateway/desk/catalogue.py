"""What a person may choose for a touchpoint, and what they may do."""

from typing import Any

from gateway.desk.desk import Desk
from gateway.desk.uploads import size_limit
from rules.permissions import Actor
from rules.typed import MAX_SUBJECT, MAX_TEXT


def catalogue(desk: Desk) -> dict[str, Any]:
    """Types, flows, reasons, templates, limits, and to whom touchpoints may be e-mailed."""
    offered = desk.settings.catalogue()
    return {
        "types": [{"name": name, "note": offered.is_note(name)} for name in offered.types],
        "flows": list(offered.flows),
        "default_flow": offered.flows[0],
        "reasons": list(offered.reasons),
        "one_reason": offered.one_reason,
        "templates": [
            {
                "name": each.name,
                "subject": each.subject,
                "text": each.text,
                "type": each.type or None,
                "flow": each.flow or None,
            }
            for each in desk.settings.touchpoints.templates
        ],
        "scope": desk.settings.sending.scope,
        "limits": {
            "text": MAX_TEXT,
            "subject": MAX_SUBJECT,
            "participants": desk.settings.max_participants,
            "upload": size_limit(desk),
        },
    }


def me(actor: Actor) -> dict[str, Any]:
    """Who the actor is, and what they may do. `accounts` None: they may see all of them."""
    return {
        "email": actor.email,
        "name": actor.name,
        "role": actor.role,
        "permissions": sorted(actor.permissions),
        "accounts": None if actor.accounts is None else sorted(actor.accounts),
    }
