"""Apply the migrations to the given connection. Alembic runs this file."""

from alembic import context

from terminal.simulated.service.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
