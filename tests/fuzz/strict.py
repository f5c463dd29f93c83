"""SQLite takes texts and numbers of any size; the other databases do not, and most requests go to SQLite.

Here a statement that writes more than its column holds fails on SQLite too, so that it is found where it is cheap.
"""

from typing import Any

import sqlalchemy as sa

_INTEGER = range(-2**31, 2**31)


class TooBig(Exception):
    """What a column of PostgreSQL or MariaDB would not take."""


def hold(engine: sa.Engine) -> None:
    """Hold what is written through this engine to the sizes of its columns."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "before_cursor_execute", _check)


def _check(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
    compiled = getattr(context, "compiled", None)
    table = getattr(getattr(compiled, "statement", None), "table", None)
    if table is None:
        return
    for row in context.compiled_parameters:
        for name, value in row.items():
            # A value to be written is bound by its column's name, one to compare with is not.
            if name in table.c and not _fits(table.c[name].type, value):
                raise TooBig(f"{table.name}.{name} does not hold {str(value)[:80]!r}")


def _fits(kind: Any, value: Any) -> bool:
    if isinstance(kind, sa.String) and isinstance(value, str):
        return kind.length is None or len(value) <= kind.length
    if isinstance(kind, sa.Integer) and isinstance(value, int) and not isinstance(kind, sa.BigInteger):
        return value in _INTEGER
    return True
