"""What several resources of the compute API need: finding the caller's server, flags, links, the bell."""

import ipaddress
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.operations import store
from cumulo.compute import quotas, servers

LONGEST_ID = 64
ADMIN = "rule:admin_required"
Links = list[dict[str, str]]
_YES, _NO = ("1", "t", "true", "on", "y", "yes"), ("0", "f", "false", "off", "n", "no")


def own_server(request: Request, connection: sa.Connection, rule: str, *, deleted: bool = False,
               lock: bool = False) -> servers.Row:
    """Return the server of the path; another project's is not found. Raises Forbidden where the rule does."""
    server_id = request.params["server_id"]
    if len(server_id) > LONGEST_ID:
        raise servers.not_found(server_id[:LONGEST_ID])
    # Asked for in one statement, so that another project's server costs what a missing one does and is never locked.
    project_id = None if request.may(ADMIN) else request.context.project_id or ""
    row = servers.get_server(connection, server_id, project_id=project_id, deleted=deleted, lock=lock)
    request.authorize(rule, {"project_id": row["project_id"], "user_id": row["user_id"]})
    return row


def changed_server(request: Request, connection: sa.Connection, rule: str, asked: str) -> servers.Row:
    """Return the server of the path, held for a change that the table of conflicts knows; Conflict where it refuses."""
    row = own_server(request, connection, rule, lock=True)
    store.meet(connection, "server", row["id"], asked)
    return row


def may_override_lock(request: Request) -> bool:
    """Say whether the caller may change a locked server."""
    return request.may("compute:servers:override_lock")


def ring_scheduler(request: Request) -> None:
    """Tell the scheduler that there is an operation; call it after the write() block."""
    request.ring("scheduler", "operation")


def ask_host(request: Request, row: servers.Row, method: str, **arguments: Any) -> Any:
    """Have the agent of a server's host answer about it; Conflict for a server without one.

    No transaction may be open: a host that hangs must hold up nobody but this caller.
    """
    if not row["host"]:
        raise errors.Conflict(f"Instance {row['id']} is not ready")
    services = request.services
    try:
        return services.bus.call(f"compute.{row['host']}", method, {"server_id": row["id"], **arguments},
                                 timeout_s=services.conf.servers.console_timeout_s, context=request.context)
    except errors.DeadlineExceeded as failure:
        raise errors.ServiceUnavailable(
            f"The host of instance {row['id']} did not answer in time. Try again later.") from failure


def flag(text: str, name: str) -> bool:
    """Return a yes or no from a query or a body; raises BadRequest."""
    lowered = text.strip().lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise errors.BadRequest(f"Invalid value for {name}: {text[:32]!r} is neither true nor false.")


def limits(request: Request, connection: sa.Connection) -> quotas.Limits:
    """Return the limits of the caller's project."""
    return quotas.limits_for(connection, request.services.conf, request.context.project_id)


def address(text: str | None) -> str | None:
    """Return an IP address in the form in which all are shown; None for none."""
    return str(ipaddress.ip_address(text)) if text else None


def public_url(request: Request) -> str:
    """Return the URL of this version of the API."""
    return f"{request.url}/v2.1"


def links(request: Request, collection: str, entry_id: str) -> Links:
    """Return the self and bookmark links of a resource."""
    return [{"rel": "self", "href": f"{public_url(request)}/{collection}/{entry_id}"},
            {"rel": "bookmark", "href": f"{request.url}/{collection}/{entry_id}"}]
