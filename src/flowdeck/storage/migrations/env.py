"""Alembic's environment: runs the migrations on the connection that `storage.upgrade` hands over."""

from alembic import context

from flowdeck.storage.sqlite import add_search_functions
from flowdeck.storage.tables import Base

connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    add_search_functions(connection.connection.dbapi_connection)
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter most things in place
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
