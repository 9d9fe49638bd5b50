"""Run by alembic: applies the versions to the connection it is given."""

from alembic import context

from terminal.simulated.service.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
