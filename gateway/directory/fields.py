"""What a single value of the directory must be. Each check returns what is wrong, in words, or None."""

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from rules.addresses import fold_domain
from rules.domains import registrable

MAX_KEY = 50
"""Octets of an account key that leave room for `log+` in a local part of 64 (RFC 5321 4.5.3.1.1)."""

MAX_ADDRESS = 254
"""Octets of an address that still fits into a path (RFC 5321 4.5.3.1.3)."""

# What nearly every address looks like: a dot-atom (RFC 5322 3.2.3) at a host name of at least two labels. All
# others are left to the validator, which takes thirty times as long.
_COMMON = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9]{1,61}\Z",
    re.IGNORECASE,
)
_KEY_IN_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z", re.IGNORECASE
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


def address_problem(address: str) -> str | None:
    """What is wrong with an address. Special-use domains, quoted local parts, literals and SMTPUTF8 are fine."""
    if len(address) <= MAX_ADDRESS and _COMMON.match(address):
        return None
    if len(address.encode()) > MAX_ADDRESS:
        return f"{address[:40]!r}… is no e-mail address: it has more than {MAX_ADDRESS} octets"
    # The validator refuses the domains of test and local networks; below another domain they are as any other.
    special = address.rpartition(".")[2] if "." in address else address.rpartition("@")[2]
    probe = f"{address}.example" if special.lower() in SPECIAL_USE_DOMAIN_NAMES else address
    try:
        validate_email(probe, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True)
    except EmailNotValidError as error:
        return f"{address!r} is no e-mail address: {_lower_first(str(error))}"
    return None


def domain_problem(domain: str) -> str | None:
    """What is wrong with the domain of an account, given folded (`rules.addresses.fold_domain`)."""
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        return f"{domain[:80]!r} is no domain"
    return None


def domain_remark(domain: str) -> str | None:
    """Why a domain that is written correctly will never match, or None."""
    return None if registrable(domain) else f"{domain} is a public suffix and will never match"


def key_problem(key: str) -> str | None:
    """Why a text cannot be the key of an account."""
    if "@" in key or any(character.isspace() or not character.isprintable() for character in key):
        return f"{key!r} cannot be a key: blanks, “@” and control characters are not allowed"
    return None


def key_remark(key: str) -> str | None:
    """Why an account with this key can have no address of its own, or None."""
    if len(key.encode()) > MAX_KEY:
        return f"{key!r} has no per-account address: only {MAX_KEY} octets fit into one"
    if not _KEY_IN_ADDRESS.match(key):
        return f"{key!r} has no per-account address: not all of its characters can stand in one"
    return None


def split_domains(value: str) -> tuple[str, ...]:
    """The domains of a cell, folded, each once."""
    return tuple(dict.fromkeys(fold_domain(domain) for domain in value.split()))


def _lower_first(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
