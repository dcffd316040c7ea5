"""Erasures: what was allowed besides, and whether the file was written anew afterwards."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns. Until now an erasure was noted only once the file was written anew."""
    for name in ("with_user", "with_waiting", "rewritten"):
        op.add_column("tombstones", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
