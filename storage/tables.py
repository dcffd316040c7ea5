"""The tables. Changing one takes a migration; a test compares the two."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from storage.columns import BigId, Json, Prose, Utc, Words

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def _belongs_to(table: str, *, key: bool = False, index: bool = False) -> Column[int]:
    """A column `<table in the singular>_id`; the row goes when its parent goes."""
    parent = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(
        f"{table.removesuffix('s')}_id", BigId, parent, nullable=False, primary_key=key, index=index
    )


# -- the directory -----------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    METADATA,
    _id(),
    Column("key", Prose, nullable=False),
    Column("key_folded", Prose, nullable=False, unique=True),
    Column("name", Prose, nullable=False),
    Column("status", String, nullable=False),  # active | inactive
    Column("health", Prose),
    Column("contract_value", Prose),
    Column("contract_value_privileged", Boolean, nullable=False, default=False),
    Column("attributes", Json, nullable=False),
    sqlite_autoincrement=True,
)

account_domains = Table(
    "account_domains",
    METADATA,
    _belongs_to("accounts", key=True),
    Column("domain", Prose, primary_key=True, index=True),  # A-label
)

users = Table(
    "users",
    METADATA,
    _id(),
    Column("email", Prose, nullable=False),
    Column("address_key", Prose, nullable=False, unique=True),
    Column("name", Prose, nullable=False),
    Column("role", String, nullable=False),  # admin | user
    sqlite_autoincrement=True,
)

user_addresses = Table(
    "user_addresses",
    METADATA,
    Column("address_key", Prose, primary_key=True),  # of the main address and of every alternative one
    Column("email", Prose, nullable=False),
    _belongs_to("users", index=True),
)

user_secrets = Table(
    "user_secrets",
    METADATA,
    _id(),
    _belongs_to("users", index=True),
    Column("secret", Prose, nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    sqlite_autoincrement=True,
)

contacts = Table(
    "contacts",
    METADATA,
    _id(),
    Column("email", Prose, nullable=False),
    Column("address_key", Prose, nullable=False, unique=True),
    Column("name", Prose, nullable=False),
    sqlite_autoincrement=True,
)

contact_accounts = Table(
    "contact_accounts",
    METADATA,
    _belongs_to("contacts", key=True),
    _belongs_to("accounts", key=True, index=True),
    Column("title", Prose, nullable=False),
    Column("position", Integer, nullable=False),  # in the order of the directory
)

team = Table(
    "team",
    METADATA,
    _belongs_to("accounts", key=True),
    _belongs_to("users", key=True, index=True),
    Column("role", Prose, nullable=False),
)

# -- inbound mail ------------------------------------------------------------------------------------------

mails = Table(
    "mails",
    METADATA,
    _id(),
    Column("received_at", Utc, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    Column("recipients_hash", String, nullable=False),
    Column("mail_from", Prose, nullable=False),  # "" is the null sender
    Column("recipients", Json, nullable=False),
    Column("peer", Json, nullable=False),
    Column("lease_owner", String),
    Column("lease_until", Utc),
    Column("strikes", Integer, nullable=False, default=0),
    Column("not_before", Utc),
    Column("error", Prose),
    Column("processed_at", Utc),
    # No foreign key: touchpoints.mail_id points the other way, and neither row could then be written first.
    Column("touchpoint_id", BigId, index=True),
    Column("assigned_account", Prose),
    Column("trust", String),
    Column("decision", Json),
    Column("raw_blob", String),  # the digest when the raw mail is a blob
    # Last: SQLite reads a row from its start, and only few ask for the raw mail.
    Column("raw", LargeBinary),
    # In this order it also finds the mails of one digest.
    UniqueConstraint("sha256", "recipients_hash"),
    Index("ix_mails_state_id", "state", "id"),
    # Processed mails that still have their raw form: what retention goes through. Intake writes nothing to it. It is
    # the same on PostgreSQL, where the migration says so: here that would load its dialect, 3 MB in each process.
    Index(
        "ix_mails_raw_kept",
        "processed_at",
        sqlite_where=text("processed_at IS NOT NULL AND (raw IS NOT NULL OR raw_blob IS NOT NULL)"),
    ),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    METADATA,
    _id(),
    _belongs_to("mails", index=True),
    Column("at", Utc, nullable=False),
    Column("event", String, nullable=False),
    Column("detail", Json, nullable=False),
    sqlite_autoincrement=True,
)

# -- touchpoints -------------------------------------------------------------------------------------------

touchpoints = Table(
    "touchpoints",
    METADATA,
    _id(),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("mail_id", BigId, ForeignKey("mails.id"), index=True),  # NULL when a person typed it
    # The touchpoint that this one is a reply to; replies to replies stand beside them, so that a thread is flat.
    Column("thread_id", BigId, ForeignKey("touchpoints.id", ondelete="CASCADE")),
    Column("identity", String, nullable=False, unique=True),
    Column("type", Prose, nullable=False),
    Column("flow", Prose, nullable=False),
    Column("subject", Prose, nullable=False),
    Column("date", Utc, nullable=False),
    Column("way", String),
    Column("author_email", Prose),
    Column("author_name", Prose),
    Column("author_side", String),
    Column("author_known", String),
    Column("filed_by", Json),
    Column("sender_trust", String, nullable=False),
    Column("machine", String),
    Column("encrypted", Boolean, nullable=False),
    Column("calendar", Json, nullable=False),
    Column("notices", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("reasons", Json, nullable=False, server_default=text("'[]'")),
    Column("template", Prose),
    Column("mentions", Json, nullable=False, server_default=text("'[]'")),
    Column("emailed_externally", Boolean, nullable=False, server_default=false()),
    Column("closed_at", Utc),  # the thread takes no more replies
    Column("deleted_at", Utc),  # what it said is gone; the row stays, so that no late mail brings it back
    Column("comment", Prose),
    Column("text", Prose, nullable=False),
    Column("quoted", Prose, nullable=False),
    Column("html", Prose, nullable=False),
    Index("ix_touchpoints_account_id_thread_id_date_id", "account_id", "thread_id", "date", "id"),
    Index("ix_touchpoints_thread_id_date_id", "thread_id", "date", "id"),
    sqlite_autoincrement=True,
)

participants = Table(
    "participants",
    METADATA,
    _belongs_to("touchpoints", key=True),
    Column("position", Integer, primary_key=True),
    Column("email", Prose, nullable=False),
    Column("address_key", Prose, nullable=False, index=True),
    Column("name", Prose, nullable=False),
    Column("side", String, nullable=False),
    Column("known", String, nullable=False),
)

attachments = Table(
    "attachments",
    METADATA,
    _belongs_to("touchpoints", key=True),
    Column("position", Integer, primary_key=True),
    Column("filename", Prose, nullable=False),
    Column("content_type", Prose, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String, nullable=False, index=True),
    Column("inline", Boolean, nullable=False),
    Column("content_id", Prose, nullable=False),
)

message_ids = Table(
    "message_ids",
    METADATA,
    Column("message_id", Prose, primary_key=True),
    _belongs_to("touchpoints", key=True, index=True),  # the touchpoint that the thread is named by
    Column("sent", Boolean, nullable=False),  # by us; else it was filed
)

followers = Table(
    "followers",
    METADATA,
    _belongs_to("touchpoints", key=True),
    Column("address_key", Prose, primary_key=True, index=True),
    Column("email", Prose, nullable=False),
    Column("name", Prose, nullable=False),
    Column("why", String, nullable=False),  # mentioned | copied | asked
    Column("since", Utc, nullable=False),
    Column("unfollowed_at", Utc),
)

assets = Table(
    "assets",
    METADATA,
    _id(),
    _belongs_to("accounts"),
    Column("sha256", String, nullable=False, index=True),
    Column("filename", Prose, nullable=False),
    Column("content_type", Prose, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_by", Prose, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("account_id", "sha256"),
    sqlite_autoincrement=True,
)

# What is looked through to find touchpoints and replies; made of them by `storage.searching`, whoever writes them.
searched = Table(
    "searched",
    METADATA,
    # Date and id in one number, in the order of timelines. In SQLite it is the row of the index, too.
    Column("place", BigId, primary_key=True, autoincrement=False),
    Column(
        "touchpoint_id", BigId, ForeignKey("touchpoints.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("words", Words, nullable=False),
    # The index of the words is each back end's own, and made by migration 0005: in PostgreSQL by GIN, in SQLite a
    # virtual table, which follows this one by triggers.
)

uploads = Table(
    "uploads",
    METADATA,
    _id(),
    _belongs_to("users", index=True),
    Column("sha256", String, nullable=False, index=True),
    Column("filename", Prose, nullable=False),
    Column("content_type", Prose, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    sqlite_autoincrement=True,
)

api_tokens = Table(
    "api_tokens",
    METADATA,
    _id(),
    _belongs_to("users", index=True),
    Column("digest", String, nullable=False, unique=True),
    Column("name", Prose, nullable=False),
    Column("permissions", Json),  # NULL: everything its user may do
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("revoked_at", Utc),
    sqlite_autoincrement=True,
)

# -- what is to be sent ------------------------------------------------------------------------------------

letters = Table(
    "letters",
    METADATA,
    _id(),
    Column("kind", String, nullable=False),  # copy | reply | notice
    Column("touchpoint_id", BigId, ForeignKey("touchpoints.id", ondelete="SET NULL"), index=True),
    Column("created_at", Utc, nullable=False),
    Column("content", Json, nullable=False),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    METADATA,
    _id(),
    # The mail that caused it, if one did; of a mail that is passed on as it came there is no letter.
    Column("mail_id", BigId, ForeignKey("mails.id", ondelete="CASCADE"), index=True),
    Column("letter_id", BigId, ForeignKey("letters.id", ondelete="CASCADE"), index=True),
    Column("touchpoint_id", BigId, ForeignKey("touchpoints.id", ondelete="SET NULL"), index=True),
    Column("kind", String, nullable=False),  # pass-on | copy | reply | notice
    Column("recipient", Prose, nullable=False),
    Column("recipient_key", Prose, nullable=False, server_default=text("''")),
    Column("recipient_name", Prose, nullable=False, server_default=text("''")),
    Column("side", String, nullable=False, server_default=text("''")),  # internal | external
    Column("message_id", Prose, index=True),
    Column("state", String, nullable=False),  # waiting | sent | undelivered | failed | cancelled
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Utc),
    Column("lease_owner", String),
    Column("last_error", Prose),
    Column("status", String),  # of a refusal or a delivery report (RFC 3463)
    Column("diagnostic", Prose),
    Column("created_at", Utc, nullable=False),
    Column("done_at", Utc),
    Index("ix_outbox_state_not_before", "state", "not_before"),
    Index("ix_outbox_recipient_key_done_at", "recipient_key", "done_at"),
    sqlite_autoincrement=True,
)

outbox_attempts = Table(
    "outbox_attempts",
    METADATA,
    _id(),
    Column("outbox_id", BigId, ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("outcome", String, nullable=False),  # sent | later | refused | bounced | ...
    Column("answer", Prose, nullable=False),
    sqlite_autoincrement=True,
)

# -- who was erased ----------------------------------------------------------------------------------------

tombstones = Table(
    "tombstones",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("key", String, nullable=False),  # the name of the key of the digests; the key itself is in a file
    Column("digests", Json, nullable=False),
    Column("never_again", Boolean, nullable=False),
    Column("with_user", Boolean, nullable=False, server_default=true()),
    Column("with_waiting", Boolean, nullable=False, server_default=true()),
    # The rows are without the person; whether the file, too, was written anew since is noted when it was.
    Column("rewritten", Boolean, nullable=False, server_default=true()),
)
