"""The argument of MAIL and RCPT: a path and its parameters (RFC 5321 4.1.1.2, 4.1.1.3, 4.1.2; RFC 6531 3.3).

Lenient where real senders are: blanks before the path, a path without angle brackets, dots where an atom
should stand, local parts longer than 64 octets, a domain that ends in a dot.
"""

import re
from collections.abc import Mapping

_WORD = r'[^\x00-\x20\x7f<>()\[\]\\,;:"@]+'
_QUOTED = r'"(?:[^\x00-\x1f\x7f"\\]|\\[\x20-\x7e])*"'
_LABEL = r"[0-9A-Za-z_\u0080-\U0010ffff-]+"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Za-z:.-]+\]"
_ROUTE = r"@[^\x00-\x20\x7f<>@:,]+(?:,@[^\x00-\x20\x7f<>@:,]+)*:"

# The route of RFC 5321 appendix C is taken and ignored. Every class ends where its neighbour begins, so that
# no input is tried twice.
_PATH = re.compile(rf"(?:{_ROUTE})?(?P<local>{_WORD}|{_QUOTED})@(?P<domain>{_DOMAIN})")
_QUOTED_LOCAL = re.compile(_QUOTED)
_PARAMETER = re.compile(r"(?P<name>[0-9A-Za-z][0-9A-Za-z-]*)(?:=(?P<value>[\x21-\x3c\x3e-\x7e]+))?")


class BadAddressError(ValueError):
    """No address can be read from the path."""


class BadParameterError(ValueError):
    """The parameters are not `name` or `name=value`, or one is given twice."""


def read_sender(argument: str) -> tuple[str, Mapping[str, str]]:
    """Address and parameters of `FROM:<path> …`; the null sender is "" (RFC 5321 4.5.5).

    Parameter names are upper case, one without a value has "". Raises ValueError when the argument is not
    `FROM:` at all, BadAddressError, BadParameterError.
    """
    return _read(argument, "FROM:", {"<>": ""})


def read_recipient(argument: str) -> tuple[str, Mapping[str, str]]:
    """Address and parameters of `TO:<path> …`. Postmaster may stand without a domain (RFC 5321 4.5.1).

    Raises as `read_sender` does.
    """
    return _read(argument, "TO:", {"<postmaster>": "postmaster", "postmaster": "postmaster"})


def _read(argument: str, keyword: str, special: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    if argument[: len(keyword)].upper() != keyword:
        raise ValueError(f"no {keyword}")
    path, rest = _split(argument[len(keyword) :].lstrip(" "))
    address = special.get(path.lower())
    if address is None:
        match = _PATH.fullmatch(path[1:-1] if path.startswith("<") else path)
        if match is None:
            raise BadAddressError(path)
        address = f"{match['local']}@{match['domain'].removesuffix('.')}"
    return address, _parameters(rest)


def _split(text: str) -> tuple[str, str]:
    """The path, and what follows it. A quoted local part may hold blanks and ">"."""
    if not text.startswith("<"):
        path, _, rest = text.partition(" ")
        return path, rest
    local = _QUOTED_LOCAL.match(text, 1)
    end = text.find(">", local.end() if local else 1) + 1
    if end == 0 or text[end : end + 1] not in ("", " "):
        raise BadAddressError(text)
    return text[:end], text[end:]


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match["name"].upper() in found:
            raise BadParameterError(word)
        found[match["name"].upper()] = match["value"] or ""
    return found
