"""Retention and erasure: which mails still have their raw form, and who was erased from this database."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEPT = sa.text("processed_at IS NOT NULL AND (raw IS NOT NULL OR raw_blob IS NOT NULL)")


def upgrade() -> None:
    """Make the table, and the index of processed mails with a raw form."""
    op.create_table(
        "tombstones",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digests", sa.JSON(), nullable=False),
        sa.Column("never_again", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
    )
    op.create_index(
        "ix_mails_raw_kept",
        "mails",
        ["processed_at"],
        unique=False,
        sqlite_where=_KEPT,
        postgresql_where=_KEPT,
    )
