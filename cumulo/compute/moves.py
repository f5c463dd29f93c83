"""Servers that are resized or moved: the row of the other side, and how a server that has one is deleted."""

import math
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import claim, compute_host, server_move
from cumulo.compute import fits

Row = Mapping[str, Any]
ROOM = ("vcpus", "memory_mib", "disk_gib", "dedicated", "paged_mib", "fit")
"""What a claim takes of a host, and the row of the other side of its own."""


def find_move(connection: sa.Connection, server_id: str) -> Row | None:
    """Return the row of a server's other side, if it has one."""
    query = sa.select(server_move).where(server_move.c.server_id == server_id)
    return connection.execute(query).mappings().one_or_none()


def remove_move(connection: sa.Connection, server_id: str) -> None:
    """Give the other side's room back; idempotent."""
    move = find_move(connection, server_id)
    if move is not None:
        connection.execute(sa.delete(server_move).where(server_move.c.server_id == server_id))
        connection.execute(sa.update(compute_host).where(compute_host.c.name == move["host"]).values(
            generation=compute_host.c.generation + 1))


def deletion_of(connection: sa.Connection, row: Row, ports: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the flow that deletes a server, and what its state begins with."""
    state = {"server_id": row["id"], "host": row["host"], "ports": ports}
    move = find_move(connection, row["id"])
    if move is None or move["host"] == row["host"]:
        return "delete_server", state
    return "delete_moved_server", state | {"source": move["host"]}


def room_of(connection: sa.Connection, server_id: str) -> dict[str, Any]:
    """Return what a server takes of the host that it is on; raises NotFound where it takes nothing of any."""
    row = connection.execute(sa.select(claim).where(claim.c.server_id == server_id)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Server {server_id} has no claim on any host.")
    return {name: row[name] for name in ROOM}


def fit_of(connection: sa.Connection, server_id: str) -> fits.Fit | None:
    """Return what a server has of its host for itself, if it has anything."""
    return fits.fit(connection.execute(sa.select(claim.c.fit).where(claim.c.server_id == server_id)).scalar())


def on_host(row: Row, flavor: Row | None = None) -> dict[str, Any]:
    """Return a flavor, the server's own or another, as far as its disks are the host's: a volume is not, nor what nobody wants."""
    own = {**(flavor or row["flavor"]), **(row["local_disks"] or {})}
    return own if row["image_id"] else own | {"root_gib": 0}


def sizes(flavor: Row) -> dict[str, int]:
    """Return what a server of a flavor takes of its host."""
    return {"vcpus": flavor["vcpus"], "memory_mib": flavor["memory_mib"], "disk_gib": disk_gib(flavor)}


def disk_gib(flavor: Row) -> int:
    """All the disk a flavor may fill, swap rounded up to a GiB."""
    swap_gib = math.ceil((flavor.get("swap_mib") or 0) / 1024)
    return int(flavor["root_gib"] + (flavor.get("ephemeral_gib") or 0) + swap_gib)


def check_disks(before: Row, after: Row) -> None:
    """Raise BadRequest for a flavor whose disks are smaller: nobody knows what may be cut off."""
    for name in ("root_gib", "ephemeral_gib", "swap_mib"):
        if (after.get(name) or 0) < (before.get(name) or 0):
            raise errors.BadRequest("Resize to zero disk flavor is not allowed." if not after.get(name) else
                                    f"The flavor's {name} is smaller than the server's: disks are not made smaller.")
