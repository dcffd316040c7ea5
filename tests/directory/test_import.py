"""A directory imported from files as spreadsheets and CRM exports write them: all of it or nothing, all mistakes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.directory import DirectoryRefused, Imported, import_directory
from storage.directory import look_up
from storage.engine import open_engine, reading
from storage.imports import Count
from storage.listing import list_accounts, list_contacts, list_team, list_users
from storage.migrations import migrate

ACCOUNTS = """\
key,name,domains,status,health,contract_value,contract_value_privileged,attr:region
acme,Acme Rockets,acme.example rockets.example,active,green,48000,false,EMEA
globe,"Globe, Freight & Co",globe.example,inactive,,,TRUE,
"""
USERS = """\
email,name,alternative_emails,role
nora@brightwell.example,Nora Quist,n.quist@brightwell.example nq@labs.example,admin
sam@brightwell.example,Sam Oduya,,
"""
CONTACTS = """\
email,name,account,title
ada@acme.example,Ada Marsh,acme,CTO
Ada@acme.example,,globe,Adviser
bo@globe.example,"Bo ""Bear"" Lund",GLOBE,
"""
TEAM = """\
account,user,role
acme,nora@brightwell.example,csm
acme,sam@brightwell.example,
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    yield engine
    engine.dispose()


class Folder:
    """A folder of CSV files, imported into a database."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self.engine = engine
        path.mkdir()

    def write(self, **files: str | bytes) -> "Folder":
        """Write `accounts.csv` from `accounts=…`, and so on; text as UTF-8."""
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (self.path / f"{name}.csv").write_bytes(data)
        return self

    def load(self) -> Imported:
        """Import it."""
        return import_directory(
            self.engine, self.path, own_domains=["brightwell.example"], free_mail=["club.example"]
        )

    def problems(self) -> list[str]:
        """What is wrong with it; nothing must have been imported."""
        before = self.rows()
        with pytest.raises(DirectoryRefused) as refused:
            self.load()
        assert self.rows() == before
        return [str(problem) for problem in refused.value.problems]

    def warnings(self) -> list[str]:
        """What is remarked when it is imported."""
        return [str(warning) for warning in self.load().warnings]

    def rows(self) -> object:
        """Everything in the database."""
        with reading(self.engine) as conn:
            return [read(conn, 1000) for read in (list_accounts, list_users, list_contacts, list_team)]


@pytest.fixture
def folder(tmp_path: Path, engine: Engine) -> Folder:
    return Folder(tmp_path / "files", engine)


def test_a_whole_directory(folder: Folder) -> None:
    imported = folder.write(accounts=ACCOUNTS, users=USERS, contacts=CONTACTS, team=TEAM).load()
    assert imported.counts == {
        "accounts": Count(2, 0, 0),
        "users": Count(2, 0, 0),
        "contacts": Count(2, 0, 0),
        "team": Count(2, 0, 0),
    }
    assert imported.warnings == []
    with reading(folder.engine) as conn:
        acme, globe = list_accounts(conn, 10)
        assert (acme.attributes, acme.health, acme.contract_value) == ({"region": "EMEA"}, "green", "48000")
        assert (globe.name, globe.status) == ("Globe, Freight & Co", "inactive")
        assert (globe.health, globe.contract_value_privileged) == (None, True)
        ada, bo = list_contacts(conn, 10)
        assert (ada.name, ada.accounts) == ("Ada Marsh", (("acme", "CTO"), ("globe", "Adviser")))
        assert (bo.name, bo.accounts) == ('Bo "Bear" Lund', (("globe", ""),))
        assert [user.role for user in list_users(conn, 10)] == ["admin", "user"]
        assert look_up(conn, ["nq@labs.example"]).users["nq@labs.example"].name == "Nora Quist"


def test_the_same_files_again_change_nothing(folder: Folder) -> None:
    folder.write(accounts=ACCOUNTS, users=USERS, contacts=CONTACTS, team=TEAM).load()
    counts = folder.load().counts
    assert {count.new + count.changed for count in counts.values()} == {0}


def test_spreadsheets_write_a_byte_order_mark_and_crlf(folder: Folder) -> None:
    folder.write(accounts=b"\xef\xbb\xbf" + ACCOUNTS.replace("\n", "\r\n").encode()).load()
    with reading(folder.engine) as conn:
        assert [row.key for row in list_accounts(conn, 10)] == ["acme", "globe"]


def test_a_missing_file_leaves_its_rows_and_what_is_known_counts(folder: Folder) -> None:
    folder.write(accounts=ACCOUNTS, users=USERS).load()
    for name in ("accounts", "users"):
        (folder.path / f"{name}.csv").unlink()
    folder.write(contacts=CONTACTS, team=TEAM).load()
    with reading(folder.engine) as conn:
        assert (len(list_accounts(conn, 9)), len(list_contacts(conn, 9)), len(list_team(conn, 9))) == (
            2,
            2,
            2,
        )


def test_a_folder_without_files_is_a_problem(folder: Folder) -> None:
    (problem,) = folder.problems()
    assert "none of accounts.csv, users.csv, contacts.csv, team.csv is in" in problem
    folder.path.rmdir()
    (problem,) = folder.problems()
    assert "no such folder" in problem


def test_every_mistake_is_found_with_file_line_and_column(folder: Folder) -> None:
    folder.write(
        accounts=(
            "key,name,domains,status,health,contract_value,contract_value_privileged\n"
            "acme,Acme,,active,,,false\n"
            "ACME,Acme again,,active,,,false\n"
            ",Nameless key,,active,,,false\n"
            "two words,,acme..example,dormant,,,yes\n"
        ),
        users=(
            "email,name,alternative_emails,role\n"
            "nora@brightwell.example,Nora,,boss\n"
            "nora+x@brightwell.example,Nora too,,user\n"
            "sam@brightwell.example,Sam,nora@brightwell.example not-an-address,user\n"
            "ann@,Ann,,user\n"
        ),
        contacts=(
            "email,name,account,title\n"
            "ada@acme.example,Ada,acme,\n"
            "ada@acme.example,Ada,acme,\n"
            "bo@acme.example,Bo,nowhere,\n"
            "Bo Lund <bo@acme.example>,Bo,acme,\n"
            ",Nobody,,\n"
        ),
        team="account,user,role\nacme,ghost@brightwell.example,\nnowhere,nora@brightwell.example,\n",
    )
    assert folder.problems() == [
        "accounts.csv:3: key: 'ACME' is in line 2 already as 'acme': keys that differ only in "
        "letter case are one key",
        "accounts.csv:4: key: is missing",
        "accounts.csv:5: name: is missing",
        "accounts.csv:5: key: 'two words' cannot be a key: blanks, “@” and control characters are not allowed",
        "accounts.csv:5: domains: 'acme..example' is no domain",
        "accounts.csv:5: status: 'dormant' is neither active nor inactive",
        "accounts.csv:5: contract_value_privileged: 'yes' is neither false nor true",
        "users.csv:2: role: 'boss' is neither user nor admin",
        "users.csv:3: email: 'nora+x@brightwell.example' is the user of line 2 already",
        "users.csv:4: alternative_emails: 'not-an-address' is no e-mail address: an email address "
        "must have an @-sign",
        "users.csv:4: alternative_emails: 'nora@brightwell.example' belongs to the user 'nora@brightwell.example' "
        "of line 2 already",
        "users.csv:5: email: 'ann@' is no e-mail address: there must be something after the @-sign",
        "contacts.csv:3: account: 'ada@acme.example' is a contact of 'acme' already in line 2",
        "contacts.csv:4: account: there is no account 'nowhere'",
        "contacts.csv:5: email: 'Bo Lund <bo@acme.example>' is no e-mail address: a display name and angle "
        "brackets around the email address are not permitted here",
        "contacts.csv:6: email: is missing",
        "contacts.csv:6: account: is missing",
        "team.csv:2: user: there is no user 'ghost@brightwell.example'",
        "team.csv:3: account: there is no account 'nowhere'",
    ]


def test_lines_that_are_no_rows(folder: Folder) -> None:
    folder.write(
        accounts=(
            b"key,name,domains\n"
            b"a,Caf\xe9,\n"  # saved as Windows-1252
            b"b,one,two,three\n"
            b"\n"
            b"c,short\n"
            b"d,nul \x00 byte,\n"
            b'e,"over\ntwo lines",\n'
            b'f,"quoted" badly,\n'
            b"g,after a value of two lines,http://g.example\n"
            b'h,"never closed,\n'
            b"i,swallowed,http://i.example\n"
        )
    )
    assert folder.problems() == [
        "accounts.csv:2: name: is not UTF-8: byte 0xE9; save the file as “CSV UTF-8”",
        "accounts.csv:3: has 4 values, the heading has 3; a value with a comma in it must stand in quotes",
        "accounts.csv:5: has 2 values, the heading has 3",
        "accounts.csv:6: name: holds the control character U+0000",
        'accounts.csv:9: there is text after a closing quote; a quote inside a value is written twice ("")',
        "accounts.csv:10: domains: 'http://g.example' is no domain",
        "accounts.csv:11: a quote is opened here and never closed",
        "accounts.csv:12: domains: 'http://i.example' is no domain",
    ]


def test_lines_that_an_open_quote_swallows_are_looked_at_all_the_same(folder: Folder) -> None:
    """Some thousand lines on, the CSV reader gives up on the value; what it swallowed is not lost."""
    lines = [b'a%d,"open,\n' % n if n == 10 else b"a%d,Name,\n" % n for n in range(20000)]
    lines[20] = b"a20,,\n"
    lines[8990] = b"a8990,,\n"
    folder.write(accounts=b"key,name,domains\n" + b"".join(lines))
    assert folder.problems() == [
        "accounts.csv:12: a value has more than 131,072 characters; is a closing quote missing?",
        "accounts.csv:22: name: is missing",
        "accounts.csv:8992: name: is missing",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "accounts.csv:1: is empty"),
        ("key;name\na;A\n", "accounts.csv:1: the values must be separated by commas"),
        (
            "key,name,colour\na,A,red\n",
            "accounts.csv:1: colour: unknown column 'colour'; known are key, name, domains",
        ),
        ("key,Name\na,A\n", "accounts.csv:1: Name: unknown column 'Name'"),
        ("key,name,name\na,A,B\n", "accounts.csv:1: name: this heading stands there twice"),
        ("key,name,\na,A,\n", "accounts.csv:1: the heading of column 3 is empty"),
        ("key,name,attr:\na,A,x\n", "accounts.csv:1: attr:: unknown column 'attr:'"),
        ("name\nA\n", "accounts.csv:1: key: the column 'key' is missing"),
        ("key,name\na,A\n".encode("utf-16"), "accounts.csv: is UTF-16, not UTF-8"),
        (
            b'key,name\na,"' + b"x" * 200_000 + b'"\n',
            "accounts.csv:2: a value has more than 131,072 characters",
        ),
    ],
)
def test_a_heading_that_cannot_be_understood(folder: Folder, content: str | bytes, problem: str) -> None:
    assert any(found.startswith(problem) for found in folder.write(accounts=content).problems())


def test_a_line_that_is_bad_in_one_column_still_counts_as_known(folder: Folder) -> None:
    folder.write(
        accounts="key,name,status\nacme,Acme,sleepy\n",
        contacts="email,name,account,title\nada@acme.example,Ada,acme,\n",
    )
    assert folder.problems() == ["accounts.csv:2: status: 'sleepy' is neither active nor inactive"]


def test_a_key_known_in_another_letter_case_is_refused(folder: Folder) -> None:
    folder.write(accounts=ACCOUNTS).load()
    folder.write(accounts="key,name\nAcme,Acme\n")
    assert folder.problems() == [
        "accounts.csv:2: key: 'Acme' is known as 'acme': keys that differ only in letter case are one key"
    ]


def test_an_address_of_a_user_from_before_is_not_taken_away(folder: Folder) -> None:
    folder.write(users=USERS).load()
    folder.write(users="email,alternative_emails\neve@brightwell.example,nq@labs.example\n")
    assert folder.problems() == [
        "users.csv:2: email: 'nq@labs.example' already belongs to the user 'nora@brightwell.example', who is not in "
        "this file"
    ]
    folder.write(users="email,alternative_emails\nsam@brightwell.example,nora@brightwell.example\n")
    assert len(folder.problems()) == 1


def test_a_user_may_be_renamed_and_is_then_known_by_the_new_name_only(folder: Folder) -> None:
    folder.write(accounts=ACCOUNTS, users=USERS, team=TEAM).load()
    folder.write(
        users="email,alternative_emails\nnora.berg@brightwell.example,nora@brightwell.example\n",
        team="account,user,role\nacme,nora@brightwell.example,csm\nglobe,nq@labs.example,csm\n",
    )
    assert folder.problems() == ["team.csv:3: user: there is no user 'nq@labs.example'"]


@pytest.mark.parametrize(
    "address",
    [
        "ada@acme.test",
        "ada@mail.local",
        "ada@localhost",
        "ada@[192.0.2.1]",
        "ada@[IPv6:2001:db8::1]",
        '"ada marsh"@acme.example',
        "ада@почта.рф",
        "ada@xn--bcher-kva.example",
        "o'neil&sons=x/y@acme.example",
        "a" * 64 + "@acme.example",
    ],
)
def test_unusual_addresses_are_addresses(folder: Folder, address: str) -> None:
    quoted = '"' + address.replace('"', '""') + '"'
    folder.write(accounts=ACCOUNTS, contacts=f"email,name,account,title\n{quoted},Ada,acme,\n").load()
    with reading(folder.engine) as conn:
        assert [row.email for row in list_contacts(conn, 10)] == [address]


@pytest.mark.parametrize(
    "address", ["ada", "@acme.example", "ada@", "a b@acme.example", "ada@acme", "a..b@acme.example"]
)
def test_what_is_no_address(folder: Folder, address: str) -> None:
    folder.write(accounts=ACCOUNTS, contacts=f"email,name,account,title\n{address},Ada,acme,\n")
    (problem,) = folder.problems()
    assert problem.startswith(f"contacts.csv:2: email: '{address}' is no e-mail address: ")


def test_domains_that_tell_nothing_are_remarked(folder: Folder) -> None:
    folder.write(
        accounts=(
            "key,name,domains\n"
            "a,A,gmail.com a.example\n"
            "b,B,labs.brightwell.example\n"
            "c,C,club.example co.uk\n"
            "d,D,a.example\n"
            "e,E,Bücher.example acme.github.io\n"
        )
    )
    assert folder.warnings() == [
        "accounts.csv:2: domains: gmail.com is a free-mail domain and never tells an account",
        "accounts.csv:3: domains: labs.brightwell.example is one of your own domains and never tells an account",
        "accounts.csv:4: domains: club.example is a free-mail domain and never tells an account",
        "accounts.csv:4: domains: co.uk is a public suffix and will never match",
        "accounts.csv:5: domains: a.example is a domain of 'a' too: alone it tells neither account",
    ]
    with reading(folder.engine) as conn:
        assert list_accounts(conn, 9)[4].domains == ("acme.github.io", "xn--bcher-kva.example")


def test_keys_without_an_address_of_their_own_are_remarked(folder: Folder) -> None:
    folder.write(accounts=f"key,name\n{'k' * 51},Long\nmüller,Müller\na.b-c_1,Fine\na..b,Dots\n")
    assert folder.warnings() == [
        f"accounts.csv:2: key: '{'k' * 51}' has no per-account address: only 50 octets fit into one",
        "accounts.csv:3: key: 'müller' has no per-account address: not all of its characters can stand in one",
        "accounts.csv:5: key: 'a..b' has no per-account address: not all of its characters can stand in one",
    ]


def test_users_among_the_contacts_are_remarked(folder: Folder) -> None:
    contacts = "email,name,account,title\nnq+x@labs.example,Nora,acme,\n"
    folder.write(accounts=ACCOUNTS, users=USERS, contacts=contacts)
    remark = (
        "contacts.csv:2: email: 'nq+x@labs.example' is also the address of a Totango user, and "
        "counts as internal"
    )
    assert folder.warnings() == [remark]
    (folder.path / "contacts.csv").unlink()
    folder.write(users="email\nnq@labs.example\n")
    assert "already belongs to the user" in folder.problems()[0]
    folder.write(users="email,alternative_emails\nsam@brightwell.example,\n", contacts=CONTACTS)
    assert folder.warnings() == []


def test_progress_goes_to_the_end_of_every_step(folder: Folder) -> None:
    folder.write(accounts=ACCOUNTS, users=USERS, contacts=CONTACTS, team=TEAM)
    last: dict[str, tuple[int, int]] = {}

    def progress(done: int, total: int, what: str) -> None:
        assert 0 <= done <= total
        last[what] = done, total

    import_directory(folder.engine, folder.path, progress=progress)
    assert list(last) == [
        "reading accounts.csv",
        "reading users.csv",
        "reading contacts.csv",
        "reading team.csv",
        "accounts",
        "users",
        "contacts",
        "team",
    ]
    assert all(done == total for done, total in last.values())
