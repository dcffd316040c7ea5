"""The SMTP and LMTP listener: from the socket to a mail that is complete and wanted (RFC 5321, RFC 2033)."""
