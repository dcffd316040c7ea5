"""Threads: replies, followers, what goes out by mail, and who may use the API."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the new tables, and let touchpoints and outgoing mail stand without an inbound mail."""
    op.create_table(
        "api_tokens",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)

    op.create_table(
        "assets",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("filename", _TEXT, nullable=False),
        sa.Column("content_type", _TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_by", _TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_assets_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("account_id", "sha256", name=op.f("uq_assets_account_id_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_assets_sha256"), "assets", ["sha256"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("filename", _TEXT, nullable=False),
        sa.Column("content_type", _TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_uploads_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_uploads_sha256"), "uploads", ["sha256"], unique=False)
    op.create_index(op.f("ix_uploads_user_id"), "uploads", ["user_id"], unique=False)

    op.create_table(
        "followers",
        sa.Column("touchpoint_id", _ID, nullable=False),
        sa.Column("address_key", _TEXT, nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unfollowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"], ["touchpoints.id"], name=op.f("fk_followers_touchpoint_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("touchpoint_id", "address_key", name=op.f("pk_followers")),
    )
    op.create_index(op.f("ix_followers_address_key"), "followers", ["address_key"], unique=False)

    op.create_table(
        "letters",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("touchpoint_id", _ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"], ["touchpoints.id"], name=op.f("fk_letters_touchpoint_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_letters_touchpoint_id"), "letters", ["touchpoint_id"], unique=False)

    op.create_table(
        "message_ids",
        sa.Column("message_id", _TEXT, nullable=False),
        sa.Column("touchpoint_id", _ID, nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"],
            ["touchpoints.id"],
            name=op.f("fk_message_ids_touchpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "touchpoint_id", name=op.f("pk_message_ids")),
    )
    op.create_index(op.f("ix_message_ids_touchpoint_id"), "message_ids", ["touchpoint_id"], unique=False)

    op.create_table(
        "outbox_attempts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("outbox_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("answer", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_attempts_outbox_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_attempts_outbox_id"), "outbox_attempts", ["outbox_id"], unique=False)

    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("letter_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("touchpoint_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("recipient_key", _TEXT, server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("recipient_name", _TEXT, server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("side", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("message_id", _TEXT, nullable=True))
        batch_op.add_column(sa.Column("lease_owner", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("status", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("diagnostic", _TEXT, nullable=True))
        batch_op.alter_column("mail_id", existing_type=_ID, nullable=True)
        batch_op.create_index(batch_op.f("ix_outbox_letter_id"), ["letter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_message_id"), ["message_id"], unique=False)
        batch_op.create_index("ix_outbox_recipient_key_done_at", ["recipient_key", "done_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_touchpoint_id"), ["touchpoint_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_letter_id"), "letters", ["letter_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_touchpoint_id"),
            "touchpoints",
            ["touchpoint_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("touchpoints", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("thread_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
        batch_op.add_column(sa.Column("reasons", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(sa.Column("template", _TEXT, nullable=True))
        batch_op.add_column(sa.Column("mentions", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
        batch_op.add_column(
            sa.Column("emailed_externally", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("mail_id", existing_type=_ID, nullable=True)
        batch_op.drop_index(batch_op.f("ix_touchpoints_account_id_date_id"))
        batch_op.create_index(
            "ix_touchpoints_account_id_thread_id_date_id",
            ["account_id", "thread_id", "date", "id"],
            unique=False,
        )
        batch_op.create_index("ix_touchpoints_thread_id_date_id", ["thread_id", "date", "id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_touchpoints_thread_id"), "touchpoints", ["thread_id"], ["id"], ondelete="CASCADE"
        )
