"""Run by Alembic: the steps go over the connection that `migrate` hands in, inside its transaction."""

from alembic import context

from storage.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
