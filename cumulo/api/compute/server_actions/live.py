"""os-migrateLive: a running server moves to another host.

    2.25 no disk_over_commit, block_migration may be "auto"   2.30 force   2.68 no force

Hosts share no disks, so a move that is to copy none cannot be.
"""

from collections.abc import Mapping
from typing import Any

from cumulo.api.compute import common
from cumulo.api.compute.server_actions import moving
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import servers, states

ALLOWED = (states.ACTIVE, states.PAUSED)


def migrate(request: Request, arguments: Mapping[str, Any]) -> None:
    """Begin to move a running server, to the named host or to one that the scheduler chooses.

    A named host has to have room, forced or not: nothing could be counted otherwise.
    """
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:migrate_live", lock=True)
        servers.check_lock(row, common.may_override_lock(request))
        servers.check_status(row, "os-migrateLive", ALLOWED, needs_host=True)
        moving.check_target(connection, row, arguments["host"])
        if arguments["block_migration"] != "auto" and not common.flag(str(arguments["block_migration"]), "block_migration"):
            raise errors.BadRequest("Hosts share no disks here: a running server moves only where block_migration may copy them.")
        state = {"source": row["host"], "begins": row["status"], "flavor_id": row["flavor_id"],
                 "flavor": dict(row["flavor"]), "to_host": arguments["host"], "ports": moving.port_ids(connection, row)}
        servers.request_change(
            connection, services.ids, services.database.now(connection), context=request.context, row=row,
            change=servers.Change("live-migration", "live_migrate_server", ALLOWED, state),
            may_override_lock=common.may_override_lock(request))
    common.ring_scheduler(request)
