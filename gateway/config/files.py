"""Mistakes that only the files on this machine can show: certificate, key, password."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gateway.config.problems import ConfigProblem
from gateway.config.settings import Settings
from gateway.smtp.tls import TlsError, server_context


def file_problems(settings: Settings) -> Iterator[ConfigProblem]:
    """Every file that the settings name and this user cannot use."""
    smtp, relay = settings.smtp, settings.relay
    if smtp.tls_certificate and smtp.tls_key:
        try:
            server_context(smtp.tls_certificate, smtp.tls_key)
        except TlsError as error:
            example = "certificate with its chain, and its key, in PEM"
            yield ConfigProblem("smtp.tls_certificate", str(error), example)
    if relay.password_file:
        try:
            relay.read_password()
        except OSError as error:
            problem = f"{relay.password_file} cannot be read: {error.strerror}"
            yield ConfigProblem("relay.password_file", problem, "a file that the gateway's user may read")
        except UnicodeDecodeError:
            problem = f"{relay.password_file} is not UTF-8 text"
            yield ConfigProblem("relay.password_file", problem, "one line of text")


def certificate_end(certificate: Path, key: Path) -> datetime:
    """When a certificate runs out, told by a TLS handshake with itself in memory.

    Raises TlsError for files that cannot be used, ssl.SSLCertVerificationError for a certificate that has run
    out or is no server's.
    """
    server = server_context(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the certificate itself is the anchor of trust
    client.load_verify_locations(certificate)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (asking, answering, asking):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    peer = asking.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(peer["notAfter"])), UTC)
