"""The time from the dot to its 250, for every load over reused connections, beside Postfix."""

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.bench.accept import ALONE, LOADS, POSTFIX, SERVERS, Load, time_to_250
from tests.bench.section import Figure, Part, Say, median, percentile, plain

REUSED = tuple(load for load in LOADS if load.reuse)
MESSAGES = {2_000: 5_000, 50_000: 3_000, 1_000_000: 600}
"""In one run over several sessions; one session sends a third."""

ROUNDS = 3


def _one(folder: Path, name: str, load: Load, messages: int) -> list[float]:
    with SERVERS[name](folder) as server:
        time_to_250(server, load.sessions, load.warm_up, load.octets)
        took = time_to_250(server, load.sessions, messages, load.octets)
    shutil.rmtree(folder, ignore_errors=True)
    return took


def _times(quick: bool, say: Say) -> list[Figure]:
    loads, rounds = (REUSED[1:2], 1) if quick else (REUSED, ROUNDS)
    found: list[Figure] = []
    steps, total = 0, len(loads) * rounds * 2
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        for load in loads:
            messages = MESSAGES[load.octets] // (10 if quick else 3 if load.sessions == 1 else 1)
            shares: dict[str, list[tuple[float, float]]] = defaultdict(list)
            for turn in range(rounds):
                for name in (ALONE, POSTFIX) if turn % 2 else (POSTFIX, ALONE):
                    took = _one(Path(place) / f"{steps}", name, load, messages)
                    shares[name].append((percentile(took, 0.5), percentile(took, 0.99)))
                    steps += 1
                    say(f"{load}: {name}", steps, total)
            half, most = (
                {name: median([each[which] for each in shares[name]]) * 1000 for name in shares}
                for which in (0, 1)
            )
            detail = (
                f"Postfix {most[POSTFIX]:.1f} ms; median {half[ALONE]:.1f} ms, Postfix {half[POSTFIX]:.1f} ms"
            )
            found.append(plain(f"{load}: 99th percentile", most[ALONE], "ms", detail=detail))
    return found


_HOW = f"""\
From the dot to its 250, as a client of the bench sees it, which sends one mail after another over each session and
does not pipeline; smtp-source tells rates alone. The gateway with its filing worker stopped, and Postfix, as above;
medians of {ROUNDS} alternating rounds of {MESSAGES[2_000]:,}, {MESSAGES[50_000]:,} and {MESSAGES[1_000_000]} mails, a
third of that over one session."""

SECTIONS = [Part("times", "Time to 250", _HOW, _times, ("postfix", "smtp-source"))]
