"""Words of our own in statements, such as the name of a flow, written into their text.

Each parameter of a statement costs something every time it is run, and a status that clients see is made of thirty such
words. Only for words that stand in the code: never for what anybody sends.
"""

import re
from collections.abc import Iterable

import sqlalchemy as sa

_WORD = re.compile(r"[a-z][a-z_-]*")


def word(text: str) -> "sa.ColumnElement[str]":
    """Return a word as a statement's text has it; ValueError for what is none."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is not a word")
    return sa.literal_column(f"'{text}'", sa.String)


def is_one_of(column: "sa.ColumnElement[str]", words: Iterable[str]) -> sa.ColumnElement[bool]:
    """Say whether a column holds one of some words."""
    return column.in_([word(each) for each in words])


def written(expression: "sa.ColumnElement[str]") -> "sa.ColumnElement[str]":
    """Return an expression that is always the same as its text: what it is made of is not looked through each time.

    It names its tables as they are called, so the statement that it is put into must read from them.
    """
    return sa.literal_column(str(expression.compile(compile_kwargs={"literal_binds": True})), sa.String)
