"""os-floating-ips and os-floating-ip-pools: the floating addresses of the network API; a pool is an external network."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import resource
from cumulo.api.network.floating_ips import handlers as network_api
from cumulo.api.network.networks import handlers as networks_api
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network import network
from cumulo.common.db.tables.network_router import floating_ip
from cumulo.network import floating_ips, networks, quotas

Row = dict[str, Any]


def list_pools(request: Request) -> Row:
    """List the networks that floating addresses can be taken from."""
    with request.services.database.read() as connection:
        return {"floating_ip_pools": [{"name": row["name"] or row["id"]} for row in _pools(request, connection)]}


def list_addresses(request: Request) -> Row:
    """List the floating addresses of the caller's project."""
    with request.services.database.read() as connection:
        rows = floating_ips.list_floating_ips(connection, floating_ip.c.project_id == request.context.project_id)
        return {"floating_ips": _views(connection, sorted(rows, key=lambda row: (row["created_at"], row["id"])))}


def show(request: Request) -> Row:
    """Show a floating address."""
    with request.services.database.read() as connection:
        return {"floating_ip": _views(connection, [_row(request, connection)])[0]}


def allocate(request: Request) -> Row:
    """Take an address from a pool, by its name or id; from the first one there is where none is named."""
    services, wanted = request.services, (request.body or {}).get("pool")
    project_id = request.context.project_id
    if not project_id:
        raise errors.BadRequest("A floating address belongs to a project: the token has none.")
    with services.database.write() as connection:
        services.tokens.hold(connection, project_id)
        pool = next((row for row in _pools(request, connection) if wanted in (None, row["name"], row["id"])), None)
        if pool is None:
            raise errors.NotFound("Floating IP pool not found.")
        try:
            quotas.reserve(connection, services.conf, project_id, "floatingip")
        except errors.Conflict as failure:  # this API refuses what a quota does not allow with 403
            raise errors.QuotaExceeded("Maximum number of floating IPs exceeded") from failure
        try:
            row = floating_ips.create_floating_ip(connection, services.ids, services.database.now(connection),
                                                  project_id=project_id, network_id=pool["id"], values={})
        except errors.Conflict as failure:
            raise errors.NotFound(f"No more floating IPs in pool {pool['name']}.") from failure
        return {"floating_ip": _views(connection, [row])[0]}


def release(request: Request) -> None:
    """Give an address back."""
    database = request.services.database
    with database.write() as connection:
        row = _row(request, connection)
        request.authorize("network:floating_ips:delete", {"project_id": row["project_id"]})
        hosts = network_api.concerned(connection, [row])
        floating_ips.delete_floating_ip(connection, database.now(connection), row["id"])
    resource.ring(request, hosts)


def by_address(request: Request, connection: sa.Connection, address: str) -> Row:
    """Return the caller's floating address of this number; raises NotFound."""
    rows = floating_ips.list_floating_ips(
        connection, floating_ip.c.floating_ip_address == address, *network_api.is_visible(request))
    if not rows:
        raise errors.NotFound(f"Floating IP not found for address {address[:64]}.")
    return rows[0]


def _row(request: Request, connection: sa.Connection) -> Row:
    wanted = request.params["floatingip_id"]
    rows = floating_ips.list_floating_ips(connection, floating_ip.c.id == wanted, *network_api.is_visible(request))
    if not rows:
        raise errors.NotFound(f"Floating IP not found for ID {wanted[:64]}")
    return rows[0]


def _pools(request: Request, connection: sa.Connection) -> list[Row]:
    rows = networks.list_networks(connection, network.c.external.is_(sa.true()), *networks_api.is_visible(request))
    return sorted(rows, key=lambda row: (row["name"], row["id"]))


def _views(connection: sa.Connection, rows: Iterable[Row]) -> list[Row]:
    found = list(rows)
    query = sa.select(network.c.id, network.c.name).where(network.c.id.in_({row["floating_network_id"] for row in found}))
    names = {row.id: row.name for row in connection.execute(query)} if found else {}
    return [{"id": row["id"], "ip": row["floating_ip_address"], "fixed_ip": row["fixed_ip_address"],
             "instance_id": (row["port"] or {}).get("device_id") or None,
             "pool": names[row["floating_network_id"]] or row["floating_network_id"]} for row in found]
