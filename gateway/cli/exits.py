"""Exit codes (sysexits.h) and the failures that end a verb with them."""

import click

USAGE = 64
DATA = 65
NO_INPUT = 66
UNAVAILABLE = 69
DISK = 74
TRY_LATER = 75
CONFIGURATION = 78
INTERRUPTED = 130


class Failure(click.ClickException):
    """What a verb could not do, in words for a person, and the exit code that says so to a program."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.code = exit_code
