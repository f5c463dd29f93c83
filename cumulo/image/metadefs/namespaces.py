"""Namespaces of metadata definitions: making, finding, listing, changing and deleting them, and who sees one.

A public namespace is everybody's to read, a private one its owner's; an administrator sees all. A namespace
travels as a dictionary of its columns. Who may change one is the route's rule to say.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.metadef import metadef_association, metadef_item, metadef_namespace
from cumulo.image.images import is_admin

Namespace = dict[str, Any]
VISIBILITIES = ("public", "private")
SORT_KEYS = ("namespace", "created_at", "updated_at")
DEFAULT_SORT = (("created_at", False),)
_DEFAULTS: dict[str, Any] = {"display_name": None, "description": None, "visibility": "private", "protected": False}
C = metadef_namespace.c


@dataclasses.dataclass(frozen=True)
class Query:
    """What of the list is asked for; resource_types are names, none for all."""

    visibility: str | None
    resource_types: tuple[str, ...]
    sort: tuple[tuple[str, bool], ...]
    limit: int
    marker: str | None


def not_found(name: str) -> errors.NotFound:
    """Return the error for a namespace that is not there, or that the caller may not know of."""
    return errors.NotFound(f"Metadata definition namespace={name[:80]} was not found.")


def create(connection: sa.Connection, now: float, namespace_id: str, owner: str | None, values: dict[str, Any]) -> None:
    """Insert a namespace; raises Conflict where the name is taken. The transaction is of no use after that."""
    row = _DEFAULTS | {name: values[name] for name in ("namespace", *_DEFAULTS) if name in values}
    try:
        connection.execute(sa.insert(metadef_namespace).values(
            id=namespace_id, owner=owner, created_at=now, updated_at=now, **row))
    except sa.exc.IntegrityError as failure:
        raise _taken(values["namespace"]) from failure


def get_visible(connection: sa.Connection, context: Context, name: str, *, lock: bool = False) -> Namespace:
    """Return a namespace that the caller may see; raises NotFound. A hidden one costs what a missing one does.

    lock keeps others from changing it, or what is in it, in this transaction.
    """
    query = sa.select(metadef_namespace).where(C.namespace == name, _is_visible(context))
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise not_found(name)
    return dict(row)


def update(connection: sa.Connection, now: float, namespace: Namespace, values: dict[str, Any]) -> Namespace:
    """Change a namespace read with a lock and return it; what is not given takes its default. Raises Conflict."""
    changed = {**namespace, **_DEFAULTS, **values, "updated_at": now}
    columns = {name: changed[name] for name in ("namespace", "owner", "updated_at", *_DEFAULTS)}
    try:
        connection.execute(sa.update(metadef_namespace).where(C.id == namespace["id"]).values(**columns))
    except sa.exc.IntegrityError as failure:
        raise _taken(changed["namespace"]) from failure
    return changed


def delete(connection: sa.Connection, namespace: Namespace) -> None:
    """Delete a namespace read with a lock, with all that is in it; raises Forbidden for a protected one."""
    refuse_protected(namespace)
    for table in (metadef_item, metadef_association):
        connection.execute(sa.delete(table).where(table.c.namespace_id == namespace["id"]))
    connection.execute(sa.delete(metadef_namespace).where(C.id == namespace["id"]))


def refuse_protected(namespace: Namespace) -> None:
    """Raise Forbidden for a namespace from which nothing may be deleted."""
    if namespace["protected"]:
        raise errors.Forbidden(f"Metadata definition namespace {namespace['namespace']} is protected: "
                               "neither it nor what is in it can be deleted.")


def listed(connection: sa.Connection, context: Context, query: Query) -> tuple[list[Namespace], bool]:
    """Return a page of the namespaces that the caller may see, and whether more follow; raises BadRequest."""
    statement = sa.select(metadef_namespace).where(_is_visible(context))
    if query.visibility is not None:
        statement = statement.where(C.visibility == query.visibility)
    if query.resource_types:
        about = sa.select(metadef_association.c.namespace_id).where(
            metadef_association.c.name.in_(query.resource_types))
        statement = statement.where(C.id.in_(about))
    order = [*query.sort] + ([] if any(name == "namespace" for name, _ in query.sort) else [("namespace", True)])
    if query.marker:
        statement = statement.where(_after(order, _marker(connection, context, query.marker)))
    keys = (C[name].asc() if is_up else C[name].desc() for name, is_up in order)
    rows = [dict(row) for row in connection.execute(statement.order_by(*keys).limit(query.limit + 1)).mappings()]
    return rows[:query.limit], len(rows) > query.limit > 0


def _marker(connection: sa.Connection, context: Context, name: str) -> Namespace:
    try:
        return get_visible(connection, context, name)
    except errors.NotFound as failure:
        raise errors.BadRequest(f"No namespace found with the marker {name[:80]}.") from failure


def _after(order: Sequence[tuple[str, bool]], marker: Namespace) -> sa.ColumnElement[bool]:
    alternatives: list[sa.ColumnElement[bool]] = []
    equal: list[sa.ColumnElement[bool]] = []
    for name, is_up in order:
        alternatives.append(sa.and_(*equal, C[name] > marker[name] if is_up else C[name] < marker[name]))
        equal.append(C[name] == marker[name])
    return sa.or_(*alternatives)


def _is_visible(context: Context) -> sa.ColumnElement[bool]:
    if is_admin(context):
        return sa.true()
    return sa.or_(C.visibility == "public", C.owner == (context.project_id or ""))  # nobody is ""


def _taken(name: str) -> errors.Conflict:
    return errors.Conflict(f"The metadata definition namespace={name[:80]} already exists.")
