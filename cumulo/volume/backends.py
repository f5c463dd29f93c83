"""Backends: what an agent said that its host has for volumes, and what is taken of it.

A backend is known as host@name. Its agent answers at volume.<host>.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.volume import volume, volume_backend, volume_snapshot
from cumulo.common.db.words import word
from cumulo.common.ids import Ids

KIND = "volume"
Row = Mapping[str, Any]
_SIZE = sa.func.coalesce(volume.c.growing_gib, volume.c.size_gib)
# Statements of every placement, built once: that costs more than running them.
_BACKENDS = sa.select(volume_backend, service_status.c.last_seen, service_status.c.facts).outerjoin_from(
    volume_backend, service_status, sa.and_(
        service_status.c.host == volume_backend.c.host, service_status.c.kind == word(KIND))).order_by(volume_backend.c.name)
_VOLUMES = sa.select(volume.c.backend, sa.func.count(), sa.func.sum(_SIZE)).where(
    volume.c.backend.is_not(None)).group_by(volume.c.backend)
_MOVING = sa.select(volume.c.moving_to, sa.func.sum(_SIZE)).where(
    volume.c.moving_to.is_not(None)).group_by(volume.c.moving_to)
_SNAPSHOTS = sa.select(volume.c.backend, sa.func.count(), sa.func.sum(volume_snapshot.c.size_gib)).join_from(
    volume_snapshot, volume, volume.c.id == volume_snapshot.c.volume_id).where(
        volume.c.backend.is_not(None)).group_by(volume.c.backend)
_CLAIM = sa.update(volume_backend).where(
    volume_backend.c.name == sa.bindparam("its_name"), volume_backend.c.generation == sa.bindparam("its_generation"))


def host_of(backend: str) -> str:
    """Return the host of host@name."""
    return backend.rpartition("@")[0]


def short_name(backend: str) -> str:
    """Return the name of host@name on its host."""
    return backend.rpartition("@")[2]


def full_name(host: str, name: str) -> str:
    """Return how a host's backend is known to everybody."""
    return f"{host}@{name}"


def pool_name(backend: str) -> str:
    """Return how clients of the API name a backend's one pool."""
    return f"{backend}#{short_name(backend)}"


def register(connection: sa.Connection, ids: Ids, now: float, host: str, inventory: Mapping[str, Any]) -> None:
    """Write down the backends of a host; those it has no more are kept: volumes may be on them. Idempotent."""
    for name, said in sorted(inventory.get("backends", {}).items()):
        full = full_name(host, name)
        known = connection.execute(sa.select(volume_backend).where(volume_backend.c.name == full)).mappings().first()
        values = {"total_gib": int(said["total_gib"]), "capabilities": said["capabilities"], "updated_at": now}
        if known is None:
            connection.execute(sa.insert(volume_backend).values(
                name=full, id=ids.new_id(), host=host, generation=0, created_at=now, disabled=False, frozen=False, **values))
        else:
            changed = known["generation"] + (known["total_gib"] != values["total_gib"])
            connection.execute(sa.update(volume_backend).where(volume_backend.c.name == full).values(
                generation=changed, **values))


def list_backends(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Return the backends, each with last_seen, what its agent said lately (facts), and allocated_gib, volumes, snapshots."""
    query = _BACKENDS.where(*where) if where else _BACKENDS
    taken = allocated(connection)
    nothing = {"allocated_gib": 0, "volumes": 0, "snapshots": 0, "snapshot_gib": 0, "volume_gib": 0}
    return [{**row, **nothing, **taken.get(row["name"], {})} for row in connection.execute(query).mappings()]


def allocated(connection: sa.Connection) -> dict[str, dict[str, int]]:
    """Return how many volumes and snapshots each backend has, and how many GiB they may grow to."""
    found: dict[str, dict[str, int]] = {}
    for name, count, size in connection.execute(_VOLUMES):
        found[name] = {"volumes": count, "volume_gib": int(size), "allocated_gib": int(size)}
    for name, size in connection.execute(_MOVING):
        found[name] = {"volumes": 0, "volume_gib": 0, "allocated_gib": 0} | found.get(name, {})
        found[name]["allocated_gib"] += int(size)
    for name, count, size in connection.execute(_SNAPSHOTS):
        found[name] |= {"snapshots": count, "snapshot_gib": int(size)}
        found[name]["allocated_gib"] += int(size)
    return found


def claim(connection: sa.Connection, name: str, generation: int) -> bool:
    """Compare-and-set on a backend's generation, so that two plans cannot both take the last room."""
    seen = {"its_name": name, "its_generation": generation}
    return connection.execute(_CLAIM, seen | {"generation": generation + 1}).rowcount == 1


def update_backend(connection: sa.Connection, name: str, **values: Any) -> None:
    """Change disabled, disabled_reason or frozen; raises NotFound."""
    if connection.execute(sa.update(volume_backend).where(volume_backend.c.name == name).values(**values)).rowcount == 0:
        raise errors.NotFound(f"Service cinder-volume could not be found on host {name[:255]}.")


def is_up(last_seen: float | None, now: float, down_after_s: float) -> bool:
    """Say whether a service counts as up: heard of lately."""
    return last_seen is not None and now - last_seen <= down_after_s


def zone_of(row: Row, default: str) -> str:
    """Return the availability zone of a backend."""
    return str(row["capabilities"].get("availability_zone") or default)


def free_gib(row: Row) -> float:
    """Return how many GiB a backend really has left: what its agent said last, else what nobody has taken."""
    said = ((row["facts"] or {}).get("backends") or {}).get(short_name(row["name"])) or {}
    return float(said.get("free_gib", max(0, row["total_gib"] - row["allocated_gib"])))


def zones(connection: sa.Connection, default: str) -> list[str]:
    """Return the availability zones that backends are in, and the configured one."""
    rows = connection.execute(sa.select(volume_backend.c.capabilities)).scalars()
    return sorted({default, *(str(each.get("availability_zone") or default) for each in rows)})
