"""POST /servers/{id}/action: the body's one key says what to do."""

from collections.abc import Callable
from typing import Any

from cumulo.api.compute import common
from cumulo.api.compute.consoles import handlers as consoles
from cumulo.api.compute.server_actions import (
    addresses,
    administration,
    images,
    live,
    moving,
    rebuild,
    rescue,
    security_groups,
    shelving,
)
from cumulo.api.compute.servers import deletion
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.compute import passthrough, servers, states

Action = Callable[[Request, Any], Reply | None]
_INTERRUPTED = (states.ACTIVE, states.PAUSED, states.RESCUE, states.VERIFY_RESIZE, states.ERROR)


def act(request: Request) -> Reply | None:
    """Do the action that the body names."""
    ((name, arguments),) = request.body.items()
    return _ACTIONS[name](request, arguments)


def _to(change: servers.Change) -> Action:
    """Return the action that begins a change of whether and how a server runs."""
    def begin(request: Request, arguments: Any) -> None:
        _change(request, change)

    return begin


def _reboot(request: Request, arguments: Any) -> None:
    _change(request, servers.HARD_REBOOT if arguments["type"].upper() == "HARD" else servers.SOFT_REBOOT)


def _change(request: Request, change: servers.Change) -> None:
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        if change is servers.SUSPEND and passthrough.has_devices(row["flavor"]):
            raise errors.Conflict(f"Instance {row['id']} has devices of its host, whose state cannot be kept: stop it instead.")
        servers.request_change(
            connection, services.ids, services.database.now(connection), context=request.context, row=row,
            change=change, may_override_lock=common.may_override_lock(request))
    common.ring_scheduler(request)


def _change_password(request: Request, arguments: Any) -> None:
    """Begin to set the password of the guest's administrator; the row tells it to whom may boot the server."""
    services = request.services
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        now = services.database.now(connection)
        servers.request_change(connection, services.ids, now, context=request.context, row=row,
                               change=servers.CHANGE_PASSWORD, may_override_lock=common.may_override_lock(request))
        servers.update_server(connection, now, row["id"], admin_password=arguments["adminPass"])
    common.ring_scheduler(request)


def _lock(request: Request, arguments: Any) -> None:
    reason = (arguments or {}).get("locked_reason") if request.is_at_least("2.73") else None
    _set_locked(request, True, reason)


def _unlock(request: Request, arguments: Any) -> None:
    _set_locked(request, False, None)


def _force_delete(request: Request, arguments: Any) -> None:
    deletion.delete(request, for_good=True)


def _set_locked(request: Request, locked: bool, reason: str | None) -> None:
    database = request.services.database
    with database.write() as connection:
        row = common.changed_server(request, connection, "compute:servers:action", "lock or unlock")
        servers.update_server(connection, database.now(connection), row["id"], locked=locked, locked_reason=reason)


def _console_output(request: Request, arguments: Any) -> Reply:
    """The last lines of the serial console's log, read by the host's agent."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:servers:console_output")
    length = (arguments or {}).get("length")
    return Reply({"output": common.ask_host(request, row, "console_log", length=_lines(length))}, status=200)


def _lines(length: int | str | None) -> int | None:
    """How many lines are asked for; None and less than nothing mean all of them."""
    return None if length is None or int(length) < 0 else int(length)


def _tell_network(request: Request, arguments: Any) -> None:
    """Have the server's host look at its networks again and make them so, with what its guest asks for."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:servers:tell_network")
    servers.check_lock(row, common.may_override_lock(request))
    if not row["host"]:
        raise errors.Conflict(f"Instance {row['id']} is on no host.")
    request.ring(f"network.{row['host']}", "network_changed")


def _interrupt(request: Request, arguments: Any) -> None:
    """Have a guest's processors be interrupted so that nothing masks it: what its kernel then does is its own to say."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:servers:action")
    servers.check_lock(row, common.may_override_lock(request))
    servers.check_status(row, "trigger_crash_dump", _INTERRUPTED)
    common.ask_host(request, row, "interrupt")


_ACTIONS: dict[str, Action] = {
    "os-start": _to(servers.START), "os-stop": _to(servers.STOP), "pause": _to(servers.PAUSE),
    "unpause": _to(servers.UNPAUSE), "suspend": _to(servers.SUSPEND), "resume": _to(servers.RESUME), "reboot": _reboot, "lock": _lock, "unlock": _unlock,
    "os-getConsoleOutput": _console_output, "createImage": images.create_image, "createBackup": images.create_backup,
    "os-getVNCConsole": consoles.act, "os-getSPICEConsole": consoles.act, "os-getRDPConsole": consoles.act,
    "os-getSerialConsole": consoles.act,
    "changePassword": _change_password, "trigger_crash_dump": _interrupt,
    "rebuild": rebuild.rebuild, "rescue": rescue.rescue, "unrescue": _to(servers.UNRESCUE),
    "restore": _to(servers.RESTORE), "forceDelete": _force_delete, "os-resetState": administration.reset_state,
    "injectNetworkInfo": _tell_network, "resetNetwork": _tell_network,
    "addSecurityGroup": security_groups.add, "removeSecurityGroup": security_groups.remove,
    "addFloatingIp": addresses.add_floating, "removeFloatingIp": addresses.remove_floating,
    "addFixedIp": addresses.add_fixed, "removeFixedIp": addresses.remove_fixed,
    "resize": moving.resize, "migrate": moving.migrate, "os-migrateLive": live.migrate,
    "evacuate": live.evacuate, "confirmResize": moving.confirm, "revertResize": moving.revert,
    "shelve": shelving.shelve, "shelveOffload": shelving.offload, "unshelve": shelving.unshelve,
}
