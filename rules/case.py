"""One mail with everything that is known when it is decided."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from rules.addresses import address_key
from rules.facts import Account, Contact, Facts, Question, Thread, User
from rules.message import Address, Message, first
from rules.original import Original
from rules.people import people_of
from rules.recipients import Recipient, is_own_address, threads_in_header
from rules.references import referenced_ids
from rules.site import Site
from rules.subjects import subject_addresses
from rules.trail import Verdict


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP envelope: `mail_from` is "" for the null sender; `received_at` is aware UTC."""

    mail_from: str
    recipients: tuple[Recipient, ...]
    received_at: datetime


@dataclass(frozen=True)
class Case:
    """One mail to be decided.

    `originals` are the mails it forwards, outermost first. `trust` is verified, unverified or failed and
    `trust_why` how that was found out. `assigned` is the key of the account an operator chose, or "".
    `accepted` says that the mail was answered 250: it can no longer be refused, only ignored.
    """

    message: Message
    envelope: Envelope
    facts: Facts
    site: Site
    originals: tuple[Original, ...] = ()
    trust: str = "unverified"
    trust_why: Verdict = field(
        default=Verdict("sender-trust", False, "nothing proves or disproves the sender")
    )
    assigned: str = ""
    accepted: bool = True

    @cached_property
    def author(self) -> Address | None:
        """The first mailbox of From, or None."""
        return first(self.message.from_)

    @cached_property
    def author_user(self) -> User | None:
        """The Totango user behind From, or None."""
        return self.user(self.author)

    @cached_property
    def recipients_in_header(self) -> tuple[Address, ...]:
        """The people in To and Cc, without the addresses of the gateway."""
        return self.without_own(self.message.to + self.message.cc)

    @cached_property
    def own_in_header(self) -> tuple[Address, ...]:
        """The gateway's own addresses in To and Cc."""
        header = self.message.to + self.message.cc
        return tuple(address for address in header if is_own_address(address.email, self.site))

    @cached_property
    def outsiders_in_header(self) -> tuple[Address, ...]:
        """Everyone in To and Cc who is no Totango user."""
        return tuple(address for address in self.recipients_in_header if self.user(address) is None)

    @cached_property
    def subject_people(self) -> tuple[Address, ...]:
        """The addresses in the subject that belong neither to a Totango user nor to the gateway."""
        found = tuple(Address(email) for email in subject_addresses(self.message.subject))
        return tuple(address for address in self.without_own(found) if self.user(address) is None)

    def user(self, address: Address | None) -> User | None:
        """The Totango user an address belongs to, or None."""
        return self.facts.users.get(address_key(address.email)) if address else None

    def contact(self, address: Address | None) -> Contact | None:
        """The contact an address belongs to, or None. Who is a Totango user is no contact."""
        if address is None or self.user(address) is not None:
            return None
        return self.facts.contacts.get(address_key(address.email))

    def account(self, key: str) -> Account | None:
        """The account with this key as the directory writes it, or None."""
        return self.facts.accounts.get(key)

    def without_own(self, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        """The addresses that are people: the gateway's own taken out."""
        return tuple(address for address in addresses if not is_own_address(address.email, self.site))

    def of_kind(self, kind: str) -> tuple[Recipient, ...]:
        """The accepted envelope recipients of one kind, in order."""
        return tuple(recipient for recipient in self.envelope.recipients if recipient.kind == kind)

    @cached_property
    def thread_numbers(self) -> tuple[int, ...]:
        """The touchpoints that the envelope names, each once: by thread addresses, then by return paths."""
        named = [recipient.number for recipient in self.of_kind("thread")]
        for recipient in self.of_kind("copy"):
            copy = self.facts.copies.get(recipient.number)
            if copy is not None and copy.thread is not None:
                named.append(copy.thread)
        if not named:
            # A server may hand a mail over in two, by recipient: its header names the thread in both.
            named = [recipient.number for recipient in threads_in_header(self.message, self.site)]
        return tuple(dict.fromkeys(named))

    @cached_property
    def open_threads(self) -> tuple[Thread, ...]:
        """Those of them that take replies."""
        found = (self.facts.threads.get(number) for number in self.thread_numbers)
        return tuple(thread for thread in found if thread is not None and thread.state == "open")

    @cached_property
    def referenced(self) -> tuple[Thread, ...]:
        """The open threads that the mail's own fields name, nearest first. An id of two threads names none."""
        threads: dict[int, Thread] = {}
        for identifier in referenced_ids(self.message):
            numbers = self.facts.messages.get(identifier, ())
            thread = self.facts.threads.get(numbers[0]) if len(numbers) == 1 else None
            if thread is not None and thread.state == "open":
                threads.setdefault(thread.id, thread)
        return tuple(threads.values())

    @cached_property
    def question(self) -> Question | None:
        """The question that the mail answers, or None."""
        for recipient in self.of_kind("question"):
            question = self.facts.questions.get(recipient.number)
            if question is not None:
                return question
        return None

    @cached_property
    def people(self) -> tuple[Address, ...]:
        """Everyone in From, To and Cc who is not the gateway, one entry a person."""
        return people_of(self.without_own(self.message.people()), self.facts)
