"""What one peer, and all peers together, may take of the listener."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the listener. Times are seconds, sizes bytes; each default says what it answers."""

    connections: int = 500
    """All sessions together. Against a crowd that takes every place and every open file: some 20 MiB when idle.
    Servers of our own (LMTP, `sender_check.upstreams`) have `gateway.smtp.gate.RESERVED` places more."""

    connections_per_address: int = 20
    """Sessions of one IPv4 address or IPv6 /64. Against one host that takes all places: large senders open up to 20,
    and a /64 is what one customer of a provider is given."""

    connections_per_minute: int = 120
    """New sessions of one address (or /64) in a minute. Against a host that connects and leaves, again and again:
    each costs a handshake and lines in the log. Senders reuse connections, or open one a second at the most."""

    session_seconds: float = 1800
    """A whole session, however busy it looks. Against a peer that keeps its place by harmless commands (NOOP)."""

    command_seconds: float = 300
    """Waiting for a whole command, and for replies to be read. Against a peer that says nothing, or a byte now and
    then. RFC 5321 4.5.3.2.7 asks for five minutes at least."""

    data_seconds: float = 600
    """A whole message. Against one that grows just fast enough: 25 MiB in ten minutes is 44 KiB/s, a slow line."""

    data_bytes_per_second: int = 500
    """The least rate of a message, once `data_grace_seconds` are over. Against slow drips (slowloris): a telephone
    modem sent eight times as much."""

    data_grace_seconds: float = 30
    """How long a message may begin slowly: lines stall, and greylisting proxies look before they send on."""

    proxy_seconds: float = 5
    """Waiting for a PROXY header. Against who has got into the proxy's network and says nothing; the proxy sends it
    before anything else."""

    handshake_seconds: float = 30
    """A TLS handshake. Against who begins one and stops, before any other deadline counts; it is a few round
    trips."""

    linger_seconds: float = 2
    """After a closing reply, waiting for the peer to read it: closing at once may reset the connection. Short,
    against who never leaves."""

    lingering: int = 2000
    """Refused clients waited for at once, each for `linger_seconds`: beyond it one that talks before it is greeted
    gets a reset instead of its 421. A crowd at a full gate must not fill the open files or the memory (40 MiB)."""

    recipients: int = 100
    """Recipients of one mail. Against one mail that becomes thousands of rows. RFC 5321 4.5.3.1.8 asks for a hundred
    at least; the sender brings the others with the next mail (452)."""

    errors: int = 20
    """5xx replies in one session. Against what does not speak SMTP: browsers sent here by a page, scanners."""

    unknown_recipients: int = 10
    """Recipients in one session that are not ours. Against the harvesting of addresses, and the guessing of thread
    addresses: honest mail has one or two of ours, each copied from somewhere."""

    login_failures: int = 6
    """Failed logins in one session. Against the guessing of passwords; a client with a wrong one tries each mechanism
    with it, and a person mistypes once or twice."""

    login_failures_per_hour: int = 30
    """Failed logins of one address (or /64) in an hour. Against guessing by many sessions. A client with a stale
    password tries every few minutes, and keeps its office's address from nobody."""

    command_bytes: int = 1024
    """A command line with its CRLF: the 512 of RFC 5321 4.5.3.1.4, and room for parameters and UTF-8. Against lines
    that cost more to take apart than to send."""

    unterminated_bytes: int = 65_536
    """Bytes without a line end while a command is awaited. Against a line that never ends and is held for ever."""

    message_bytes: int = 25 * 1024 * 1024
    """One message, announced as SIZE (RFC 1870). Against one that fills memory or disk by itself: 25 MiB is what the
    large mail providers let their users send."""

    total_message_bytes: int = 256 * 1024 * 1024
    """Message bytes over all sessions, in memory and in files, from DATA until the mail is kept: ten of the largest.

    Against a crowd that sends large mail together, and a disk that does not write it as fast as it comes: it is in
    memory until it is written. With the program itself (110 MiB) and what the sockets of a full house have read (40
    to 100 MiB) the process stays below 512 MiB."""

    header_bytes: int = 256 * 1024
    """The header of a message. Against one that hides people, or signatures, behind what is looked at; every field
    within the limit is. Ten times the longest of honest mail."""

    received_lines: int = 50
    """Received fields of a message. Against mail that goes in circles (RFC 5321 6.3)."""
