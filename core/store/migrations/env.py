"""Alembic's entry: migrates the connection that `core.store.schema` passes in."""

from alembic import context

from core.store.models import Base
from core.store.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
