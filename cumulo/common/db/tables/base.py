"""Column types that mean the same on SQLite, PostgreSQL and MariaDB, and the one metadata object."""

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles

metadata = sa.MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_N_name)s",
})

COLLATION = "utf8mb4_nopad_bin"
"""Text differs where a character or a blank at its end differs, on MariaDB as on the other databases."""


@compiles(sa.schema.CreateTable, "mysql", "mariadb")
def _exact_text(element: sa.schema.CreateTable, compiler: Any, **options: Any) -> str:
    """Make tables that do not take over the collation of the database, which for most servers ignores case.

    Every text of ours is an id, a name that is unique, a key or a tag: no client expects "Web" where it asks for "web".
    """
    return f"{compiler.visit_create_table(element, **options)} CHARACTER SET utf8mb4 COLLATE {COLLATION}"


Id = sa.String(64)
Time = sa.Double()
"""Seconds since 1970, UTC: compares and subtracts alike everywhere; views give it each API's form."""

LongText = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class JsonText(sa.TypeDecorator[Any]):
    """A JSON value in a text column."""

    impl = LongText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the text of the value; None stays NULL."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return the value of the text."""
        return None if value is None else orjson.loads(value)


Json = JsonText()


def id_column(name: str = "id") -> "sa.Column[str]":
    """Return a primary key column that holds an id made by us."""
    return sa.Column(name, Id, primary_key=True)
