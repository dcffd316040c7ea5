"""People found in a header, as senders write and break it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.glance import glance, header_of, received_lines

LIMIT = 100 * 1024


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"ann@x.example", ["ann@x.example"]),
        (b"Ann <ann@x.example>, bob@y.example", ["ann@x.example", "bob@y.example"]),
        (b'"Smith, Ann (x@no.example)" <ann@x.example>', ["ann@x.example"]),
        (b"ann@x.example (also x@no.example (nested))", ["ann@x.example"]),
        (b'"bob@no.example" <ann@x.example>', ["ann@x.example"]),
        (b"Team: ann@x.example, Bob <bob@y.example>;", ["ann@x.example", "bob@y.example"]),
        (b"undisclosed-recipients:;", []),
        (b"<@route.example:ann@x.example>", ["ann@x.example"]),
        (b"Ann <ann@x.example>,\r\n\tBob\r\n <bob@y.example>", ["ann@x.example", "bob@y.example"]),
        (b'"ann smith"@x.example', ['"ann smith"@x.example']),
        (b'<"ann smith"@x.example>', ['"ann smith"@x.example']),
        (b"< ann @ x.example >", ["ann@x.example"]),
        (b"=?utf-8?q?Ann?= <ann@x.example>", ["ann@x.example"]),
        ("käthe@müller.example".encode(), ["käthe@müller.example"]),
        # Balanced or not, nobody hides.
        (b'"Ann <ann@x.example>', ["ann@x.example"]),
        (b"(Ann ann@x.example", ["ann@x.example"]),
        (b"Ann <ann@x.example", ["ann@x.example"]),
        (b"<ann@x.example, bob@y.example>", ["ann@x.example", "bob@y.example"]),
        (b"ann@x.example)bob@y.example", ["ann@x.example", "bob@y.example"]),
        (b'"bob@y.example <ann@x.example>', ["ann@x.example"]),
        (b'O"Neill <ann@x.example>, Bob <bob@y.example>', ["ann@x.example", "bob@y.example"]),
    ],
)
@pytest.mark.parametrize("name", [b"From", b"TO", b"cc "])
def test_addresses(name: bytes, value: bytes, found: list[str]) -> None:
    raw = (
        b"Subject: no@subject.example\r\n" + name + b": " + value + b"\r\nX: y\r\n\r\nTo: no@body.example\r\n"
    )
    assert list(dict.fromkeys(glance(raw))) == found


def test_every_field_counts() -> None:
    raw = b"From: a@x.example\nTo: b@x.example\nTo: c@x.example\nCc: d@x.example\nReply-To: e@x.example\n\nFrom: f@x"
    assert glance(raw) == ("a@x.example", "b@x.example", "c@x.example", "d@x.example")


@pytest.mark.parametrize(
    ("raw", "header"),
    [
        (b"X: 345678\r\n\r\nbody", b"X: 345678\r\n"),
        (b"X: 34567890\r\n\r\nbody", None),
        (b"X: 3456789", b"X: 3456789"),  # no empty line: all of it is header
        (b"X: 34567890\r\n", None),
        (b"\r\nX: 34567890123\r\n\r\nbody", b""),
        (b"", b""),
    ],
)
def test_a_header_is_looked_at_whole_or_refused(raw: bytes, header: bytes | None) -> None:
    assert header_of(raw, 11) == header


def test_received_lines_are_counted_by_name() -> None:
    header = b"Received: a\r\n\tReceived: folded\r\nRECEIVED : b\r\nX-Received: c\r\nSubject: Received: d\r\n"
    assert received_lines(header) == 2


@given(st.binary(max_size=200))
def test_never_raises(value: bytes) -> None:
    glance(b"From: " + value)


@pytest.mark.parametrize(
    "piece",
    [b'"', b"(", b"\\", b'"\\', b"<", b",", b"a@", b"\r\n ", b"()", b"a@b,", b'"a" ', b"<>,", b":;", b"@"],
)
def test_hostile_header_takes_no_time(piece: bytes) -> None:
    raw = b"To: " + piece * (LIMIT // len(piece)) + b"\r\n"
    started = time.process_time()
    glance(raw)
    assert time.process_time() - started < 0.5
