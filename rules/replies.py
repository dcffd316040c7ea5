"""Every reply the listener can give, in one place (RFC 5321 4.2, RFC 3463, RFC 5248).

The text is public and says nothing about our insides; the private reason travels beside it, to the log and
the trail. Our own faults are 4xx: only what a retry cannot mend is 5xx.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply: `code`, enhanced status code (RFC 3463) or "" where none is used, public text.

    A text may hold a place such as `{hostname}`, to be set by `filled` before it goes on the wire.
    """

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        """The reply line as it goes on the wire, without CRLF."""
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else f"{self.code} {self.text}"

    @property
    def refuses(self) -> bool:
        """Whether the client did not get what it asked for: any 4xx or 5xx."""
        return self.code >= 400

    def filled(self, **places: str | int) -> "Reply":
        """The reply with its places set. Raises KeyError when one is not given."""
        return Reply(self.code, self.enhanced, self.text.format_map(places))


# Going well. Greetings and the answers to HELO, EHLO and DATA carry no enhanced code (RFC 2034 section 4).
GREETING = Reply(220, "", "{hostname} ESMTP ready")
GREETING_LMTP = Reply(220, "", "{hostname} LMTP ready")
START_TLS = Reply(220, "2.0.0", "Ready to start TLS")
LOGGED_IN = Reply(235, "2.7.0", "Logged in")
BYE = Reply(221, "2.0.0", "Bye")
HELLO = Reply(250, "", "{hostname}")
DONE = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
KEPT = Reply(250, "2.6.0", "Kept as {mail}")
SEND_DATA = Reply(354, "", "End data with <CR><LF>.<CR><LF>")

# Locked down: harmless answers that confirm no address and describe no server (RFC 5321 3.5.3).
HELP = Reply(214, "2.0.0", "See RFC 5321")
CANNOT_VERIFY = Reply(252, "2.1.5", "Cannot verify addresses, send the mail and see")

# Closing, or not now. Each is worth another try later; 421 is followed by the end of the connection.
SHUTTING_DOWN = Reply(421, "4.3.2", "Shutting down, please try again later")
BAD_PROXY_HEADER = Reply(421, "4.3.5", "No valid PROXY header from the proxy")
TIMED_OUT = Reply(421, "4.4.2", "Waited too long")
TOO_BUSY = Reply(421, "4.4.5", "Too many connections, please try again later")
TOO_MANY_FROM_YOU = Reply(421, "4.7.0", "Too many connections from your address, please try again later")
TOO_OFTEN_FROM_YOU = Reply(421, "4.7.0", "Too many new connections from your address, please try again later")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors")
TOO_MANY_UNKNOWN = Reply(421, "4.7.0", "Too many unknown recipients")
TOO_MANY_LOGINS = Reply(421, "4.7.0", "Too many failed logins from your address, please try again later")
TOO_SLOW = Reply(421, "4.4.2", "The mail comes in too slowly")
OUR_FAULT = Reply(451, "4.3.0", "Local trouble, please try again later (incident {incident})")
NOT_KEPT = Reply(451, "4.3.0", "Cannot keep the mail now, please try again later")
NOT_NOW = Reply(451, "4.3.5", "Cannot look this address up now, please try again later")
NO_ROOM = Reply(452, "4.3.1", "Too much mail at once, please try again later")
DISK_FULL = Reply(452, "4.3.1", "Not enough room now, please try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")

# The command cannot be taken (RFC 5321 4.2.4: 500 unrecognised, 502 known and not offered).
UNKNOWN_COMMAND = Reply(500, "5.5.2", "Command not recognised")
COMMAND_TOO_LONG = Reply(500, "5.5.2", "Command line too long")
BAD_LINE = Reply(500, "5.5.2", "Commands are text lines that end with CRLF")
BAD_ARGUMENT = Reply(501, "5.5.4", "Syntax error in the command's argument")
BAD_SENDER = Reply(501, "5.1.7", "Syntax error in the sender's address")
BAD_RECIPIENT = Reply(501, "5.1.3", "Syntax error in the recipient's address")
NOT_OFFERED = Reply(502, "5.5.1", "Command not offered")
HELLO_FIRST = Reply(503, "5.5.1", "Send the greeting first")
ONE_SENDER_ONLY = Reply(503, "5.5.1", "The sender was given already")
SENDER_FIRST = Reply(503, "5.5.1", "Give the sender first")
RECIPIENT_FIRST = Reply(503, "5.5.1", "Give a valid recipient first")
TLS_ALREADY = Reply(503, "5.5.1", "TLS is active already")
TLS_FIRST = Reply(530, "5.7.0", "Send STARTTLS first")
LOGIN_FIRST = Reply(530, "5.7.0", "Log in first")
LOGIN_NOT_NOW = Reply(503, "5.5.1", "Logging in is not possible now")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Mechanism not offered")
BAD_CREDENTIALS_SYNTAX = Reply(501, "5.5.2", "That cannot be read as credentials")
NOT_LOGGED_IN = Reply(535, "5.7.8", "User or password is wrong")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not recognised")

# The address is not one of ours. Whether a secret or token was ever valid must not be told apart.
NO_SUCH_ADDRESS = Reply(550, "5.1.1", "No such address here")
NOT_OUR_DOMAIN = Reply(550, "5.7.1", "This server takes mail for its own addresses only")

# The mail cannot be kept, now or later.
NEVER_LOG = Reply(550, "5.7.1", "Mail of this correspondent is not kept here")
BARE_NEWLINE = Reply(550, "5.6.11", "Lines of a mail end with CRLF, a bare CR or LF is not taken")
TOO_BIG = Reply(552, "5.3.4", "The mail is larger than {limit} bytes")
HEADER_TOO_BIG = Reply(552, "5.3.4", "The header of the mail is larger than {limit} bytes")
TOO_MANY_HOPS = Reply(554, "5.4.6", "The mail has passed too many servers, it seems to go in circles")
