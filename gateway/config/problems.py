"""Mistakes of a configuration, told so that a person can mend them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One mistake: the key as a dotted path (`smtp.listen[1]`), what is wrong, and a value that works.

    `source` names the place when that is not the file: an environment variable or a credential.
    """

    key: str
    problem: str
    example: str = ""
    source: str = ""

    def __str__(self) -> str:
        """One or two lines for a terminal."""
        head = f"{self.key}: {self.problem}"
        if self.source:
            head += f" (set by {self.source})"
        return f"{head}\n    for example: {self.example}" if self.example else head


class ConfigError(Exception):
    """The configuration cannot be used. `problems` are all mistakes found, in the order of the keys."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
