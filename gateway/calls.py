"""Calls between gateways that share a PostgreSQL: there is mail to be filed, or to be sent.

They save the wait until a worker looks by itself (`gateway.filing.worker.POLL_SECONDS`); one that is lost costs no
more than that.
"""

from collections.abc import Callable, Mapping

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random

from storage.errors import DatabaseUnavailable
from storage.postgresql import listen

log = structlog.get_logger("gateway.calls")


async def answer_calls(database: str, answers: Mapping[str, Callable[[], None]]) -> None:
    """Do what each channel asks for, until cancelled. `database` is the URL of a PostgreSQL.

    While it is not listened calls are lost: once it is again, everything is done once.
    """
    # At random: the gateways of a server that was restarted come back one after the other.
    retrying = AsyncRetrying(retry=retry_if_exception_type(Exception), wait=wait_random(0.5, 2.0))
    deaf = False

    async def hear() -> None:
        nonlocal deaf
        try:
            async for channel in listen(database, answers):
                for each in [channel] if channel else answers:
                    answers[each]()
                if deaf:
                    log.info("other gateways are heard again")
                deaf = False
        except DatabaseUnavailable as error:
            if not deaf:
                log.warning("other gateways are not heard", why=str(error))
            deaf = True
            raise
        except Exception:  # the gateway takes and files mail without it
            log.exception("other gateways are not heard")
            raise

    await retrying(hear)
