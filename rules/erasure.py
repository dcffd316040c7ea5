"""A person to be erased: how their address and name are found in a text, and what stands there afterwards.

An address is found in every spelling of `rules.addresses.address_key`: letter case, plus-tag, quotes, A-labels and
U-labels; and written for a URL, for HTML, or into the return path of a list (`ada=acme.example@…`).
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote

import idna

from rules.addresses import address_key

ERASED_EMAIL = "erased@erased.invalid"
"""Stands for an erased address: one that is written like an address and reaches nobody (RFC 2606 section 2)."""

ERASED_NAME = "erased person"
ERASED_SUBJECT = "(erased)"

_AT = r"(?:@|%40|=40|&#64;|&#x40;|&commat;)"
_TAG = r"(?:(?:\+|%2[bB]|=2[bB]|&#43;)[^\s@<>\"'(),;:\\\[\]=%&]{0,64})?"
_BEFORE = r"(?<![\w.+-])"
_IN_RETURN_PATH = r"(?<![\w.])"
_AFTER = r"(?![\w-]|\.\w)"
_GAP = r"(?:[\s_\xa0]|&nbsp;|=20)+"


class Person:
    """Somebody to be erased. `keys` are the address keys of all their addresses, `names` how they are called.

    A name counts in running text only when it has two words or more: "Ada" alone is anybody.
    """

    def __init__(self, keys: Iterable[str], names: Iterable[str] = ()) -> None:
        self.keys = frozenset(address_key(key) for key in keys)
        self.names = frozenset(_plain(name) for name in names) - {"", *self.keys}

    def called(self, names: Iterable[str]) -> "Person":
        """The same person with these names, too."""
        return Person(self.keys, self.names | frozenset(names))

    def has(self, email: Any) -> bool:
        """Whether this is an address of theirs."""
        return isinstance(email, str) and bool(email) and address_key(email) in self.keys

    def mentioned(self, value: Any) -> bool:
        """Whether an address of theirs stands anywhere in a text, or in the texts of a JSON value."""
        return any(self.address.search(text) for text in texts(value))

    def named(self, value: Any) -> bool:
        """Whether address or full name stands anywhere in it."""
        name = self.name
        return any(
            self.address.search(text) or (name is not None and name.search(text)) for text in texts(value)
        )

    def redacted(self, value: Any, *, names: bool = True) -> Any:
        """The text or JSON value without the address and, with `names`, without the full name.

        An object that says who somebody is (`email`, `name`) loses the whole name with the address.
        """
        match value:
            case str():
                text = self.address.sub(ERASED_EMAIL, value)
                return self.name.sub(ERASED_NAME, text) if names and self.name is not None else text
            case dict():
                out = {
                    self.redacted(key, names=names): self.redacted(each, names=names)
                    for key, each in value.items()
                }
                if self.has(value.get("email")):
                    out |= {"email": ERASED_EMAIL}
                    if "name" in value:
                        out |= {"name": ERASED_NAME}
                return out
            case list() | tuple():
                return [self.redacted(each, names=names) for each in value]
        return value

    @cached_property
    def address(self) -> re.Pattern[str]:
        """An address of theirs in a text, and no part of a longer one."""
        plain = "|".join(_address(key, _AT) for key in sorted(self.keys))
        returned = "|".join(_address(key, "=") for key in sorted(self.keys))
        whole = f"(?:{_BEFORE}(?:{plain})|{_IN_RETURN_PATH}(?:{returned})){_AFTER}"
        return re.compile(whole, re.IGNORECASE)

    @cached_property
    def loose(self) -> re.Pattern[str]:
        """The same where a longer word may begin before it or go on behind it: bytes of a database have no blanks."""
        return re.compile("|".join(_address(key, f"(?:{_AT}|=)") for key in sorted(self.keys)), re.IGNORECASE)

    @cached_property
    def name(self) -> re.Pattern[str] | None:
        """A full name of theirs in a text, or None when none has two words."""
        full = sorted((name for name in self.names if _is_full(name)), key=lambda name: (-len(name), name))
        if not full:
            return None
        written = {
            _GAP.join(re.escape(word) for word in form.split()) for name in full for form in _forms(name)
        }
        return re.compile(f"(?<!\\w)(?:{'|'.join(sorted(written, key=len, reverse=True))})(?![\\w@])", re.I)

    @property
    def parts(self) -> frozenset[tuple[str, str]]:
        """Local part and domain of every way to write their addresses, folded."""
        return frozenset(
            (local, domain)
            for key in self.keys
            for local in _forms(key.rpartition("@")[0])
            for domain in _domains(key.rpartition("@")[2])
        )

    @property
    def locals(self) -> frozenset[str]:
        """What every spelling of their addresses begins with, folded; in each Unicode form."""
        return frozenset(local for local, _ in self.parts)


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, the keys of objects included."""
    match value:
        case str():
            yield value
        case dict():
            for key, each in value.items():
                yield from texts(key)
                yield from texts(each)
        case list() | tuple():
            for each in value:
                yield from texts(each)


def _address(key: str, at: str) -> str:
    local, _, domain = key.rpartition("@")
    locals_ = "|".join(re.escape(form) for form in sorted(_forms(local)))
    names = "|".join(re.escape(form) for form in sorted(_domains(domain)))
    return f'"?(?:{locals_}){_TAG}"?{at}(?:{names})'


def _domains(domain: str) -> set[str]:
    """A domain as A-labels, as U-labels, and as those stand in a URL."""
    written = {domain}
    with contextlib.suppress(UnicodeError):  # idna.IDNAError is one; there are no U-labels then
        written |= _forms(idna.decode(domain))
    return written | {quote(each) for each in written}


def _forms(text: str) -> set[str]:
    return {unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _is_full(name: str) -> bool:
    return len(name.split()) > 1 and len(name) >= 5 and "@" not in name
