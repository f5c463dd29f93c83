"""The addresses of a server, by the name of their network."""

from typing import Any

from cumulo.api.compute import common
from cumulo.api.compute.servers import view
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.network import port_queries


def list_addresses(request: Request) -> dict[str, Any]:
    """List all addresses."""
    return {"addresses": _addresses(request)}


def show_network(request: Request) -> dict[str, Any]:
    """List the addresses in one network; raises NotFound when the server is not in it."""
    name, found = request.params["network"], _addresses(request)
    if name not in found:
        raise errors.NotFound("Instance is not a member of specified network")
    return {name: found[name]}


def _addresses(request: Request) -> dict[str, list[dict[str, Any]]]:
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:servers:ips")
        addresses = port_queries.addresses_of_devices(connection, [row["id"]])[row["id"]]
    return view.by_network(addresses, details=False)
