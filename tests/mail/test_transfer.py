"""Base64 undone as the standard library does it, whatever stands in it."""

import binascii
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.transfer import decode_base64

_LETTERS = st.sampled_from([bytes([each]) for each in b"ABCZabcz019+/"])
_OTHERS = st.sampled_from([b"\r\n", b"\n", b" ", b"\t", b"\0", b"\xff", b"-", b"_", b"!", b"\x80", b"."])


@given(st.lists(_LETTERS | _LETTERS | _LETTERS | _OTHERS, max_size=200).map(b"".join))
def test_what_stands_between_the_letters_changes_nothing(body: bytes) -> None:
    with suppress(binascii.Error):  # letters too few for an octet; those before them still count
        assert decode_base64(body) == binascii.a2b_base64(body + b"==")


@given(st.binary(max_size=5_000), st.integers(1, 100))
def test_content_comes_back_from_lines_of_any_length(content: bytes, width: int) -> None:
    text = binascii.b2a_base64(content, newline=False)
    lines = b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert decode_base64(lines) == content
    assert decode_base64(lines.rstrip(b"=") + b"\r\n") == content
