"""The answer to a notice: a colleague says by mail where a mail that could not be filed belongs."""

from dataclasses import dataclass

from rules.accounts.matching import domain_match
from rules.addresses import address_key
from rules.answers import addresses_in, answer_lines, named_in
from rules.case import Case
from rules.decision import Candidate
from rules.facts import Account, Question
from rules.message import Address
from rules.trail import Verdict

NAME = "answer"
DESCRIPTION = (
    "Whoever was asked where a mail belongs answers with an account's key or name, or a customer's address; "
    "nobody else may, and only if the sender is verified."
)
OPEN = ("unresolved", "failed")


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome` of the answer itself; `account` is what it names, with `outcome` ignored: the mail is filed there."""

    outcome: str
    verdict: Verdict
    account: Account | None = None
    candidates: tuple[Candidate, ...] = ()


def answer_to(case: Case, question: Question) -> Answer:
    """What a mail to the address of a question comes to."""
    user = case.author_user
    if user is None or address_key(user.email) != question.sender:
        return _miss("quarantined", f"Only who sent mail {question.mail_id} may say where it belongs.")
    if case.trust != "verified":
        why = f"An answer files a mail only if its sender is verified: {case.trust_why.why}."
        return _miss("quarantined", why)
    if question.state not in OPEN:
        return _miss("ignored", f"Mail {question.mail_id} waits no more: it is {question.state}.")
    for line in answer_lines(case.message):
        found = _accounts(case, line)
        if len(found) == 1:
            ((account, why),) = found.values()
            told = f"Mail {question.mail_id} is filed on {account.name}, as its sender answered: {why}."
            return Answer("ignored", Verdict(NAME, True, told), account)
        if found:
            candidates = tuple(Candidate(key, account.name, why) for key, (account, why) in found.items())
            return _miss("unresolved", f"The answer “{line}” fits several accounts.", candidates)
    why = "The answer names neither an account nor a customer's address in its first lines."
    return _miss("unresolved", why)


def _miss(outcome: str, why: str, candidates: tuple[Candidate, ...] = ()) -> Answer:
    return Answer(outcome, Verdict(NAME, False, why), candidates=candidates)


def _accounts(case: Case, line: str) -> dict[str, tuple[Account, str]]:
    """The accounts that a line can mean, by key, each with its why."""
    found: dict[str, tuple[Account, str]] = {}
    for name in named_in(line):
        for account in case.facts.named.get(name, ()):
            found.setdefault(account.key, (account, f"“{line}” is {account.name}"))
    if found:
        return found
    for email in addresses_in(line):
        contact = case.contact(Address(email))
        keys = contact.accounts if contact else ()
        accounts = [known for key in keys if (known := case.account(key))]
        if not accounts:
            match = domain_match(email, case)
            accounts = list(match.accounts) if match else []
        for each in accounts:
            found.setdefault(each.key, (each, f"{email} belongs to {each.name}"))
    return found
