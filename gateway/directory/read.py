"""The four files of a directory, checked against each other and against what is known already."""

from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from gateway.directory.fields import (
    address_problem,
    domain_problem,
    domain_remark,
    key_problem,
    key_remark,
    split_domains,
)
from gateway.directory.rows import Problem, Progress, Row, Table, read_rows
from rules.addresses import address_key, fold_domain
from rules.domains import is_free_mail
from storage.directory import fold_key
from storage.imports import NewAccount, NewContact, NewDirectory, NewMember, NewUser

ATTRIBUTE = "attr:"

ACCOUNTS = Table(
    "accounts.csv",
    ("key", "name", "domains", "status", "health", "contract_value", "contract_value_privileged"),
    ("key", "name"),
    free_prefix=ATTRIBUTE,
)
USERS = Table("users.csv", ("email", "name", "alternative_emails", "role"), ("email",))
CONTACTS = Table("contacts.csv", ("email", "name", "account", "title"), ("email", "account"))
TEAM = Table("team.csv", ("account", "user", "role"), ("account", "user"))

TABLES = (ACCOUNTS, USERS, CONTACTS, TEAM)


@dataclass(frozen=True, slots=True)
class Background:
    """What the files are checked against besides each other.

    `accounts` maps folded keys to keys, `users` the address keys of users to those of their main addresses:
    both as the database has them. `own_domains` and `free_mail` are the operator's.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)
    own_domains: Collection[str] = frozenset()
    free_mail: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """The directory as read; good to be written only when there are no problems. Warnings hinder nothing."""

    directory: NewDirectory
    problems: list[Problem]
    warnings: list[Problem]


def read_directory(folder: Path, background: Background, progress: Progress) -> Reading:
    """Read the files that are there, and find everything that is wrong with them.

    A file that is missing leaves its noun as it is; a folder without any of the files is a problem.
    """
    reader = _Reader(folder, background, progress)
    there = {table.file for table in TABLES if (folder / table.file).exists()}
    if not there:
        names = ", ".join(table.file for table in TABLES)
        message = f"no such folder: {folder}" if not folder.is_dir() else f"none of {names} is in {folder}"
        return Reading(NewDirectory(), [Problem(str(folder), 0, "", message)], [])
    # In this order: contacts and teams name accounts and users.
    accounts = list(reader.accounts()) if ACCOUNTS.file in there else None
    users = list(reader.users()) if USERS.file in there else None
    reader.check_owners()
    contacts = list(reader.contacts()) if CONTACTS.file in there else None
    team = list(reader.team()) if TEAM.file in there else None
    order = {table.file: position for position, table in enumerate(TABLES)}
    for found in (reader.problems, reader.warnings):
        found.sort(key=lambda problem: (order[problem.file], problem.line))
    return Reading(NewDirectory(accounts, users, contacts, team), reader.problems, reader.warnings)


@dataclass(slots=True)
class _Owner:
    """Whose an address is: the main address of the user, as written, and the line that says so."""

    main: str
    line: int


class _Reader:
    """The state of one reading: what was met where, and what was wrong with it."""

    def __init__(self, folder: Path, background: Background, progress: Progress) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._folder = folder
        self._background = background
        self._progress = progress
        self._accounts: dict[str, tuple[str, int]] = {}
        self._domains: dict[str, str] = {}
        self._mains: dict[str, int] = {}
        self._owners: dict[str, _Owner] = {}
        self._own: dict[str, frozenset[str]] = {}
        self._replaced: Set[str] = frozenset()

    def accounts(self) -> Iterator[NewAccount]:
        """The accounts of accounts.csv."""
        for row in self._rows(ACCOUNTS):
            key = self._required(ACCOUNTS, row, "key")
            name = self._required(ACCOUNTS, row, "name")
            if key:
                self._check_key(row, key)
            account = NewAccount(
                key=key,
                name=name,
                domains=self._account_domains(row, key),
                status=self._choice(ACCOUNTS, row, "status", ("active", "inactive")),
                health=row.values.get("health") or None,
                contract_value=row.values.get("contract_value") or None,
                contract_value_privileged=self._boolean(ACCOUNTS, row, "contract_value_privileged"),
                attributes={
                    heading.removeprefix(ATTRIBUTE): value
                    for heading, value in row.values.items()
                    if heading.startswith(ATTRIBUTE) and value
                },
            )
            yield account

    def users(self) -> Iterator[NewUser]:
        """The users of users.csv."""
        for row in self._rows(USERS):
            email = self._address(USERS, row, "email")
            if email and address_key(email) in self._mains:
                line = self._mains[address_key(email)]
                self._problem(USERS, row, "email", f"{email!r} is the user of line {line} already")
                email = ""
            others = []
            if "alternative_emails" not in row.bad:
                for other in row.values.get("alternative_emails", "").split():
                    wrong = address_problem(other)
                    if wrong:
                        self._problem(USERS, row, "alternative_emails", wrong)
                    elif address_key(other) != address_key(email):
                        others.append(other)
            if email:
                self._mains[address_key(email)] = row.line
                self._own_addresses(row, email, others)
            yield NewUser(
                email=email,
                name=row.values.get("name", ""),
                alternatives=tuple({address_key(other): other for other in others}.values()),
                role=self._choice(USERS, row, "role", ("user", "admin")),
            )

    def contacts(self) -> Iterator[NewContact]:
        """The people of contacts.csv, one entry each, in the order of their first lines."""
        people: dict[str, tuple[str, str, dict[str, tuple[str, str, int]]]] = {}
        for row in self._rows(CONTACTS):
            email = self._address(CONTACTS, row, "email")
            account = self._known_account(CONTACTS, row)
            if not email:
                continue
            key = address_key(email)
            if key not in people and self._user_of(key):
                message = f"{email!r} is also the address of a Totango user, and counts as internal"
                self.warnings.append(Problem(CONTACTS.file, row.line, "email", message))
            first_email, name, places = people.get(key, (email, "", {}))
            people[key] = first_email, name or row.values.get("name", ""), places
            if not account:
                continue
            before = places.get(fold_key(account))
            if before is not None:
                message = f"{email!r} is a contact of {account!r} already in line {before[2]}"
                self._problem(CONTACTS, row, "account", message)
            else:
                places[fold_key(account)] = account, row.values.get("title", ""), row.line
        for email, name, places in people.values():
            yield NewContact(email, name, tuple((account, title) for account, title, _ in places.values()))

    def team(self) -> Iterator[NewMember]:
        """The members of team.csv."""
        met: dict[tuple[str, str], int] = {}
        for row in self._rows(TEAM):
            account = self._known_account(TEAM, row)
            user = self._address(TEAM, row, "user")
            key = address_key(user)
            main = self._user_of(key)
            if user and not main:
                self._problem(TEAM, row, "user", f"there is no user {user!r}")
            if not (account and main):
                continue
            pair = fold_key(account), address_key(main)
            if pair in met:
                message = f"{user!r} is in the team of {account!r} already in line {met[pair]}"
                self._problem(TEAM, row, "user", message)
            met.setdefault(pair, row.line)
            yield NewMember(account, user, row.values.get("role", ""))

    def check_owners(self) -> None:
        """Find addresses that would belong to two users, one of them known from before. After `users`."""
        known = frozenset(self._background.users.values())
        renamed = {main: self._former(main, own, known) for main, own in self._own.items()}
        self._replaced = self._mains.keys() | {former for former in renamed.values() if former}
        for key, owner in self._owners.items():
            before = self._background.users.get(key)
            if before and before not in self._mains and before != renamed[address_key(owner.main)]:
                message = f"{key!r} already belongs to the user {before!r}, who is not in this file"
                self.problems.append(Problem(USERS.file, owner.line, "email", message))

    def _former(self, main: str, own: frozenset[str], known: frozenset[str]) -> str | None:
        """The main address that a renamed user had before: the only old one among the addresses of a new one."""
        former = [key for key in own & known if key not in self._mains]
        return former[0] if len(former) == 1 and main not in known else None

    def _user_of(self, key: str) -> str:
        """The main address of the user an address will belong to, or ""."""
        if key in self._owners:
            return self._owners[key].main
        before = self._background.users.get(key, "")
        return "" if before in self._replaced else before

    def _rows(self, table: Table) -> Iterator[Row]:
        return read_rows(self._folder, table, self.problems, self._progress)

    def _problem(self, table: Table, row: Row, column: str, message: str) -> None:
        self.problems.append(Problem(table.file, row.line, column, message))

    def _required(self, table: Table, row: Row, column: str) -> str:
        """The value, or "" when it is missing or bad, which is then reported."""
        if column in row.bad:
            return ""
        value = row.values[column]
        if not value:
            self._problem(table, row, column, "is missing")
        return value

    def _address(self, table: Table, row: Row, column: str) -> str:
        address = self._required(table, row, column)
        wrong = address_problem(address) if address else None
        if wrong:
            self._problem(table, row, column, wrong)
            return ""
        return address

    def _choice(self, table: Table, row: Row, column: str, choices: tuple[str, ...]) -> str:
        """One of the choices, letter case ignored; the first one when nothing is said."""
        value = row.values.get(column, "")
        if not value or column in row.bad or value.lower() in choices:
            return value.lower() or choices[0]
        self._problem(table, row, column, f"{value!r} is neither {' nor '.join(choices)}")
        return choices[0]

    def _boolean(self, table: Table, row: Row, column: str) -> bool:
        return self._choice(table, row, column, ("false", "true")) == "true"

    def _check_key(self, row: Row, key: str) -> None:
        wrong = key_problem(key)
        if wrong:
            self._problem(ACCOUNTS, row, "key", wrong)
        folded = fold_key(key)
        if folded in self._accounts:
            before, line = self._accounts[folded]
            differs = (
                "" if before == key else f" as {before!r}: keys that differ only in letter case are one key"
            )
            self._problem(ACCOUNTS, row, "key", f"{key!r} is in line {line} already{differs}")
            return
        self._accounts[folded] = key, row.line
        known = self._background.accounts.get(folded, key)
        if known != key:
            message = f"{key!r} is known as {known!r}: keys that differ only in letter case are one key"
            self._problem(ACCOUNTS, row, "key", message)
        remark = None if wrong else key_remark(key)
        if remark:
            self.warnings.append(Problem(ACCOUNTS.file, row.line, "key", remark))

    def _account_domains(self, row: Row, key: str) -> tuple[str, ...]:
        if "domains" in row.bad:
            return ()
        domains = split_domains(row.values.get("domains", ""))
        for domain in domains:
            wrong = domain_problem(domain)
            if wrong:
                self._problem(ACCOUNTS, row, "domains", wrong)
                continue
            remark = self._domain_remark(domain, key)
            if remark:
                self.warnings.append(Problem(ACCOUNTS.file, row.line, "domains", remark))
            self._domains.setdefault(domain, key)
        return domains

    def _domain_remark(self, domain: str, key: str) -> str | None:
        background = self._background
        if is_free_mail(domain, background.free_mail):
            return f"{domain} is a free-mail domain and never tells an account"
        if _is_below(domain, background.own_domains):
            return f"{domain} is one of your own domains and never tells an account"
        other = self._domains.get(domain, key)
        if fold_key(other) != fold_key(key):
            return f"{domain} is a domain of {other!r} too: alone it tells neither account"
        return domain_remark(domain)

    def _own_addresses(self, row: Row, email: str, others: list[str]) -> None:
        self._own[address_key(email)] = frozenset(address_key(each) for each in (email, *others))
        for column, address in (("email", email), *(("alternative_emails", other) for other in others)):
            owner = self._owners.setdefault(address_key(address), _Owner(email, row.line))
            if owner.main != email:
                message = f"{address!r} belongs to the user {owner.main!r} of line {owner.line} already"
                self._problem(USERS, row, column, message)

    def _known_account(self, table: Table, row: Row) -> str:
        """The account of a row as the directory writes its key, or "" when it is reported."""
        account = self._required(table, row, "account")
        folded = fold_key(account)
        if folded in self._accounts:
            return self._accounts[folded][0]
        if account and folded not in self._background.accounts:
            self._problem(table, row, "account", f"there is no account {account!r}")
            return ""
        return account


def _is_below(domain: str, domains: Collection[str]) -> bool:
    return any(domain == own or domain.endswith(f".{own}") for own in map(fold_domain, domains))
