"""The chain of those who handed a mail on and sealed what they saw (ARC, RFC 8617).

A seal says who sealed, never that he is honest: only configured sealers count. Of dkimpy's own ARC code nothing is
used: it hashes the body anew for every set, honours `l=`, asks DNS for a stranger's fifty sets before it looks
at one, and takes the sets in the order they stand in.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import dkim

from gateway.believe.body import Body
from gateway.believe.dns import DnsTroubleError, Questions
from gateway.believe.header import Header, Written
from gateway.believe.signature import (
    Tags,
    UnusableError,
    explain,
    read_tags,
    signer_of,
    verify_fields,
    verify_message,
)
from gateway.believe.upstream import MAX_FIELD, MalformedError, parse_results
from rules.trust import Arc, ArcSet, UpstreamResult

MAX_SETS = 50
"""Sets that a chain may have (RFC 8617 4.2.1)."""

MAX_TRIED = 10
"""Sets of the longest chain that is looked at: two keys and a signature each. Honest mail has one to four."""

_RESULTS, _SIGNATURE, _SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"
_INSTANCE = re.compile(rb"\s*i\s*=\s*(\d{1,2})\s*;")
_SEALED = [b"i", b"a", b"b", b"cv", b"d", b"s"]
_SIGNED = [b"i", b"a", b"b", b"bh", b"d", b"h", b"s"]


@dataclass(frozen=True, slots=True)
class _Set:
    """The three fields of one set (RFC 8617 4.1)."""

    results: Written
    signature: Written
    signature_tags: Tags
    seal: Written
    seal_tags: Tags


def check_arc(header: Header, body: Body, sealers: Collection[str], questions: Questions) -> Arc:
    """The chain, verified. `sealers` are the configured ones, the `d=` of their seals (A-labels).

    Nothing is asked of DNS before the newest seal is one of theirs, and nothing of what lies below before that
    seal holds: a stranger's sets cost no more than reading them. Never raises.
    """
    if not any(name == _SEAL for name, _ in header.fields):
        return Arc()
    try:
        chain = _chain(header)
    except UnusableError as error:
        return Arc(why=str(error))
    newest = chain[-1]
    if not {signer_of(newest.seal_tags), signer_of(newest.signature_tags)} <= set(sealers):
        return Arc(why="the newest ARC seal is not that of a configured sealer")
    try:
        _verify(chain, header, body, questions)
    except DnsTroubleError as trouble:
        return Arc(temporary=True, why=explain(trouble))
    except Exception as error:  # noqa: BLE001 - dkimpy meets keys and fields that a stranger wrote
        return Arc(why=explain(error))
    sets = tuple(
        ArcSet(signer_of(each.seal_tags), signer_of(each.seal_tags) in sealers, _told(each.results[1]))
        for each in reversed(chain)
    )
    return Arc(sets, why="the ARC chain holds")


def _chain(header: Header) -> list[_Set]:
    """The sets from the first to the newest (RFC 8617 5.2, steps 1 to 3). Raises UnusableError."""
    count = header.count(_SEAL)
    if count > MAX_SETS or not header.count(_RESULTS) == header.count(_SIGNATURE) == count:
        raise UnusableError("the ARC chain is broken: its sets are not complete")
    if count > MAX_TRIED:
        raise UnusableError(f"the ARC chain is not looked at, it has more than {MAX_TRIED} sets")
    if not header.written:
        raise UnusableError("the ARC chain is broken: the header has lines that are no fields")
    found: dict[tuple[str, int], tuple[Written, Tags]] = {}
    for (name, value), written in zip(header.fields, header.written, strict=True):
        if name not in (_RESULTS, _SIGNATURE, _SEAL):
            continue
        tags = {} if name == _RESULTS else read_tags(value)
        instance = _INSTANCE.match(value if name == _RESULTS else b"i=" + tags.get(b"i", b"") + b";")
        if instance is None or len(value) > MAX_FIELD:
            raise UnusableError("the ARC chain is broken: a field of it cannot be read")
        found[name, int(instance[1])] = written, tags
    try:
        sets = [
            _Set(found[_RESULTS, number][0], *found[_SIGNATURE, number], *found[_SEAL, number])
            for number in range(1, count + 1)
        ]
    except KeyError as error:
        raise UnusableError("the ARC chain is broken: its sets are not complete") from error
    for number, each in enumerate(sets, 1):
        if each.seal_tags.get(b"cv") != (b"none" if number == 1 else b"pass"):
            raise UnusableError("the ARC chain is broken: a sealer says so")
    return sets


def _verify(chain: Sequence[_Set], header: Header, body: Body, questions: Questions) -> None:
    """Steps 4 to 6, the newest first. Returns when all hold; raises as verify_message."""
    newest = chain[-1]
    _verify_seal(chain, questions)
    tags = newest.signature_tags
    dkim.validate_signature_fields(tags, _SIGNED, arc=True)
    if b"l" in tags:
        raise UnusableError("the ARC chain covers only the start of the body (l=), counts as none")
    if _SEAL.encode() in tags[b"h"].lower():
        raise UnusableError("the ARC chain is broken: a signature covers seals")
    verify_message(newest.signature, tags, header, body, questions)
    for length in range(len(chain) - 1, 0, -1):
        _verify_seal(chain[:length], questions)


def _verify_seal(chain: Sequence[_Set], questions: Questions) -> None:
    """The seal of the last of these sets, over all of them in order (RFC 8617 5.1.1)."""
    if questions.over:
        raise DnsTroubleError("no time was left to check the ARC chain")
    last = chain[-1]
    dkim.validate_signature_fields(last.seal_tags, _SEALED, arc=True)
    if b"h" in last.seal_tags or not signer_of(last.seal_tags):
        raise UnusableError("the ARC chain is broken: a seal is none")
    covered = [field for each in chain for field in (each.results, each.signature, each.seal)][:-1]
    verify_fields(last.seal, last.seal_tags, covered, b"relaxed/relaxed", questions)


def _told(value: bytes) -> tuple[UpstreamResult, ...]:
    """The results in an ARC-Authentication-Results field; () when it cannot be read."""
    try:
        return parse_results(_INSTANCE.sub(b"", value, count=1).decode("utf-8", "replace"))[1]
    except MalformedError:
        return ()
