"""addFloatingIp, removeFloatingIp, addFixedIp and removeFixedIp: addresses of a server's cards, until 2.43."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.floating_ips import handlers as floating_addresses
from cumulo.api.network import resource
from cumulo.api.network.floating_ips import handlers as network_api
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import servers
from cumulo.network import floating_ips, ports, revisions

Port = dict[str, Any]


def add_floating(request: Request, arguments: Mapping[str, Any]) -> None:
    """Have a floating address stand for an address of the server, wherever it stood before."""
    database = request.services.database
    with database.write() as connection:
        server, found = _server_and_address(request, connection, arguments["address"])
        port, fixed = _card(ports.ports_of_device(connection, server["id"]), arguments.get("fixed_address"))
        hosts = network_api.concerned(connection, [found])
        try:
            row = floating_ips.associate(connection, database.now(connection), found["id"], port, fixed)
        except (errors.Conflict, errors.NotFound) as failure:  # this API calls both a bad request
            raise errors.BadRequest(f"Unable to associate floating IP {arguments['address']} to fixed IP {fixed} for "
                                    f"instance {server['id']}. Error: {failure.message}") from failure
        hosts |= network_api.concerned(connection, [row])
    resource.ring(request, hosts)


def remove_floating(request: Request, arguments: Mapping[str, Any]) -> None:
    """Have a floating address stand for the server no more."""
    database = request.services.database
    with database.write() as connection:
        server, found = _server_and_address(request, connection, arguments["address"])
        if (found["port"] or {}).get("device_id") != server["id"]:
            raise errors.Conflict(f"Floating IP {arguments['address']} is not associated with instance {server['id']}.")
        hosts = network_api.concerned(connection, [found])
        floating_ips.disassociate(connection, database.now(connection), found["id"])
    resource.ring(request, hosts)


def _server_and_address(request: Request, connection: sa.Connection, address: str) -> tuple[servers.Row, Port]:
    """The server of the path and a floating address that the caller may change, with the networks held."""
    revisions.lock(connection)
    server = _server(request, connection)
    found = floating_addresses.by_address(request, connection, address)
    request.authorize("network:floating_ips:update", {"project_id": found["project_id"]})
    return server, found


def add_fixed(request: Request, arguments: Mapping[str, Any]) -> None:
    """Give the server's card in a network another address of the subnet it has one of."""
    def another(held: list[Port]) -> tuple[Port, list[dict[str, str]]]:
        port = next((each for each in held if each["network_id"] == arguments["networkId"] and each["fixed_ips"]), None)
        if port is None:
            raise errors.BadRequest(f"Network {arguments['networkId']} is not one of the server's.")
        return port, [*_kept(port), {"subnet_id": port["fixed_ips"][0]["subnet_id"]}]

    _change(request, another)


def remove_fixed(request: Request, arguments: Mapping[str, Any]) -> None:
    """Take an address from the server's card that has it."""
    def fewer(held: list[Port]) -> tuple[Port, list[dict[str, str]]]:
        for port in held:
            left = [each for each in _kept(port) if each["ip_address"] != arguments["address"]]
            if len(left) < len(port["fixed_ips"]):
                return port, left
        raise errors.BadRequest(f"Fixed IP {arguments['address'][:64]} is not one of the server's.")

    _change(request, fewer)


def _change(request: Request, change: Any) -> None:
    database = request.services.database
    with database.write() as connection:
        revisions.lock(connection)
        server = _server(request, connection)
        port, wanted = change(ports.ports_of_device(connection, server["id"]))
        ports.update_port(connection, database.now(connection), port["id"], {}, wanted=wanted)
        hosts = resource.hosts_of(connection, {port["network_id"]})
    resource.ring(request, hosts)


def _kept(port: Port) -> list[dict[str, str]]:
    return [{"subnet_id": each["subnet_id"], "ip_address": each["ip_address"]} for each in port["fixed_ips"]]


def _server(request: Request, connection: sa.Connection) -> servers.Row:
    server = common.own_server(request, connection, "compute:servers:action")
    servers.check_lock(server, common.may_override_lock(request))
    return server


def _card(held: list[Port], fixed: str | None) -> tuple[Port, str]:
    """Return the card and its address that is asked for: the first of IPv4 where none is named."""
    found = [(port, each["ip_address"]) for port in held for each in port["fixed_ips"] if ":" not in each["ip_address"]]
    for port, address in found:
        if fixed in (None, address):
            return port, address
    raise errors.BadRequest("Specified fixed address not assigned to instance" if fixed else
                            "No fixed IPs associated to instance")
