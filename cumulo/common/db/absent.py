"""Inserting a row unless it is there: one statement, whoever else does the same at the same moment."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite


def insert_if_absent(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Insert a row; nothing is done where its key is taken."""
    match connection.dialect.name:
        case "postgresql":
            connection.execute(postgresql.insert(table).values(values).on_conflict_do_nothing())
        case "sqlite":
            connection.execute(sqlite.insert(table).values(values).on_conflict_do_nothing())
        case _:
            # IGNORE would share the lock of the row that is there: of two who then change it, neither could go first.
            key = next(iter(table.primary_key))
            connection.execute(mysql.insert(table).values(values).on_duplicate_key_update({key.name: key}))
