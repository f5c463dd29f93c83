"""Alembic migrations: additive first, one change each; applied by cumulo.common.db.migrate."""
