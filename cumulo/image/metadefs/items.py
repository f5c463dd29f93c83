"""What is in a namespace: objects, properties and tags, all alike but for their content.

Whoever changes any of it has read the namespace with a lock, so two changes in one namespace follow one another.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.metadef import metadef_item

Item = dict[str, Any]
C = metadef_item.c


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of item: its word in rows, in messages and in paths."""

    name: str
    plural: str


OBJECT, PROPERTY, TAG = Kind("object", "objects"), Kind("property", "properties"), Kind("tag", "tags")
KINDS = (OBJECT, PROPERTY, TAG)


def listed(connection: sa.Connection, namespace_id: str, kind: Kind) -> list[Item]:
    """Return all items of a kind, by name."""
    query = sa.select(metadef_item).where(C.namespace_id == namespace_id, C.kind == kind.name).order_by(C.name)
    return [dict(row) for row in connection.execute(query).mappings()]


def get(connection: sa.Connection, namespace_id: str, kind: Kind, name: str) -> Item:
    """Return an item; raises NotFound."""
    row = connection.execute(sa.select(metadef_item).where(*_key(namespace_id, kind, name))).mappings().first()
    if row is None:
        raise errors.NotFound(f"The metadata definition {kind.name} with name={name[:80]} was not found.")
    return dict(row)


def create(connection: sa.Connection, now: float, namespace_id: str, kind: Kind, name: str, content: dict[str, Any]) -> None:
    """Insert an item; raises Conflict where the namespace has one of this name."""
    _refuse_taken(connection, namespace_id, kind, name)
    create_all(connection, now, namespace_id, kind, [(name, content)])


def create_all(connection: sa.Connection, now: float, namespace_id: str, kind: Kind,
               new: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Insert items whose names are free; raises Conflict where one is named twice."""
    rows = [{"namespace_id": namespace_id, "kind": kind.name, "name": name, "content": content, "created_at": now,
             "updated_at": now} for name, content in new]
    names = {row["name"] for row in rows}
    if len(names) < len(rows):
        raise errors.Conflict(f"A metadata definition {kind.name} is named twice.")
    if rows:
        connection.execute(sa.insert(metadef_item), rows)


def update(connection: sa.Connection, now: float, item: Item, kind: Kind, name: str, content: dict[str, Any]) -> Item:
    """Replace an item's name and content and return it; raises Conflict where the new name is taken."""
    if name != item["name"]:
        _refuse_taken(connection, item["namespace_id"], kind, name)
    values = {"name": name, "content": content, "updated_at": now}
    connection.execute(sa.update(metadef_item).where(
        *_key(item["namespace_id"], kind, item["name"])).values(**values))
    return item | values


def delete(connection: sa.Connection, item: Item) -> None:
    """Delete an item."""
    connection.execute(sa.delete(metadef_item).where(
        C.namespace_id == item["namespace_id"], C.kind == item["kind"], C.name == item["name"]))


def delete_all(connection: sa.Connection, namespace_id: str, kind: Kind) -> None:
    """Delete all items of a kind."""
    connection.execute(sa.delete(metadef_item).where(C.namespace_id == namespace_id, C.kind == kind.name))


def _refuse_taken(connection: sa.Connection, namespace_id: str, kind: Kind, name: str) -> None:
    if connection.execute(sa.select(C.name).where(*_key(namespace_id, kind, name))).first():
        raise errors.Conflict(f"A metadata definition {kind.name} with name={name[:80]} already exists in this "
                              "namespace.")


def _key(namespace_id: str, kind: Kind, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return C.namespace_id == namespace_id, C.kind == kind.name, C.name == name
