"""Step 1: the account key in the address."""

from rules.accounts.finding import Finding
from rules.accounts.matching import candidates
from rules.case import Case
from rules.message import Address

NAME = "account-by-address"
DESCRIPTION = "Step 1: the account key in the address the mail was sent to."


def check(case: Case, people: tuple[Address, ...]) -> Finding:  # noqa: ARG001
    """Hits when per-account addresses name an account; two different ones cannot both be meant."""
    named = {recipient.account: recipient.address for recipient in case.of_kind("account")}
    if not named:
        return Finding.miss(NAME, "no per-account address among the recipients")
    if len(named) > 1:
        reasons = {key: f"named by {address}" for key, address in named.items()}
        return Finding.torn(
            NAME, candidates(case, reasons), "the mail went to the addresses of several accounts"
        )
    key, address = next(iter(named.items()))
    account = case.account(key)
    if account is None:
        return Finding.miss(NAME, f"the account {key} is not in the directory any more")
    return Finding.found(NAME, account, f"{address} names {account.name}")
