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
            connection.execute(mysql.insert(table).values(values).prefix_with("IGNORE"))
