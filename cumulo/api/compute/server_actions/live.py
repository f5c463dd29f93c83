"""os-migrateLive: a running server moves to another host. evacuate: one whose host is down is made anew on another.

    2.25 no disk_over_commit, block_migration may be "auto"   2.30 force   2.68 no force

Hosts share no disks, so a move that is to copy none cannot be, unless all that a server has is volumes.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.server_actions import moving
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import hosts, moves, passthrough, servers, states
from cumulo.volume import server_volumes

ALLOWED = (states.ACTIVE, states.PAUSED)
EVACUATED = (states.ACTIVE, states.SHUTOFF, states.ERROR)


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
        may_copy = arguments["block_migration"] == "auto" or common.flag(str(arguments["block_migration"]), "block_migration")
        if not may_copy and _has_disks(row):
            raise errors.BadRequest("Hosts share no disks here: a running server moves only where block_migration may copy them.")
        if passthrough.has_devices(row["flavor"]):
            raise errors.BadRequest(f"Instance {row['id']} has devices of its host, which do not move while it runs: migrate it instead.")
        state = {"source": row["host"], "begins": row["status"], "flavor_id": row["flavor_id"],
                 "flavor": dict(row["flavor"]), "to_host": arguments["host"], "ports": moving.port_ids(connection, row),
                 "volumes": server_volumes.entries(connection, row["id"])}
        servers.request_change(
            connection, services.ids, services.database.now(connection), context=request.context, row=row,
            change=servers.Change("live-migration", "live_migrate_server", ALLOWED, state),
            may_override_lock=common.may_override_lock(request))
    common.ring_scheduler(request)


def evacuate(request: Request, arguments: Mapping[str, Any]) -> Reply:
    """Begin to make a server of a host that is down anew on another one, from its image; its disks stay behind.

    2.14 no onSharedStorage, no password in the answer   2.29 force   2.68 no force   2.95 it stays off there
    """
    services = request.services
    password = arguments.get("adminPass") or services.ids.password(12)
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:evacuate", lock=True)
        servers.check_lock(row, common.may_override_lock(request))
        servers.check_status(row, "evacuate", EVACUATED, needs_host=True)
        moving.check_target(connection, row, arguments.get("host"))
        _check_down(connection, row["host"])
        now = services.database.now(connection)
        stays_off = request.is_at_least("2.95") or row["status"] == states.SHUTOFF
        state = {"source": row["host"], "ends": states.SHUTOFF if stays_off else states.ACTIVE, "flavor_id": row["flavor_id"],
                 "flavor": dict(row["flavor"]), "to_host": arguments.get("host"),
                 "ports": moving.port_ids(connection, row), "volumes": server_volumes.entries(connection, row["id"])}
        servers.request_change(
            connection, services.ids, now, context=request.context, row=row,
            change=servers.Change("evacuate", "evacuate_server", EVACUATED, state),
            may_override_lock=common.may_override_lock(request))
        servers.update_server(connection, now, row["id"], admin_password=password)
    common.ring_scheduler(request)
    return Reply({"adminPass": password}, status=200) if not request.is_at_least("2.14") else Reply(status=200)


def _has_disks(row: servers.Row) -> bool:
    """Say whether a server has disks of its host's: one that boots from a volume need not."""
    own = moves.on_host(row)
    return bool(row["image_id"] or own.get("ephemeral_gib") or own.get("swap_mib"))


def _check_down(connection: sa.Connection, host: str) -> None:
    """A host that may still run the server would run it twice: somebody has to have said that it cannot."""
    found = hosts.list_hosts(connection, compute_host.c.name == host)
    if found and not found[0]["forced_down"]:
        raise errors.BadRequest(f"Compute service of {host} is still in use. Fence the host and declare it down "
                                "(openstack compute service set --down) before its servers are evacuated.")
