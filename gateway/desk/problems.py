"""What stands against a wish, in words for the person who has it; no HTTP in it but the number."""

from collections.abc import Iterable, Sequence

from rules.typed import Flaw
from storage import errors


class Problem(Exception):  # noqa: N818 - it is often nobody's error
    """Why something is not done.

    `status` is the HTTP status that fits, `slug` names the kind for programs, `title` is the same for all of a kind,
    `detail` one sentence about this one. `errors` says what is wrong with which field, `remedy` what to do.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[Flaw] = (),
        remedy: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)
        self.remedy = remedy


def unauthenticated(detail: str) -> Problem:
    """Who it is, is not known."""
    remedy = (
        "Send a token of yours: Authorization: Bearer tpg_…; an operator makes one with gateway token create."
    )
    return Problem(401, "unauthenticated", "Not authenticated", detail, remedy=remedy)


def forbidden(detail: str, remedy: str = "") -> Problem:
    """They may not do this."""
    remedy = remedy or "Ask a global admin, or an operator: permissions are set under [permissions]."
    return Problem(403, "forbidden", "Not permitted", detail, remedy=remedy)


def missing(detail: str) -> Problem:
    """It is not there, or they may not see it: which of the two is not told."""
    return Problem(404, "not-found", "Not found", detail)


def conflict(slug: str, title: str, detail: str, remedy: str = "") -> Problem:
    """It cannot be done as things are."""
    return Problem(409, slug, title, detail, remedy=remedy)


def invalid(flaws: Iterable[Flaw]) -> Problem:
    """What was sent cannot be taken as it is: everything that is wrong with it at once."""
    found = tuple(flaws)
    detail = found[0].why if len(found) == 1 else f"{len(found)} things are wrong with what was sent."
    return Problem(422, "invalid", "Not valid", detail, errors=found, remedy="Mend it and send it again.")


def too_large(detail: str, remedy: str) -> Problem:
    """It is more than the site takes."""
    return Problem(413, "too-large", "Too large", detail, remedy=remedy)


def too_slow(seconds: float) -> Problem:
    """It did not arrive in time."""
    detail = f"What was sent did not arrive within {seconds:g} seconds."
    return Problem(408, "timeout", "Too slow", detail, remedy="Send it again.")


def of_storage(error: errors.StorageError) -> Problem | None:
    """What an error of the store means to a person; None when it is no fault of what they asked for."""
    why = sentence(str(error))
    match error:
        case errors.NotFound():
            return missing(why)
        case errors.Changed():
            remedy = "Read it again, and send your change with the version it has now."
            return conflict("version-conflict", "Changed meanwhile", why, remedy)
        case errors.AccountFixed():
            return conflict("account-fixed", "The account never changes", why)
        case errors.WrongState() | errors.IdentityTaken() | errors.LeaseLost():
            return conflict("wrong-state", "Not possible in this state", why, "Look at it again first.")
        case errors.Ambiguous():
            return conflict("ambiguous", "Fits several", why, "Name it by its key.")
        case errors.DatabaseLocked() | errors.BlobsUnavailable():
            detail = "The store cannot be reached at the moment; nothing was changed."
            return Problem(503, "unavailable", "Not available", detail, remedy="Try again in a few seconds.")
        case errors.DatabaseUnavailable():  # lost in the middle of a commit, perhaps
            detail = "The store cannot be reached at the moment; what you asked for may be done, or not."
            remedy = (
                "Look in a few seconds, then try again; with an Idempotency-Key nothing is written twice."
            )
            return Problem(503, "unavailable", "Not available", detail, remedy=remedy)
        case _:
            return None


def sentence(text: str) -> str:
    """A message of the store as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '…')) else '.'}"
