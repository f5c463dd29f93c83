"""Where on its host a server is: its cells, and for administrators which ones of the host they are (2.78)."""

from typing import Any

from cumulo.api.compute import common
from cumulo.api.compute.server_topology import view
from cumulo.api.wsgi.route import Request
from cumulo.compute import hardware, moves


def show(request: Request) -> dict[str, Any]:
    """Show what the server's claim says."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:server_topology:show")
        given = moves.fit_of(connection, row["id"])
    threads = hardware.of(row["flavor"], row["image_properties"]).topology.threads
    return view.topology(given, threads=threads, with_host=request.may("compute:server_topology:show_host"))
