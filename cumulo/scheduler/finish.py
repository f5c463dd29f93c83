"""What the end of an operation means for its resource, in the transaction that ends it.

    ended    cancelled   what follows
    done     no          nothing: the last step has said it; see shelving
    any      yes         a delete_server operation, created here: there is no moment at which the
                         server is free and its deletion could be forgotten
    undone   any         a build: its volumes are others' again, those made for it are deleted
    undone   no          a build, reboot or rebuild leaves the server in ERROR, naming the step; a start, stop,
                         pause and the like leave it as its host says it is, their error stands in the
                         action's events
    done     no          delete_server: others may have its volumes; those that go with it are deleted
    done     no          shelving: offload_server, where shelved servers leave their hosts at once
    any      no          attaching and detaching: what was asked for meanwhile of that kind is begun
    any      no          a guest that has moved to another host: land_server
    any      any         a volume that has moved under its server: clear_volume
    stuck    -           ERROR, naming the undo; the operation keeps its lock

An image is deleted by whoever cancels its import, at once. Otherwise an import or a copy that ends undone, or stuck,
leaves the image as it was before, and says which stores do not have it. What ends of volumes mean is in volumes.py.
"""

import sqlalchemy as sa

from cumulo.common import log
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import server
from cumulo.common.db.tables.image import image
from cumulo.common.db.tables.volume import volume, volume_snapshot
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.common.operations.lease import Operation
from cumulo.compute import moves
from cumulo.image import imports
from cumulo.network import ports
from cumulo.scheduler import backups, migrating, volumes
from cumulo.scheduler.steps import FOUND
from cumulo.volume import messages

LOG = log.get(__name__)
_LOCKS = {kind: sa.select(table.c.id).where(table.c.id == sa.bindparam("its_id")).with_for_update()
          for kind, table in (("server", server), ("image", image), ("volume", volume),
                              ("snapshot", volume_snapshot), ("backup", volume_backup))}

_ENDS_IN_ERROR = ("build_server", "reboot_server", "rebuild_server", "rebuild_volume_server", "evacuate_server")


def finished(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    """Draw the consequences for the resource; `ended` is the row with its last phase."""
    if ended.resource_type == "image":
        _finish_import(connection, now, ended)
    if messages.concerns(ended):
        messages.note(connection, ids, now, ended)
    if ended.resource_type == "snapshot":
        volumes.snapshot_finished(connection, ids, now, ended)
    if ended.resource_type == "backup":
        backups.finished(connection, ids, now, ended)
    if ended.resource_type == "volume":
        volumes.finished(connection, ids, now, ended)
    if ended.resource_type != "server":
        return
    if ended.phase == "undone" and ended.flow == "build_server":
        volumes.build_came_to_nothing(connection, ids, now, ended)
    if ended.phase == "stuck":
        _set_fault(connection, now, ended)
    elif ended.cancel and ended.flow not in ("delete_server", "delete_moved_server"):
        _delete(connection, ids, now, ended)
    elif ended.phase == "done" and ended.flow in ("delete_server", "delete_moved_server"):
        volumes.server_gone(connection, ids, now, ended)
    elif ended.phase == "done" and ended.flow == "shelve_server" and ended.state["offload"]:
        _offload(connection, ids, now, ended)
    elif ended.flow == migrating.FLOW and (ended.phase == "done" or ended.state.get("landed")):
        _land(connection, ids, now, ended)
    elif ended.phase == "undone" and ended.flow in _ENDS_IN_ERROR:
        _set_fault(connection, now, ended)
    elif ended.phase == "undone" and ended.state.get("power") in FOUND:
        _set_found(connection, now, ended)
    if ended.flow == volumes.USED and (ended.phase == "done" or ended.state.get("landed")):
        volumes.clear_behind(connection, ids, now, ended)
    if not ended.cancel and ended.phase in ("done", "undone"):
        store.begin_next(connection, ids, now, ended)


def lock_resource(connection: sa.Connection, operation: Operation) -> None:
    """Lock the resource's row, before the operation's: the order in which requests lock them too."""
    if operation.resource_type in _LOCKS:
        connection.execute(_LOCKS[operation.resource_type], {"its_id": operation.resource_id}).first()


def _finish_import(connection: sa.Connection, now: float, ended: Operation) -> None:
    if ended.phase in ("undone", "stuck") and not ended.cancel:
        imports.withdraw(connection, now, ended.state)


def _set_fault(connection: sa.Connection, now: float, ended: Operation) -> None:
    fault = {"code": 500, "message": ended.error or "", "details": ended.error or "", "created_at": now}
    is_left = (server.c.id == ended.resource_id, server.c.deleted_at.is_(None))
    connection.execute(sa.update(server).where(*is_left).values(status="ERROR", fault=fault, updated_at=now))


def _set_found(connection: sa.Connection, now: float, ended: Operation) -> None:
    """Only between running, off and asleep: a server in ERROR stays there."""
    is_well = (server.c.id == ended.resource_id, server.c.status.in_([each["status"] for each in FOUND.values()]))
    values = FOUND[ended.state["power"]] | {"updated_at": now}
    connection.execute(sa.update(server).where(*is_well).values(values))


def _delete(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    asked = ended.state.get("cancelled_by")
    own = {"request_id": ended.request_id, "user_id": ended.user_id, "project_id": ended.project_id}
    held = [port["id"] for port in ports.ports_of_device(connection, ended.resource_id)]
    row = {"id": ended.resource_id, "host": _host(connection, ended.resource_id)}
    flow, state = moves.deletion_of(connection, row, held)
    operation_id = store.create(
        connection, ids, now, flow=flow, resource_type="server", resource_id=ended.resource_id,
        state=state, context=Context.from_dict(asked or own), action="delete",
    )  # fmt: skip
    LOG.info("deletion_follows", operation=operation_id, after=ended.id, server=ended.resource_id)


def _offload(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    held = [port["id"] for port in ports.ports_of_device(connection, ended.resource_id)]
    context = Context(request_id=ended.request_id, user_id=ended.user_id, project_id=ended.project_id)
    store.create(connection, ids, now, flow="offload_server", resource_type="server", resource_id=ended.resource_id,
                 state={"server_id": ended.resource_id, "host": ended.state["host"], "ports": held}, context=context,
                 action="shelveOffload")


def _land(connection: sa.Connection, ids: Ids, now: float, ended: Operation) -> None:
    state = {name: ended.state[name] for name in ("server_id", "source", "ports", "begins")}
    context = Context(request_id=ended.request_id, user_id=ended.user_id, project_id=ended.project_id)
    store.create(connection, ids, now, flow=migrating.FOLLOWS, resource_type="server", resource_id=ended.resource_id,
                 state=state | {"host": ended.state["target"]}, context=context, action="finish-live-migration")


def _host(connection: sa.Connection, server_id: str) -> str | None:
    return connection.execute(sa.select(server.c.host).where(server.c.id == server_id)).scalar()
