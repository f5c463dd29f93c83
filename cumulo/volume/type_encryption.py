"""How volumes of a type are encrypted: one row per type at most, changed while no volume has the type."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_encryption
from cumulo.common.ids import Ids

Row = Mapping[str, Any]
CAPABILITY = ("encrypts", "True")
"""What a backend says of itself on which volumes can be encrypted: a type that encrypts goes nowhere else."""
FIELDS = ("provider", "cipher", "key_size", "control_location")


def of_type(connection: sa.Connection, type_id: str | None) -> Row | None:
    """Return how volumes of a type are encrypted; None where they are not, or have no type."""
    if type_id is None:
        return None
    query = sa.select(volume_encryption).where(volume_encryption.c.type_id == type_id)
    return connection.execute(query).mappings().first()


def asks(connection: sa.Connection, type_id: str | None) -> tuple[tuple[str, str], ...]:
    """Return what a type asks of a backend because it encrypts."""
    return (CAPABILITY,) if of_type(connection, type_id) is not None else ()


def encrypted_types(connection: sa.Connection, type_ids: list[str]) -> set[str]:
    """Return which of these types encrypt: one query for a list page."""
    if not type_ids:
        return set()
    query = sa.select(volume_encryption.c.type_id).where(volume_encryption.c.type_id.in_(type_ids))
    return set(connection.execute(query).scalars())


def create(connection: sa.Connection, ids: Ids, now: float, type_id: str, values: Mapping[str, Any]) -> Row:
    """Encrypt volumes of a type, which the caller holds; raises BadRequest where they are already, or where there is one."""
    _refuse_in_use(connection, type_id)
    row = {"type_id": type_id, "id": ids.new_id(), "cipher": None, "key_size": None, "control_location": "front-end",
           "created_at": now, "updated_at": now, **values}
    if of_type(connection, type_id) is not None:
        raise errors.BadRequest(f"Volume type {type_id} is encrypted already.")
    connection.execute(sa.insert(volume_encryption).values(row))
    return row


def get(connection: sa.Connection, type_id: str, encryption_id: str) -> Row:
    """Return a type's encryption by its id; raises NotFound."""
    row = of_type(connection, type_id)
    if row is None or row["id"] != encryption_id:
        raise errors.NotFound(f"Volume type encryption {encryption_id[:64]} of type {type_id} could not be found.")
    return row


def update(connection: sa.Connection, now: float, row: Row, values: Mapping[str, Any]) -> None:
    """Change how a type encrypts; raises BadRequest while a volume has the type, which the caller holds."""
    _refuse_in_use(connection, row["type_id"])
    connection.execute(sa.update(volume_encryption).where(volume_encryption.c.type_id == row["type_id"]).values(
        updated_at=now, **values))


def delete(connection: sa.Connection, row: Row) -> None:
    """Encrypt no more; raises BadRequest while a volume has the type, which the caller holds."""
    _refuse_in_use(connection, row["type_id"])
    connection.execute(sa.delete(volume_encryption).where(volume_encryption.c.type_id == row["type_id"]))


def _refuse_in_use(connection: sa.Connection, type_id: str) -> None:
    if connection.execute(sa.select(volume.c.id).where(volume.c.type_id == type_id).limit(1)).first() is not None:
        raise errors.BadRequest(f"How volumes of type {type_id} are encrypted is not changed while there are any.")
