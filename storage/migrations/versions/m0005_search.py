"""Search: the words of touchpoints, and an index of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.searching import fill

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SQLITE = (
    # Words come in folded: what is left to the index is to part them at line feeds, which "ascii" does, for it takes
    # every letter that is not ASCII for part of a word. It has the rows of "searched" for its own, and no copy.
    # Beginnings of three letters, the shortest that are asked for, stand in the index as words do; of longer ones it
    # puts the rows of every word together first, and those are fewer.
    "CREATE VIRTUAL TABLE searched_words USING fts5(words, content='searched', content_rowid='place', "
    "columnsize=0, tokenize='ascii', prefix='3')",
    # Triggers, for rows go by a cascade, too; and the words that go must be those that came (fts5.html 4.4.3).
    "CREATE TRIGGER searched_comes AFTER INSERT ON searched BEGIN "
    "INSERT INTO searched_words (rowid, words) VALUES (new.place, new.words); END",
    "CREATE TRIGGER searched_goes AFTER DELETE ON searched BEGIN "
    "INSERT INTO searched_words (searched_words, rowid, words) VALUES ('delete', old.place, old.words); END",
    "CREATE TRIGGER searched_changes AFTER UPDATE ON searched BEGIN "
    "INSERT INTO searched_words (searched_words, rowid, words) VALUES ('delete', old.place, old.words); "
    "INSERT INTO searched_words (rowid, words) VALUES (new.place, new.words); END",
)


def upgrade() -> None:
    """Make the table and its index, and fill them with what is there."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "searched",
        sa.Column("place", _ID, autoincrement=False, nullable=False),
        sa.Column("touchpoint_id", _ID, nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"],
            ["touchpoints.id"],
            name=op.f("fk_searched_touchpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_searched")),
        sa.UniqueConstraint("touchpoint_id", name=op.f("uq_searched_touchpoint_id")),
    )
    if on_sqlite:
        for statement in _SQLITE:
            op.execute(statement)
    fill(op.get_bind())
    if not on_sqlite:  # an index of rows that are there is made far quicker than one that grows with them
        op.create_index("ix_searched_words", "searched", ["words"], postgresql_using="gin")
