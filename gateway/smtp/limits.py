"""What one peer, and all peers together, may take of the listener."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the listener. Times are seconds, sizes bytes; each default says what it answers."""

    connections: int = 500
    """All sessions together: some 20 MiB idle, far below the 1,024 open files of a plain process."""

    connections_per_address: int = 20
    """Sessions of one IPv4 address or IPv6 /64. Large senders open up to 20; no host alone fills the house."""

    session_seconds: float = 1800
    """A whole session, however busy it looks: a peer that trickles commands holds its place no longer."""

    command_seconds: float = 300
    """Waiting for a command. RFC 5321 4.5.3.2.7 asks for five minutes at least."""

    data_seconds: float = 600
    """A whole message: 25 MiB in ten minutes is 44 KiB/s, which a slow line does and a trickler does not."""

    proxy_seconds: float = 5
    """Waiting for a PROXY header; the proxy sends it before anything else."""

    handshake_seconds: float = 30
    """A TLS handshake: a few round trips."""

    linger_seconds: float = 2
    """After a closing reply, waiting for the peer to read it: closing at once may reset the connection."""

    recipients: int = 100
    """Recipients of one mail. RFC 5321 4.5.3.1.8 asks for a hundred at least."""

    errors: int = 20
    """5xx replies in one session: above it somebody is guessing addresses or does not speak SMTP."""

    command_bytes: int = 1024
    """A command line with its CRLF: the 512 of RFC 5321 4.5.3.1.4, and room for parameters and UTF-8."""

    unterminated_bytes: int = 65_536
    """Bytes without a line end while a command is awaited: beyond it the peer sends no commands."""

    message_bytes: int = 25 * 1024 * 1024
    """One message, announced as SIZE (RFC 1870)."""

    total_message_bytes: int = 512 * 1024 * 1024
    """Message bytes in memory over all sessions, from DATA to the reply: twenty of the largest at once."""

    header_bytes: int = 100 * 1024
    """How much of a message's header is looked at before the reply."""
