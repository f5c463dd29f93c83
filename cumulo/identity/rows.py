"""Reading and writing rows of the identity tables: inserts, updates, and filters from a query string."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.ids import Ids

_FALSE = ("0", "false", "no", "off")


def new_id(ids: Ids) -> str:
    """Return a new id in identity's form: 32 hexadecimal digits, no dashes."""
    return ids.new_id().replace("-", "")


def insert(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any], clash: str) -> None:
    """Insert a row; raises Conflict with the given text where a unique index or a reference refuses it.

    The transaction is of no use after a Conflict: let it end.
    """
    try:
        connection.execute(sa.insert(table).values(**values))
    except IntegrityError as failure:
        raise errors.Conflict(clash) from failure


def update(connection: sa.Connection, table: sa.Table, row_id: str, values: Mapping[str, Any], clash: str) -> None:
    """Change a row; raises Conflict like insert. No values: nothing is done."""
    if not values:
        return
    try:
        connection.execute(sa.update(table).where(table.c.id == row_id).values(**values))
    except IntegrityError as failure:
        raise errors.Conflict(clash) from failure


def delete(connection: sa.Connection, statement: sa.Delete, clash: str) -> int:
    """Delete rows and return how many; raises Conflict where something still refers to one."""
    try:
        return connection.execute(statement).rowcount
    except IntegrityError as failure:
        raise errors.Conflict(clash) from failure


def is_true(text: str) -> bool:
    """Return what a flag in a query string means; a flag without a value is true."""
    return text.strip().lower() not in _FALSE


def conditions(table: sa.Table, names: Iterable[str],
               query: Mapping[str, str]) -> list["sa.ColumnElement[bool]"]:
    """Return the conditions a query string puts on the named columns.

    name=x, name__contains=x and the other comparators of the API; what names no column is left out.
    """
    found = []
    for name in names:
        column = table.c[name]
        for key, value in query.items():
            plain, _, comparator = key.partition("__")
            if plain == name:
                condition = _condition(column, comparator, value)
                if condition is not None:
                    found.append(condition)
    return found


def _condition(column: "sa.Column[Any]", comparator: str, value: str) -> "sa.ColumnElement[bool] | None":
    if isinstance(column.type, sa.Boolean):
        return column.is_(is_true(value)) if not comparator else None
    if comparator.startswith("i"):
        column, comparator, value = sa.func.lower(column), comparator[1:], value.lower()  # type: ignore[assignment]
    match comparator:
        case "" | "exact":
            return column == value
        case "contains":
            return column.contains(value, autoescape=True)
        case "startswith":
            return column.startswith(value, autoescape=True)
        case "endswith":
            return column.endswith(value, autoescape=True)
    return None
