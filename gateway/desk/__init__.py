"""What people do with touchpoints: the functions behind the HTTP API, the command line and pages.

Synchronous, over a `Desk` and for an `Actor`. What stands against a wish is a `Problem`, with one sentence that says
why and one that says what to do; trouble with the store comes as `storage.errors.StorageError`.
"""

from gateway.desk.desk import Desk
from gateway.desk.problems import Problem

__all__ = ["Desk", "Problem"]
