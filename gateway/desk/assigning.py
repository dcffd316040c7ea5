"""A mail filed on an account in a process of its own: reading mail is work that must be killable.

Run as `python -m gateway.desk.assigning`: an order as JSON on standard input, an answer as JSON on standard output.
"""

import json
import subprocess
import sys
import threading
from typing import Any

from gateway.config.settings import Settings
from gateway.desk.problems import Problem, conflict, of_storage
from gateway.filing.deadline import SETTLING_SECONDS
from gateway.filing.limits import environment, limit_memory
from storage import errors

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each may take as much memory as a filing worker."""

_REMEDY = "Drop it, or look at its raw form: gateway queue show ID --raw."


def assign_apart(settings: Settings, mail_id: int, account: str, *, remember: bool) -> tuple[int, bool, int]:
    """File the mail; returns the touchpoint, whether it is new, and how many contacts are. Raises Problem.

    Takes a second, and at most some filing deadlines and the time of writing. When the process dies of a mail that
    was never read whole, another one files its minimal form.
    """
    order = {
        "settings": settings.model_dump(mode="json"),
        "mail": mail_id,
        "account": account,
        "remember": remember,
    }
    # Read whole, then in its minimal form, and both again for the people who are remembered.
    seconds = settings.filing.deadline_seconds * 4 + SETTLING_SECONDS
    try:
        with _AT_ONCE:
            answer = _answer(order, seconds)
            if answer is None:
                answer = _answer({**order, "whole": False}, seconds)
    except subprocess.TimeoutExpired:
        raise _unreadable(mail_id, f"it took longer than {seconds:g} s") from None
    if answer is None:
        raise _unreadable(mail_id, "the process that read it died")
    if "error" in answer:
        kind = getattr(errors, answer["error"], None)
        problem = of_storage(kind(answer["why"])) if isinstance(kind, type) else None
        raise problem or _unreadable(mail_id, answer["why"])
    return answer["touchpoint"], answer["created"], answer["contacts"]


def _answer(order: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """What the process answers; None when it dies first. Raises subprocess.TimeoutExpired."""
    done = subprocess.run(
        (sys.executable, "-m", "gateway.desk.assigning"),
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        env=environment(),
        timeout=seconds,
        check=False,
    )
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        return None


def _unreadable(mail_id: int, why: str) -> Problem:
    return conflict("unreadable", "Not readable", f"Mail {mail_id} cannot be read: {why}.", _REMEDY)


def main() -> None:
    """Carry out the order."""
    from gateway.events import configure  # noqa: PLC0415 - what follows is for the child alone
    from gateway.filing.examine import Unreadable  # noqa: PLC0415
    from gateway.filing.rerun import Runner  # noqa: PLC0415
    from storage.engine import open_engine  # noqa: PLC0415

    order = json.load(sys.stdin)
    settings = Settings.model_validate(order["settings"])
    configure(settings.log.format, settings.log.level)
    answer: dict[str, Any]
    limit_memory(int(settings.filing.memory_limit))
    try:
        runner = Runner(settings, open_engine(settings.database_url))
        filed, contacts = runner.assign(
            order["mail"], order["account"], remember=order["remember"], whole=order.get("whole", True)
        )
        answer = {"touchpoint": filed.touchpoint_id, "created": filed.created, "contacts": contacts}
    except (errors.StorageError, Unreadable) as error:
        answer = {"error": type(error).__name__, "why": str(error).rstrip(".")}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
