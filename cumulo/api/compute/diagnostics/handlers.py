"""What a host measures of a running guest: below 2.48 as libvirt names it, from there on in one form for all."""

from typing import Any

from cumulo.api.compute import common
from cumulo.api.compute.diagnostics import view
from cumulo.api.wsgi.route import Request
from cumulo.compute import servers, states

_ALLOWED = (states.ACTIVE, states.PAUSED, states.RESCUE)


def show(request: Request) -> dict[str, Any]:
    """Ask the host and show what it says."""
    database = request.services.database
    with database.read() as connection:
        row = common.own_server(request, connection, "compute:diagnostics:show")
        up_s = None if row["launched_at"] is None else int(database.now(connection) - row["launched_at"])
    servers.check_status(row, "diagnostics", _ALLOWED)
    measured = common.ask_host(request, row, "diagnostics")
    if request.is_at_least("2.48"):
        return view.standard(measured, uptime_s=up_s, config_drive=bool(row["config_drive"]))
    return view.named(measured)
