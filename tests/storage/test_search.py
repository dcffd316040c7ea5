"""Search: found by what a person would look for, in the order of timelines, and gone with what it was of."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

import storage.migrations
from rules.erasure import Person
from rules.message import Attachment
from rules.people import Participant
from rules.search import MOST_WORDS, Query, read_query, searched_words
from storage.directory import account_id_by_key
from storage.engine import compact, open_engine, reading, rebuilding, writing
from storage.erasure import erase_files, erase_touchpoint, sweep
from storage.filing import change, file, withdraw
from storage.migrations import migrate
from storage.searching import ACCOUNT, place_of, search
from storage.tables import METADATA, attachments, participants, searched, touchpoints
from storage.timeline import Filter, TouchpointRow, get, list_touchpoints
from storage.touchpoints import add_people, create, edit, remove
from storage.traces import Near
from tests.storage.build import ADA, NORA, NOW, filing, fill, kept, touchpoint

DECISION = {"outcome": "filed", "reason": "", "rules": []}


@pytest.fixture(autouse=True)
def directory(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everybody; and at the end all that is found is what is there."""
    if "engine" not in request.fixturenames:
        yield
        return
    engine = request.getfixturevalue("engine")
    fill(engine)
    yield
    with writing(engine) as conn:
        in_step(conn)


def in_step(conn: Connection) -> None:
    """The words of every touchpoint that is not deleted are there as it says now, and no other words."""
    expected = {}
    for touchpoint_id in conn.execute(
        select(touchpoints.c.id).where(touchpoints.c.deleted_at.is_(None))
    ).scalars():
        row = get(conn, touchpoint_id)
        account = f"{ACCOUNT}{account_id_by_key(conn, row.account_key)}"
        expected[touchpoint_id] = (place_of(row.date, row.id), "\n".join((account, *searched_words(row))))
    there = conn.execute(select(searched.c.touchpoint_id, searched.c.place, searched.c.words))
    assert {row[0]: (row[1], row[2]) for row in there} == expected
    if conn.dialect.name == "sqlite":
        conn.execute(text("INSERT INTO searched_words (searched_words, rank) VALUES ('integrity-check', 1)"))


def asked(typed: str) -> Query:
    """A query that can be read."""
    query = read_query(typed)
    assert isinstance(query, Query), query
    return query


def found(conn: Connection, typed: str, limit: int = 50, **how: Any) -> list[int]:
    """The ids of what is found."""
    return [row.id for row in search(conn, asked(typed), limit, **how)]


def written(conn: Connection, identity: str, **values: Any) -> int:
    """A touchpoint, typed."""
    made = create(conn, touchpoint(identity, **values), NOW).touchpoint_id
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("typed", "is_there"),
    [
        ("rollout", True),
        ("STRASSE", True),
        ("straße 7", True),
        ("monday hello", True),
        ('"see you on monday"', True),
        ('"see you monday"', False),
        ('"7 nora"', False),  # the end of the subject and the beginning of a name
        ("mon*", True),
        ("mond*", True),
        ('"you on mon"*', True),
        ("monday*", True),
        ("tuesd*", False),
        ("quist", True),
        ("ada@acme.example", True),
        ("marsh@acme.example", False),
        ("elsewhere.example", True),
        ("plan.pdf", True),
        ("logo", False),
        ("fyi", True),
        ("forwarder", True),
        ("rollout -monday", False),
        ("rollout -tuesday -mars", True),
        ('rollout -"see you"', False),
        ("rollout tuesday", False),
        ("or", False),
        ("monday -monday", False),
        ("京都 東京", False),
        ("京都", True),
        ("都へ行く", True),
        ("都行", False),
        ("2026*", True),
    ],
)
def test_it_is_found_by_what_it_says(engine: Engine, typed: str, is_there: bool) -> None:
    by = Participant("sam@brightwell.example", "Sam Forwarder", "internal", "user")
    words = "Hello Ada\n\nsee you on Monday 🚀 京都へ行く 20260302"
    with writing(engine) as conn:
        number = written(conn, "one", text=words, comment="fyi", filed_by=by)
        assert found(conn, typed) == ([number] if is_there else [])


SIGNS = [*"\"*-()^{:'\\\x00|&!+, ", "AND", "NOT", "NEAR", "<->", "§1", "¶", "plan", "東京", "½", "ab"]
"""What means something in the language of an index."""


def test_whatever_is_typed_no_database_minds(engine: Engine) -> None:
    with writing(engine) as conn:
        written(conn, "one")

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(
        st.one_of(
            st.text(max_size=200),
            st.lists(st.sampled_from(SIGNS)).map("".join),
        )
    )
    def anything(typed: str) -> None:
        query = read_query(typed)
        if isinstance(query, Query):
            with reading(engine) as conn:
                search(conn, query, 5, account_ids=[1, 2])
                search(conn, query, 5, (NOW, 3))

    anything()


def test_pages_go_on_in_the_order_of_the_timeline(engine: Engine) -> None:
    """Many in one second, and in one instant, written in another order; dates that no clock has."""
    fractions = (0, 999_999, 5, 5, 5, 0, 400_000)
    dates = [NOW.replace(microsecond=each) for each in fractions]
    dates += [NOW - timedelta(days=each % 4, seconds=each) for each in range(8)]
    dates += [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(9999, 1, 1, tzinfo=UTC),
    ]
    dates += [datetime(9998, 1, 1, tzinfo=UTC)]
    with writing(engine) as conn:
        for number, date in enumerate(dates):
            written(conn, f"{number}", date=date, text="same" if number % 5 else "other")
        expected = [
            row.id for row in list_touchpoints(conn, Filter(), limit=100) if row.text == "same"
        ]  # fmt: skip
        assert len(expected) > 10
        for limit in (1, 2, 3, 7, 100):
            pages: list[TouchpointRow] = []
            while page := search(
                conn, asked("same"), limit, (pages[-1].date, pages[-1].id) if pages else None
            ):
                assert len(page) <= limit
                pages += page
            assert [row.id for row in pages] == expected


def test_only_in_the_accounts_that_are_asked_for(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = written(conn, "one"), written(conn, "two", account="globe-air")
        acme, globe = account_id_by_key(conn, "acme"), account_id_by_key(conn, "globe-air")
        assert found(conn, "monday") == [two, one]
        assert found(conn, "monday", account_ids=[acme]) == [one]
        assert found(conn, "monday", account_ids=[globe]) == [two]
        assert found(conn, "monday", account_ids=[acme, globe]) == [two, one]
        assert found(conn, "monday", account_ids=[]) == []
        assert found(conn, "monday", account_ids=range(1, 3000)) == [two, one]
        assert found(conn, "monday -acme", account_ids=[acme]) == []


def test_a_row_that_is_found_is_the_one_that_is_stored(engine: Engine) -> None:
    with writing(engine) as conn:
        number = written(conn, "one")
        assert search(conn, asked("monday"), 1) == [get(conn, number)]


def test_replies_are_found_by_themselves(engine: Engine) -> None:
    with writing(engine) as conn:
        root, mail = written(conn, "one"), kept(conn)[0]
        answer = touchpoint("two", thread_id=root, text="Tuesday suits me", date=NOW)
        reply = file(conn, mail, filing(None, "replied", replies=(answer,)), NOW).touchpoint_id
        assert reply is not None
        assert found(conn, "tuesday") == [reply]
        assert search(conn, asked("tuesday"), 1)[0].thread_id == root
        add_people(conn, root, [Participant("new@acme.example", "Newton", "external", "unknown")], 10)
        assert found(conn, "newton") == [root]
        remove(conn, root, NOW)
        assert found(conn, "tuesday") == found(conn, "monday") == found(conn, "newton") == []


def test_what_is_edited_is_found_by_what_it_says_now(engine: Engine) -> None:
    with writing(engine) as conn:
        first, second = written(conn, "one"), written(conn, "two", date=NOW - timedelta(minutes=90))
        new = touchpoint("one", subject="Renewal", date=NOW - timedelta(days=1), participants=(NORA,))
        assert found(conn, "monday") == [first, second]
        edit(conn, first, replace(new, attachments=()), 1, NOW)
        assert found(conn, "rollout") == [second]
        assert found(conn, "renewal") == [first]
        assert found(conn, "plan") == found(conn, "zed") == [second]
        assert found(conn, "monday") == [second, first]


def test_what_is_decided_again_or_withdrawn(engine: Engine) -> None:
    with writing(engine) as conn:
        one, two = (
            file(conn, mail, filing(touchpoint(f"{mail}")), NOW).touchpoint_id for mail in kept(conn, 2)
        )
        assert one is not None
        assert two is not None
        change(conn, one, touchpoint("again", text="Wednesday"), DECISION, NOW)
        assert (found(conn, "wednesday"), found(conn, "monday")) == ([one], [two])
        withdraw(conn, two, NOW)
        assert found(conn, "monday") == []


def test_what_is_undone_is_not_found(engine: Engine) -> None:
    with pytest.raises(RuntimeError), writing(engine) as conn:
        written(conn, "one")
        assert found(conn, "monday") != []
        raise RuntimeError
    with reading(engine) as conn:
        assert found(conn, "monday") == []


def test_whoever_is_erased_is_not_found(engine: Engine) -> None:
    ada = Person([ADA.email], [ADA.name])
    digest = touchpoint().attachments[0].sha256
    with writing(engine) as conn:
        hers = written(conn, "one", author=ADA, text="tamarind", participants=(ADA,), attachments=())
        with_her = written(conn, "two", text=f"Ask {ADA.email}, she knows")
        left = written(conn, "three", participants=(NORA,), subject=f"{ADA.email}", author=NORA)
        assert found(conn, "ada.marsh") == [with_her, hers]
        assert len(found(conn, "ada@acme.example")) == 3
        erase_touchpoint(conn, hers, ada, Near(own=True, quoting=True), NOW)
        erase_touchpoint(conn, with_her, ada, Near(own=False, quoting=False), NOW)
        assert found(conn, "tamarind") == []
        assert found(conn, "ada@acme.example") == [left]
        sweep(conn, ada)
        assert found(conn, "ada@acme.example") == []
        assert found(conn, "she knows") == [with_her]
        assert found(conn, "plan.pdf") == [left, with_her]
        erase_files(conn, [digest])
        assert found(conn, "plan.pdf") == []


def test_the_sweep_of_people_and_files_reaches_what_is_found(engine: Engine) -> None:
    ada = Person([ADA.email])
    named = Attachment(f"{ADA.email} offer.pdf", "application/pdf", 3, "ab", False)
    other = Participant("x@y.example", f"for {ADA.email}", "external", "unknown")
    with writing(engine) as conn:
        number = written(conn, "one", participants=(other,), attachments=(named,))
        assert found(conn, '"ada acme example offer"') == found(conn, '"for ada acme"') == [number]
        sweep(conn, ada)
        assert found(conn, "acme") == []


def test_no_word_that_is_gone_is_left_in_the_files(tmp_path: Path) -> None:
    """Words that go are noted as gone in the index, and stay in it, until the file is written anew."""
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    fill(engine)
    for number in range(40):
        with writing(engine) as conn:  # a piece of the index each
            written(
                conn,
                f"{number}",
                text=f"tamarind xylophon{number}quasar",
                date=NOW + timedelta(minutes=number),
            )
    with writing(engine) as conn:
        for number in range(1, 40):
            remove(conn, number, NOW)
    compact(engine)
    with reading(engine) as conn:
        assert found(conn, "tamarind") == [40]
        conn.execute(text("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, searched_words, row)"))
        told = set(conn.execute(text("SELECT term FROM vocabulary")).scalars())
    engine.dispose()
    assert {word for word in told if "xylophon" in word} == {"xylophon39quasar"}
    there = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"xylophon39quasar" in there
    assert b"xylophon7quasar" not in there


def test_a_very_long_text_is_filed_and_found_by_its_beginning(engine: Engine) -> None:
    long = " ".join(f"w{number}" for number in range(3 * MOST_WORDS))
    data = "ﷺ" * 200_000
    with writing(engine) as conn:
        one = written(conn, "one", text=long)
        two = written(conn, "two", text=data, date=NOW)
        often = written(conn, "three", text="so it goes " * 20_000, date=NOW + timedelta(hours=1))
        assert found(conn, '"w0 w1 w2"') == [one]
        assert found(conn, f"w{3 * MOST_WORDS - 1}") == []
        assert found(conn, "ﷺ*") in ([], [two])
        assert found(conn, '"so it goes so"') == [often]


def test_the_index_is_told_of_rows_that_go_by_a_cascade(engine: Engine) -> None:
    with writing(engine) as conn:
        number = written(conn, "one")
        conn.execute(delete(touchpoints).where(touchpoints.c.id == number))
        assert found(conn, "monday") == []
        assert conn.execute(select(searched)).all() == []


def test_that_it_is_out_of_step_is_seen(tmp_path: Path) -> None:
    """What every test here ends with would see words that nobody wrote into the index."""
    engine = open_engine(tmp_path / "gateway.db")
    migrate(engine)
    fill(engine)
    with writing(engine) as conn:
        written(conn, "one")
        in_step(conn)
        conn.execute(update(participants).values(name="Somebody Else"))
        with pytest.raises(AssertionError):
            in_step(conn)
    engine.dispose()


def test_a_database_of_before_is_filled(database: str) -> None:
    """More touchpoints than are read at once, of which some were deleted."""
    engine = open_engine(database)
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with rebuilding(engine) as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0004")
    fill(engine)
    with writing(engine) as conn:
        rows = [_stored(number) for number in range(1, 1203)]
        conn.execute(insert(touchpoints), rows)
        people = {"address_key": "ada@acme.example", "email": "ada@acme.example", "name": "Ada Marsh"}
        values = {"touchpoint_id": 600, "position": 0, "side": "external", "known": "contact"}
        conn.execute(insert(participants), people | values)
        parts = {"filename": "offer.pdf", "content_type": "application/pdf", "size": 1, "sha256": "x"}
        values = {"touchpoint_id": 1201, "position": 0, "inline": False, "content_id": ""}
        conn.execute(insert(attachments), parts | values)
    assert migrate(engine).before == "0004"
    with writing(engine) as conn:
        in_step(conn)
        assert found(conn, '"word 7 ends"') == [7]
        assert found(conn, "marsh") == [600]
        assert found(conn, "offer") == [1201]
        assert found(conn, "word", limit=3) == [1202, 1201, 1199]
        assert len(found(conn, "word", limit=5000)) == 1202 - 119
        written(conn, "new", text="zebra")
        assert len(found(conn, "zebra")) == 1
    engine.dispose()


def _stored(number: int) -> dict[str, Any]:
    gone = number % 10 == 0
    return {
        **{"account_id": 1, "identity": f"old {number}", "type": "email", "flow": "Adoption"},
        **{"subject": f"Number {number}", "date": NOW + timedelta(minutes=number), "encrypted": False},
        **{"sender_trust": "verified", "calendar": [], "notices": [], "created_at": NOW, "changed_at": NOW},
        **{"text": f"word {number} ends", "quoted": "", "html": "", "reasons": [], "mentions": []},
        "deleted_at": NOW if gone and number != 600 else None,
    }


def test_every_table_is_of_the_metadata_but_the_index(engine: Engine) -> None:
    """What is erased, copied and proven goes through these tables: nothing else may hold anybody's words."""
    kind = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if engine.dialect.name == "postgresql":
        kind = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with reading(engine) as conn:
        there = set(conn.execute(text(kind)).scalars()) - {"alembic_version", "sqlite_sequence"}
    index = {name for name in there if name.startswith("searched_words")}
    assert there - index == set(METADATA.tables)
    assert index <= {f"searched_words{end}" for end in ("", "_config", "_data", "_idx")}
