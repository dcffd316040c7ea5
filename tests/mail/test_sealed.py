"""Signed, encrypted and Outlook-packed mails."""

import base64
import struct
import subprocess
import sys

import pytest

from gateway.mail import read, tnef
from tests.mail.build import mail, multipart

TEXT = "Content-Type: text/plain; charset=utf-8\n\nSigned words"


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)
    return bytes([tag]) + length + content


def oid(last: int) -> bytes:
    return der(0x06, bytes.fromhex("2a864886f70d0107") + bytes([last]))


def signed_data(entity: bytes) -> bytes:
    inside = der(0x30, oid(1) + der(0xA0, der(0x04, entity)))
    algorithms = der(0x31, der(0x30, der(0x06, bytes.fromhex("608648016503040201"))))
    return der(0x30, oid(2) + der(0xA0, der(0x30, der(0x02, b"\x01") + algorithms + inside + der(0x31, b""))))


def streamed(entity: bytes) -> bytes:
    """The same with indefinite lengths and the content in pieces, as OpenSSL and Outlook stream it."""
    end = b"\0\0"
    pieces = b"".join(der(0x04, entity[at : at + 10]) for at in range(0, len(entity), 10))
    inside = b"\x30\x80" + oid(1) + b"\xa0\x80" + b"\x24\x80" + pieces + end + end + end
    algorithms = der(0x31, der(0x30, der(0x06, bytes.fromhex("608648016503040201"))))
    return (
        b"\x30\x80"
        + oid(2)
        + b"\xa0\x80\x30\x80"
        + der(0x02, b"\x01")
        + algorithms
        + inside
        + der(0x31, b"")
        + end * 3
    )


def smime(content: bytes, kind: str) -> bytes:
    head = f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m"
    raw = mail(head, "Content-Transfer-Encoding: binary", body="@")
    return raw[: raw.rindex(b"@")] + content


def test_a_detached_signature_is_no_attachment() -> None:
    signature = 'Content-Type: application/pkcs7-signature; name="smime.p7s"\n'
    signature += "Content-Transfer-Encoding: base64\n\nMIIB"
    message = read(multipart("signed", TEXT, signature, protocol="application/pkcs7-signature"))
    assert (message.text, message.signed, message.encrypted, message.attachments) == (
        "Signed words",
        True,
        False,
        (),
    )


@pytest.mark.parametrize("pack", [signed_data, streamed])
def test_opaque_signed_mail_shows_its_content(pack: object) -> None:
    assert callable(pack)
    entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSigned words\r\n"
    message = read(smime(pack(entity), "signed-data"))
    assert (message.text, message.signed, message.attachments) == ("Signed words", True, ())


def test_damaged_signed_mail_is_kept_as_it_came() -> None:
    message = read(smime(signed_data(b"Content-Type: text/plain\r\n\r\nx")[:40], "signed-data"))
    assert message.signed
    assert [entry.filename for entry in message.attachments] == ["smime.p7m"]
    assert message.notices


def test_encrypted_smime_is_marked_and_kept() -> None:
    message = read(smime(der(0x30, oid(3) + b"\xa0\x00"), "enveloped-data"))
    assert (message.encrypted, message.signed, message.text) == (True, False, "")
    assert [entry.filename for entry in message.attachments] == ["smime.p7m"]


def test_pgp_mime_is_marked_encrypted() -> None:
    version = "Content-Type: application/pgp-encrypted\n\nVersion: 1"
    armour = "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----"
    message = read(multipart("encrypted", version, armour, protocol="application/pgp-encrypted"))
    assert message.encrypted
    assert [entry.filename for entry in message.attachments] == ["encrypted.asc"]


def test_inline_pgp() -> None:
    assert read(mail(body="Hi\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n")).encrypted
    assert not read(mail(body="the line > -----BEGIN PGP MESSAGE----- was odd\n")).encrypted


def test_inline_pgp_signature_leaves_the_words() -> None:
    body = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- \nAnna\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    message = read(mail(body=body))
    assert (message.signed, message.text) == (True, "Hello\n-- \nAnna")


def tnef_object(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(*attachments: tuple[str, bytes], body: bytes = b"") -> bytes:
    data = tnef.SIGNATURE + b"\x01\x00"
    data += tnef_object(1, 0x9006, 8, struct.pack("<I", 0x10000))
    data += tnef_object(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    if body:
        data += tnef_object(1, 0x800C, 2, body + b"\0")
    for name, content in attachments:
        data += tnef_object(2, 0x9002, 6, b"\x01\x00" + b"\xff" * 12)
        data += tnef_object(2, 0x8010, 1, name.encode("cp1252") + b"\0")
        data += tnef_object(2, 0x800F, 6, content)
    return data


def packed(content: bytes, text: str = "See winmail") -> bytes:
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return multipart("mixed", f"Content-Type: text/plain\n\n{text}", part + base64.encodebytes(content))


def test_winmail_is_unpacked() -> None:
    message = read(packed(winmail(("offer.pdf", b"%PDF\0\0"), ("b.txt", b"bee"), body=b"Packed body")))
    assert [(entry.filename, entry.content) for entry in message.attachments] == [
        ("offer.pdf", b"%PDF\0\0"),
        ("b.txt", b"bee"),
    ]
    assert message.attachments[0].content_type == "application/pdf"
    assert message.text == "See winmail"


def test_the_text_in_winmail_counts_when_there_is_no_other() -> None:
    assert read(packed(winmail(body=b"Packed body"), text="")).text == "Packed body"


@pytest.mark.parametrize("content", [b"nothing of the kind", tnef.SIGNATURE + b"\x01\x00" + b"\xff" * 30])
def test_a_winmail_that_cannot_be_read_stays_an_attachment(content: bytes) -> None:
    message = read(packed(content))
    assert [(entry.filename, entry.content) for entry in message.attachments] == [("winmail.dat", content)]
    assert any("winmail.dat" in notice for notice in message.notices)


def test_a_winmail_that_claims_billions_of_properties_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tnef, "DEADLINE", 1.0)
    bomb = winmail() + tnef_object(
        1, 0x9003, 6, struct.pack("<I", 0xFFFFFFFF) + struct.pack("<HHI", 0x1002, 1, 0xFFFFFFFF)
    )
    message = read(packed(bomb))
    assert message.text == "See winmail"
    assert [entry.filename for entry in message.attachments] == ["winmail.dat"]


def test_the_lgpl_library_is_loaded_in_no_process_of_ours() -> None:
    code = "import sys, gateway.mail; gateway.mail.read(b'x'); sys.exit('tnefparse' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_lengths_that_lead_out_of_the_file_are_refused() -> None:
    for cut in (b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" + oid(2), b"\x30\x80\x06\x80" + b"\x30\x80" * 500):
        message = read(smime(cut + b"\x06\x09" + bytes.fromhex("2a864886f70d010702"), "signed-data"))
        assert [entry.filename for entry in message.attachments] == ["smime.p7m"]
