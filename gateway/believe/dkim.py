"""DKIM signatures (RFC 6376)."""

import dkim

from gateway.believe.body import Body
from gateway.believe.dns import DnsTroubleError, Questions
from gateway.believe.header import Header
from gateway.believe.signature import Tags, UnusableError, explain, read_tags, signer_of, verify_message
from rules.trust import Dkim, aligned

MAX_SIGNATURES = 10
"""Signatures that are tried. RFC 6376 6.1 lets a verifier choose; honest mail has one to three."""

_FIELD = "dkim-signature"


def check_dkim(header: Header, body: Body, domain: str, questions: Questions) -> tuple[Dkim, ...]:
    """Each signature of the mail, from the top.

    Only signatures of a domain aligned with `domain`, the one in From (A-label), are verified: no other can
    prove the sender, and each would let a stranger spend our time.
    """
    results: list[Dkim] = []
    tried = 0
    for index, (name, value) in enumerate(header.fields):
        if name != _FIELD:
            continue
        try:
            tags = read_tags(value)
        except UnusableError as error:
            results.append(Dkim("", False, why=str(error)))
            continue
        result = _look(tags, domain)
        if result is None:
            tried += 1
            result = _try(index, tags, header, body, questions, wanted=tried <= MAX_SIGNATURES)
        results.append(result)
    return tuple(results)


def _look(tags: Tags, domain: str) -> Dkim | None:
    """What can be said without trying; None when the signature is worth a try."""
    signer = signer_of(tags)
    if not aligned(signer, domain):
        return Dkim(signer, False, why="another domain's signature, not looked at")
    if b"l" in tags:
        return Dkim(signer, False, has_l=True, why="covers only the start of the body (l=), counts as none")
    return None


def _try(index: int, tags: Tags, header: Header, body: Body, questions: Questions, *, wanted: bool) -> Dkim:
    signer = signer_of(tags)
    if not wanted:
        return Dkim(signer, False, why=f"not tried, only {MAX_SIGNATURES} are")
    if questions.over:
        return Dkim(signer, False, temporary=True, why="no time was left to check it")
    try:
        dkim.validate_signature_fields(tags)
        field = header.written[index] if header.written else (b"", b"")
        verify_message(field, tags, header, body, questions)
    except DnsTroubleError as trouble:
        return Dkim(signer, False, temporary=True, why=explain(trouble))
    except Exception as error:  # noqa: BLE001 - dkimpy meets keys and fields that a stranger wrote
        return Dkim(signer, False, why=explain(error))
    return Dkim(signer, True, why="passes")
