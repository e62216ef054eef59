"""Alembic's entry: runs within the connection that `flows.migrations.migrate` hands over."""

from alembic import context

from flows.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
