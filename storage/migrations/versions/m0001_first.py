"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "accounts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("key_folded", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("health", _TEXT, nullable=True),
        sa.Column("contract_value", _TEXT, nullable=True),
        sa.Column("contract_value_privileged", sa.Boolean(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("key_folded", name=op.f("uq_accounts_key_folded")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contacts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("address_key", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("address_key", name=op.f("uq_contacts_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mails",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("recipients_hash", sa.String(), nullable=False),
        sa.Column("mail_from", _TEXT, nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("peer", sa.JSON(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", _TEXT, nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touchpoint_id", _ID, nullable=True),
        sa.Column("assigned_account", _TEXT, nullable=True),
        sa.Column("trust", sa.String(), nullable=True),
        sa.Column("decision", sa.JSON(), nullable=True),
        sa.Column("raw_blob", sa.String(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("sha256", "recipients_hash", name=op.f("uq_mails_sha256_recipients_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_mails_received_at"), "mails", ["received_at"], unique=False)
    op.create_index("ix_mails_state_id", "mails", ["state", "id"], unique=False)
    op.create_index(op.f("ix_mails_touchpoint_id"), "mails", ["touchpoint_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("address_key", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("address_key", name=op.f("uq_users_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "account_domains",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("domain", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_domains_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "domain", name=op.f("pk_account_domains")),
    )
    op.create_index(op.f("ix_account_domains_domain"), "account_domains", ["domain"], unique=False)
    op.create_table(
        "contact_accounts",
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("title", _TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_contact_accounts_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_accounts_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "account_id", name=op.f("pk_contact_accounts")),
    )
    op.create_index(op.f("ix_contact_accounts_account_id"), "contact_accounts", ["account_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("mail_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mails.id"], name=op.f("fk_events_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_mail_id"), "events", ["mail_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("mail_id", _ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", _TEXT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", _TEXT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mails.id"], name=op.f("fk_outbox_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_mail_id"), "outbox", ["mail_id"], unique=False)
    op.create_index("ix_outbox_state_not_before", "outbox", ["state", "not_before"], unique=False)
    op.create_table(
        "team",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_team_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_team_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_team")),
    )
    op.create_index(op.f("ix_team_user_id"), "team", ["user_id"], unique=False)
    op.create_table(
        "touchpoints",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("mail_id", _ID, nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("flow", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(), nullable=True),
        sa.Column("author_email", _TEXT, nullable=True),
        sa.Column("author_name", _TEXT, nullable=True),
        sa.Column("author_side", sa.String(), nullable=True),
        sa.Column("author_known", sa.String(), nullable=True),
        sa.Column("filed_by", sa.JSON(), nullable=True),
        sa.Column("sender_trust", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=True),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        sa.Column("calendar", sa.JSON(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", _TEXT, nullable=True),
        sa.Column("text", _TEXT, nullable=False),
        sa.Column("quoted", _TEXT, nullable=False),
        sa.Column("html", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_touchpoints_account_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name=op.f("fk_touchpoints_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoints")),
        sa.UniqueConstraint("identity", name=op.f("uq_touchpoints_identity")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_touchpoints_account_id_date_id", "touchpoints", ["account_id", "date", "id"], unique=False
    )
    op.create_index(op.f("ix_touchpoints_mail_id"), "touchpoints", ["mail_id"], unique=False)
    op.create_table(
        "user_addresses",
        sa.Column("address_key", _TEXT, nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_addresses_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_user_addresses")),
    )
    op.create_index(op.f("ix_user_addresses_user_id"), "user_addresses", ["user_id"], unique=False)
    op.create_table(
        "user_secrets",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("secret", _TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_secrets_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_secrets")),
        sa.UniqueConstraint("secret", name=op.f("uq_user_secrets_secret")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_user_secrets_user_id"), "user_secrets", ["user_id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("touchpoint_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", _TEXT, nullable=False),
        sa.Column("content_type", _TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("content_id", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"],
            ["touchpoints.id"],
            name=op.f("fk_attachments_touchpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("touchpoint_id", "position", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_sha256"), "attachments", ["sha256"], unique=False)
    op.create_table(
        "participants",
        sa.Column("touchpoint_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("email", _TEXT, nullable=False),
        sa.Column("address_key", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("known", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"],
            ["touchpoints.id"],
            name=op.f("fk_participants_touchpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("touchpoint_id", "position", name=op.f("pk_participants")),
    )
    op.create_index(op.f("ix_participants_address_key"), "participants", ["address_key"], unique=False)
