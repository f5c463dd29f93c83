"""What only administrators do to a server's state."""

from collections.abc import Mapping
from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.flows import conflicts
from cumulo.compute import servers, states

_RESET = {"active": {"status": states.ACTIVE, "power_state": states.POWER_RUNNING, "fault": None},
          "error": {"status": states.ERROR}}


def reset_state(request: Request, arguments: Mapping[str, Any]) -> None:
    """Write another status in a server's row; what its guest does is looked at again at the next heartbeat."""
    database = request.services.database
    with database.write() as connection:
        row = common.changed_server(request, connection, "compute:servers:reset_state", conflicts.ACT)
        if arguments["state"] == "active" and not row["host"]:
            raise errors.Conflict(f"Instance {row['id']} is on no host: it cannot be active.")
        servers.update_server(connection, database.now(connection), row["id"], **_RESET[arguments["state"]])
