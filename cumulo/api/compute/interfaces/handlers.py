"""The network cards of a server: list, show, attach, detach."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import networks
from cumulo.api.wsgi.route import Request
from cumulo.common import errors, names
from cumulo.common.db.tables.network import port as port_table
from cumulo.compute import servers, states
from cumulo.network import guarantees, ports

ALLOWED = (states.ACTIVE, states.PAUSED, states.SHUTOFF)
Body = Mapping[str, Any]


def list_interfaces(request: Request) -> dict[str, Any]:
    """List the cards of a server."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:interfaces:show")
        found = ports.ports_of_device(connection, row["id"])
    return {"interfaceAttachments": [_view(request, row, port) for port in found]}


def show(request: Request) -> dict[str, Any]:
    """Show a card of a server."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:interfaces:show")
        port = _port_of(connection, row, request.params["port_id"])
    return {"interfaceAttachment": _view(request, row, port)}


def attach(request: Request) -> dict[str, Any]:
    """Give a server another card: of a port there is, or of a new one in a network."""
    asked = request.body["interfaceAttachment"]
    _check(asked)
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:interfaces:change", lock=True)
        now = services.database.now(connection)
        servers.check_lock(row, common.may_override_lock(request))
        servers.check_status(row, "attach_interface", ALLOWED, needs_host=True)
        port_id = _take(request, connection, now, row, asked)
        guarantees.check(connection, port_table.c.id == port_id)
        change = servers.Change("attach_interface", "attach_interface", ALLOWED, {"port_id": port_id, "ports": [port_id]})
        servers.request_change(connection, services.ids, now, context=request.context, row=row, change=change,
                               may_override_lock=common.may_override_lock(request))
        port = ports.get_port(connection, port_id)
        row = servers.get_server(connection, row["id"])
    common.ring_scheduler(request)
    return {"interfaceAttachment": _view(request, row, port)}


def _check(asked: Body) -> None:
    if "net_id" in asked and "port_id" in asked:
        raise errors.BadRequest("Must not input both network_id and port_id")
    if "fixed_ips" in asked and "net_id" not in asked:
        raise errors.BadRequest("Must input network_id when request IP address")


def _take(request: Request, connection: sa.Connection, now: float, row: servers.Row, asked: Body) -> str:
    """Return the port that the server has from now on."""
    if "port_id" in asked:
        own_port(request, connection, asked["port_id"])
        wanted: Any = [{"port": asked["port_id"]}]
    elif "net_id" in asked:
        address = {"fixed_ip": asked["fixed_ips"][0]["ip_address"]} if "fixed_ips" in asked else {}
        wanted = [{"uuid": asked["net_id"], **address}]
    else:
        wanted = "auto"
    planned = [card | {"tag": asked.get("tag")} for card in networks.plan(request, connection, wanted)]
    try:
        return networks.plug(request, connection, now, planned, None)(row["id"], row["hostname"])[0]
    except errors.Conflict as failure:  # the port is somebody's: this route says so with 400
        raise errors.BadRequest(failure.message) from failure


def own_port(request: Request, connection: sa.Connection, port_id: str) -> Body:
    """Return a port of the caller's project; another one is not found."""
    found = ports.get_port(connection, port_id)
    if found["project_id"] != request.context.project_id:
        raise ports.not_found(port_id)
    return found


def detach(request: Request) -> None:
    """Begin to take a card from a server."""
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:interfaces:change", lock=True)
        port = _port_of(connection, row, request.params["port_id"])
        state = {"port_id": port["id"], "ports": [port["id"]], "device": names.tap_name(port["id"])}
        servers.request_change(
            connection, services.ids, services.database.now(connection), context=request.context, row=row,
            change=servers.Change("detach_interface", "detach_interface", ALLOWED, state),
            may_override_lock=common.may_override_lock(request))
    common.ring_scheduler(request)


def _port_of(connection: sa.Connection, row: servers.Row, port_id: str) -> Body:
    for port in ports.ports_of_device(connection, row["id"]):
        if port["id"] == port_id:
            return port
    raise errors.NotFound(f"Port {port_id[:64]} is not found.")


def _view(request: Request, row: servers.Row, port: Body) -> dict[str, Any]:
    shown = {
        "port_id": port["id"], "net_id": port["network_id"], "mac_addr": port["mac_address"], "port_state": port["status"],
        "fixed_ips": [{"subnet_id": each["subnet_id"], "ip_address": each["ip_address"]} for each in port["fixed_ips"]]}
    return shown | {"tag": (row["device_tags"] or {}).get(port["id"])} if request.is_at_least("2.70") else shown
