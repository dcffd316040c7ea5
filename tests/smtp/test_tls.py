"""A certificate that cannot be used is a clear sentence at the start, not a failed handshake later."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from gateway.smtp.tls import Certificate, TlsError, server_context
from tests.smtp.house import TLS


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("certificate.pem", "other-key.pem", "does not belong to"),
        ("certificate.pem", "encrypted-key.pem", "is encrypted"),
        ("certificate.pem", "missing.pem", "missing.pem: No such file"),
        ("missing.pem", "key.pem", "TLS certificate .*missing.pem: No such file"),
        ("key.pem", "key.pem", "no PEM certificate and key"),
        ("empty.pem", "empty.pem", "no PEM certificate and key"),
    ],
)
def test_unusable(tmp_path: Path, certificate: str, key: str, says: str) -> None:
    shutil.copytree(TLS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "empty.pem").touch()
    with pytest.raises(TlsError, match=says):
        server_context(tmp_path / certificate, tmp_path / key)


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(TlsError, match="Is a directory"):
        server_context(tmp_path, TLS / "key.pem")


def make(folder: Path, *kind: str) -> None:
    """A certificate with a key of this kind, in the files cert.pem and key.pem."""
    made = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    command = (
        "openssl",
        "req",
        "-x509",
        "-nodes",
        "-days",
        "10",
        "-subj",
        "/CN=mx.gateway.example",
        *kind,
        *made,
    )
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def shakes_hands(server: ssl.SSLContext, ciphers: str) -> bool:
    """Whether a client that can only do these ciphers of TLS 1.2 gets a connection."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(ciphers)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking, answering = (
        client.wrap_bio(to_client, to_server),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for side in (asking, answering, asking, answering, asking):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError:
            return False
    return True


def test_a_renewed_certificate_takes_the_place_of_one_with_another_kind_of_key(tmp_path: Path) -> None:
    rsa, ecdsa = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"
    make(tmp_path, "-newkey", "rsa:2048")
    shown = Certificate(tmp_path / "cert.pem", tmp_path / "key.pem")
    assert (shakes_hands(shown.context, rsa), shakes_hands(shown.context, ecdsa)) == (True, False)
    make(tmp_path, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    shown.renew()
    assert (shakes_hands(shown.context, rsa), shakes_hands(shown.context, ecdsa)) == (False, True)
    (tmp_path / "key.pem").write_bytes((TLS / "key.pem").read_bytes())
    with pytest.raises(TlsError, match="does not belong to"):
        shown.renew()
    assert shakes_hands(shown.context, ecdsa)
