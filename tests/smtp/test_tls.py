"""A certificate that cannot be used is a clear sentence at the start, not a failed handshake later."""

import shutil
from pathlib import Path

import pytest

from gateway.smtp.tls import TlsError, server_context
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
