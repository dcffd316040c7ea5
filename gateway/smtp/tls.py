"""The certificate that the listener shows: by STARTTLS (RFC 3207), or from the first byte (RFC 8314)."""

import ssl
from pathlib import Path


class TlsError(Exception):
    """The certificate cannot be used. The text names the file and says what to do."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context from PEM files: the certificate with its chain, and the key that belongs to it.

    TLS 1.2 and newer. Raises TlsError.
    """
    for what, path in (("certificate", certificate), ("key", key)):
        try:
            path.open("rb").close()
        except OSError as error:
            raise TlsError(f"cannot read the TLS {what} {path}: {error.strerror}") from None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError(f"the TLS key {key} does not belong to the certificate {certificate}") from None
        raise TlsError(
            f"{certificate} and {key} are no PEM certificate and key: {error.reason or 'cannot be read'}"
        ) from None
    except _EncryptedError:
        raise TlsError(f"the TLS key {key} is encrypted; give one without a passphrase") from None
    return context


class Certificate:
    """A certificate with its key, from two PEM files; `context` is for connections from here on. Raises TlsError."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self.context = server_context(certificate, key)

    def renew(self) -> None:
        """Show what the files hold now. Raises TlsError; all stays as it was then."""
        # Not loaded into the context there is: that keeps one certificate for each kind of key, and after a change
        # from RSA to ECDSA the old one would be shown, until it has expired, to who asks for RSA.
        self.context = server_context(self._certificate, self._key)


class _EncryptedError(Exception):
    pass


def _no_password() -> str:
    # Without this, OpenSSL asks on the terminal and the daemon hangs.
    raise _EncryptedError
