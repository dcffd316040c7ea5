"""The byte-level look at a head: each of its limits, and that the cut is told."""

import pytest

from gateway.mail.look import (
    MAX_ADDRESS_FIELD,
    MAX_FIELDS,
    MAX_HEAD,
    MAX_SEPARATORS,
    MAX_STRUCTURED,
    Head,
    look,
)


def seen(*fields: bytes) -> Head:
    source = b"".join(field + b"\r\n" for field in fields) + b"\r\nbody"
    return look(source, 0, len(source))


def test_a_head_is_read_up_to_its_limit_and_what_is_vital_behind_it_too() -> None:
    head = seen(*(b"X-%d: %s" % (number, b"x" * 900) for number in range(300)), b"Subject: late")
    assert sum(len(value) for _, value in head.fields) < MAX_HEAD
    assert head.fields[-1] == ("Subject", b"late")
    assert any("longer than 100 KiB" in notice for notice in head.notices)


def test_only_so_many_fields_are_read_and_what_is_vital_behind_them() -> None:
    head = seen(*(b"X-%d: y" % number for number in range(2 * MAX_FIELDS)), b"Subject: late")
    assert len(head.fields) == MAX_FIELDS + 1
    assert head.fields[-1] == ("Subject", b"late")
    assert any(f"more than {MAX_FIELDS} fields" in notice for notice in head.notices)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("Received", MAX_STRUCTURED),
        ("Content-Type", MAX_STRUCTURED),
        ("Subject", MAX_ADDRESS_FIELD),
        ("X-Long", MAX_ADDRESS_FIELD),
        ("References", MAX_ADDRESS_FIELD),
    ],
)
def test_a_field_is_cut_at_the_limit_of_its_kind(name: str, most: int) -> None:
    head = seen(name.encode() + b": " + b"x" * (most + 1))
    assert head.fields == ((name, b"x" * most),)
    assert any(f"field {name} was too long" in notice for notice in head.notices)


def test_a_structured_field_has_only_so_many_parameters() -> None:
    head = seen(b"Content-Type: text/plain" + b";a=b" * (2 * MAX_SEPARATORS))
    assert head.fields[0][1].count(b";") < MAX_SEPARATORS
    assert head.notices


def test_a_field_of_addresses_is_cut_between_two_of_them() -> None:
    address = b"someone.with.a.long.name.%05d." + b"x" * 150 + b"@k.example"
    value = b",".join(address % number for number in range(480))
    head = seen(b"To: " + value)
    ((_, cut),) = head.fields
    assert len(cut) <= MAX_ADDRESS_FIELD
    assert cut.endswith(b"@k.example,")
    assert any("field To was too long" in notice for notice in head.notices)
