"""The touchpoint gateway: what moves. Mail comes in by SMTP, is read, filed, and told about."""

__version__ = "0.1.0"
