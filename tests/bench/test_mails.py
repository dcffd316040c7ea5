"""The mails of the load: signed so that dkimpy believes them, and each with a file of its own."""

from itertools import islice

import dkim
import pytest

from gateway.mail import read
from tests.believe.keys import rsa_key
from tests.bench.mails import SIZES, numbered, pool


def _record(_name: bytes, timeout: int = 5) -> bytes:
    return rsa_key(2048).record.encode()


@pytest.mark.parametrize("octets", SIZES)
def test_signatures_are_good_whatever_the_message_id(octets: int) -> None:
    for mail in islice(numbered(pool(octets, 3), 7), 4):
        assert dkim.verify(mail, dnsfunc=_record)
        assert len(mail) == pytest.approx(octets, rel=0.1)


def test_what_is_signed_is_the_body() -> None:
    mail = next(numbered(pool(SIZES[1], 1), 7))
    assert not dkim.verify(mail.replace(b"Hello Ada", b"Hello Eve", 1), dnsfunc=_record)


def test_no_two_large_mails_have_the_same_file() -> None:
    mails = list(islice(numbered(pool(SIZES[2], 50), 1), 50))
    files = {attachment.content for mail in mails for attachment in read(mail).attachments}
    assert len(files) == len(mails)
