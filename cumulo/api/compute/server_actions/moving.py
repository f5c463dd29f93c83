"""resize, migrate, and what follows: confirmResize and revertResize."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import choices
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import flavors, hosts, moves, quotas, servers, states
from cumulo.network import ports
from cumulo.volume import server_volumes

ALLOWED = (states.ACTIVE, states.SHUTOFF)
_STAY_IF_ROOM, _MUST_STAY, _MUST_LEAVE = "if there is room", "yes", "no"


def resize(request: Request, arguments: Mapping[str, Any]) -> None:
    """Begin to give a server another flavor."""
    with request.services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        servers.check_lock(row, common.may_override_lock(request))
        servers.check_status(row, "resize", ALLOWED, needs_host=True)
        flavor = choices.find_flavor(request, connection, str(arguments["flavorRef"]))
        after = flavors.copy_of(flavor)
        if flavor["id"] == row["flavor_id"]:
            raise errors.BadRequest("When resizing, instances must change flavor!")
        moves.check_disks(moves.on_host(row), moves.on_host(row, after))
        choices.check_machine(request, after, row["image_properties"] or {})
        limits = quotas.limits_for(connection, request.services.conf, row["project_id"])
        quotas.check_growth(
            connection, limits, row["project_id"], vcpus=after["vcpus"] - row["vcpus"],
            memory_mib=after["memory_mib"] - row["memory_mib"], user_id=row["user_id"])
        may_stay = request.services.conf.servers.resize_on_same_host
        _begin(request, connection, row, "resize", after, _STAY_IF_ROOM if may_stay else _MUST_LEAVE, None)
        if "OS-DCF:diskConfig" in arguments:
            servers.update_server(connection, request.services.database.now(connection), row["id"],
                                  disk_config=arguments["OS-DCF:diskConfig"])
    common.ring_scheduler(request)


def migrate(request: Request, arguments: Mapping[str, Any] | None) -> None:
    """Begin to move a server to another host, or to the one that is named."""
    with request.services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:migrate", lock=True)
        host = (arguments or {}).get("host")
        check_target(connection, row, host)
        if moves.on_host(row).get("ephemeral_gib"):
            raise errors.Conflict(f"Instance {row['id']} has an ephemeral disk, which does not leave its host.")
        _begin(request, connection, row, "migrate", row["flavor"], _MUST_LEAVE, host)
    common.ring_scheduler(request)


def check_target(connection: sa.Connection, row: servers.Row, host: str | None) -> None:
    """Raise BadRequest for a host that is not there, or that the server is on."""
    if host is not None and not hosts.list_hosts(connection, compute_host.c.name == host):
        raise errors.BadRequest(f"Compute host {host} could not be found.")
    if host is not None and host == row["host"]:
        raise errors.BadRequest("The target host can't be the same one.")


def _begin(request: Request, connection: sa.Connection, row: servers.Row, action: str, flavor: Mapping[str, Any],
           stay: str, host: str | None) -> None:
    services = request.services
    state = {
        "source": row["host"], "begins": row["status"], "ends": row["status"], "flavor": dict(flavor),
        "flavor_id": flavor["id"], "old_flavor_id": row["flavor_id"], "to_host": host,
        "grows": row["image_id"] is not None and flavor["root_gib"] != row["flavor"]["root_gib"],
        "boots_from_volume": row["image_id"] is None, "volumes": server_volumes.entries(connection, row["id"]),
        "stay": _MUST_STAY if moves.on_host(row).get("ephemeral_gib") else stay, "image_id": services.ids.new_id(),
        "format": services.conf.servers.snapshot_format, "ports": port_ids(connection, row)}
    change = servers.Change(action, "resize_server", ALLOWED, state)
    servers.request_change(
        connection, services.ids, services.database.now(connection), context=request.context, row=row, change=change,
        may_override_lock=common.may_override_lock(request))


def confirm(request: Request, arguments: Any) -> Reply:
    """Say that a resize or a move is to stay."""
    _end(request, "confirmResize", "confirm_resize")
    return Reply(status=204)


def revert(request: Request, arguments: Any) -> None:
    """Have a server go back to what it was."""
    _end(request, "revertResize", "revert_resize")


def _end(request: Request, action: str, flow: str) -> None:
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        move = moves.find_move(connection, row["id"])
        ends = states.SHUTOFF if row["power_state"] == states.POWER_SHUT_DOWN else states.ACTIVE
        state = {"source": move["host"] if move else row["host"], "ends": ends, "ports": port_ids(connection, row),
                 "volumes": server_volumes.entries(connection, row["id"])}
        servers.request_change(
            connection, services.ids, services.database.now(connection), context=request.context, row=row,
            change=servers.Change(action, flow, (states.VERIFY_RESIZE,), state),
            may_override_lock=common.may_override_lock(request))
    common.ring_scheduler(request)


def port_ids(connection: sa.Connection, row: servers.Row) -> list[str]:
    """Return the ids of a server's ports."""
    return [port["id"] for port in ports.ports_of_device(connection, row["id"])]
