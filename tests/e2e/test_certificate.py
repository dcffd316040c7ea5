"""A certificate that was renewed is shown without a restart; a broken one is not taken."""

import shutil
import signal
import smtplib
import ssl
import subprocess
from pathlib import Path

from tests.daemon import SECONDS, Daemon, daemon
from tests.smtp.house import TLS


def make_certificate(folder: Path, name: str) -> None:
    """A certificate for a name, as an administrator would make one: cert.pem and key.pem."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "10", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )


def is_shown(house: Daemon, certificate: Path) -> bool:
    """Whether STARTTLS shows this certificate."""
    context = ssl.create_default_context(cafile=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    with smtplib.SMTP("127.0.0.1", house.port, timeout=SECONDS) as server:
        try:
            return server.starttls(context=context)[0] == 220
        except ssl.SSLCertVerificationError:
            return False


def test_sighup_reads_the_certificate_again(tmp_path: Path) -> None:
    make_certificate(tmp_path, "one.example")
    one = tmp_path / "one.pem"
    one.write_bytes((tmp_path / "cert.pem").read_bytes())
    smtp = f'tls_certificate = "{tmp_path}/cert.pem"\ntls_key = "{tmp_path}/key.pem"\n'
    with daemon(tmp_path, smtp=smtp, started=False) as house:
        house.start(stdin=subprocess.DEVNULL)
        assert house.process is not None
        assert is_shown(house, one)
        make_certificate(tmp_path, "two.example")
        assert is_shown(house, one)
        house.process.send_signal(signal.SIGHUP)
        house.event("certificate read again")
        two = tmp_path / "two.pem"
        two.write_bytes((tmp_path / "cert.pem").read_bytes())
        assert is_shown(house, two)
        assert not is_shown(house, one)
        for expired, file in (("expired.pem", "cert.pem"), ("key.pem", "key.pem")):
            shutil.copy(TLS / expired, tmp_path / file)
        house.process.send_signal(signal.SIGHUP)
        house.event("certificate not read again, the one before stays")
        assert is_shown(house, two)
        (tmp_path / "key.pem").write_text("half of a k", "utf-8")
        house.process.send_signal(signal.SIGHUP)
        house.event("certificate not read again, the one before stays")
        assert is_shown(house, two)
