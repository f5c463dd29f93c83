"""Kinds of resources, and which namespaces are about which. A kind exists from when it is first named."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.absent import insert_if_absent
from cumulo.common.db.tables.metadef import metadef_association, metadef_resource_type

A = metadef_association.c


def listed(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return all kinds of resources, by name."""
    query = sa.select(metadef_resource_type).order_by(metadef_resource_type.c.name)
    return [dict(row) for row in connection.execute(query).mappings()]


def associations(connection: sa.Connection, namespace_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the associations of each namespace, by name."""
    found: dict[str, list[dict[str, Any]]] = {namespace_id: [] for namespace_id in namespace_ids}
    if found:
        query = sa.select(metadef_association).where(A.namespace_id.in_(found)).order_by(A.name)
        for row in connection.execute(query).mappings():
            found[row["namespace_id"]].append(dict(row))
    return found


def associate(connection: sa.Connection, now: float, namespace_id: str, values: dict[str, Any]) -> dict[str, Any]:
    """Say that a namespace, read with a lock, is about a kind of resource; raises Conflict when it is already."""
    name = values["name"]
    if connection.execute(sa.select(A.name).where(A.namespace_id == namespace_id, A.name == name)).first():
        raise errors.Conflict(f"The namespace is associated with the resource type {name[:80]} already.")
    insert_if_absent(connection, metadef_resource_type, {"name": name, "created_at": now})
    row = {"namespace_id": namespace_id, "name": name, "prefix": values.get("prefix"),
           "properties_target": values.get("properties_target"), "created_at": now}
    connection.execute(sa.insert(metadef_association).values(**row))
    return row


def dissociate(connection: sa.Connection, namespace_id: str, name: str) -> None:
    """Take an association back; raises NotFound."""
    gone = connection.execute(sa.delete(metadef_association).where(A.namespace_id == namespace_id, A.name == name))
    if not gone.rowcount:
        raise errors.NotFound(f"The namespace is not associated with a resource type {name[:80]}.")
