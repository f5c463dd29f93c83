"""Alembic's entry: runs the migrations on the connection it is handed (cumulo/common/db/migrate.py)."""

from alembic import context

from cumulo.common.db.migrate import load_tables
from cumulo.common.db.tables.base import metadata

load_tables()
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata,
                  user_module_prefix="base.", compare_type=True)
with context.begin_transaction():
    context.run_migrations()
