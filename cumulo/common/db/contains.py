"""The condition that a column has a text in it."""

import sqlalchemy as sa

LONGEST = 1024
"""Longer texts are in no column that is searched; databases refuse patterns of tens of thousands of characters."""


def contains(column: "sa.Column[str]", text: str) -> sa.ColumnElement[bool]:
    """Return the condition that the text, as it stands, is somewhere in the column."""
    return column.contains(text, autoescape=True) if len(text) <= LONGEST else sa.false()
