"""Per-account address: the logging address with `+` and the account's key."""

from rules import replies
from rules.recipients.kinds import Known, Rcpt, Recipient
from rules.site import LoggingAddress, Site

NAME = "account-address"
DESCRIPTION = "log+<account key>@… names the account; letter case does not count, an unknown key is refused."


def check(rcpt: Rcpt, site: Site, known: Known) -> Recipient | None:
    """The account the address names, a refusal for an unknown key, None for any other address."""
    found = _split(rcpt, site)
    if found is None:
        return None
    entry, key = found
    account = known.accounts.get(key)
    if account is None:
        return Recipient(rcpt.address, "refused", f"no account has the key {key!r}", replies.NO_SUCH_ADDRESS)
    return Recipient(
        rcpt.address, "account", f"names the account {account}", flow=entry.flow, account=account
    )


def account_key(rcpt: Rcpt, site: Site) -> str | None:
    """The case-folded key in the address, or None."""
    found = _split(rcpt, site)
    return found[1] if found else None


def matches(rcpt: Rcpt, site: Site) -> bool:
    """Whether the address has this form, known or not."""
    return _split(rcpt, site) is not None


def _split(rcpt: Rcpt, site: Site) -> tuple[LoggingAddress, str] | None:
    for entry in site.logging:
        local, _, domain = entry.address.lower().rpartition("@")
        if rcpt.domain == domain and rcpt.local.startswith(local + "+"):
            return entry, rcpt.local[len(local) + 1 :].casefold()
    return None
