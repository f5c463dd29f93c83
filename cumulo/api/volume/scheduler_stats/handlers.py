"""What backends have: room, and what they say of themselves. Each is one pool.

    3.35 volume_type: the pools that fit a type
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.volume import backends, types, volumes

QUERY = ("detail", "name", "volume_type")


def get_pools(request: Request) -> dict[str, Any]:
    """List the pools, with what they have where that is asked for."""
    services, query = request.services, request.query
    detail = flag(query.get("detail", "false"), "detail")
    with services.database.read() as connection:
        rows = _fitting(request, connection, backends.list_backends(connection))
    wanted = [row for row in rows if query.get("name") in (None, backends.pool_name(row["name"]))]
    return {"pools": [_view(request, row, detail) for row in wanted]}


def _fitting(request: Request, connection: sa.Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the backends that fit the type that is named, by name or id; all where none is. Raises NotFound."""
    text = request.query.get("volume_type")
    if text is None or not request.is_at_least("3.35"):
        return rows
    wanted = types.named(connection, text, None, lock=False)
    return [row for row in rows if not volumes.lacking(connection, row["name"], wanted)]


def _view(request: Request, row: backends.Row, detail: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": backends.pool_name(row["name"])}
    if detail:
        conf = request.services.conf.volume
        shown["capabilities"] = row["capabilities"] | {
            "total_capacity_gb": row["total_gib"], "free_capacity_gb": backends.free_gib(row),
            "allocated_capacity_gb": row["allocated_gib"], "provisioned_capacity_gb": row["allocated_gib"],
            "reserved_percentage": conf.reserved_percentage, "max_over_subscription_ratio": str(conf.over_subscription_ratio),
            "thin_provisioning_support": True, "QoS_support": False, "pool_name": backends.short_name(row["name"]),
            "updated": times.iso_micro(row["last_seen"] or row["updated_at"]),
            "timestamp": times.iso_micro(row["last_seen"] or row["updated_at"])}
    return shown
