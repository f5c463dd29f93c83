"""Hypervisors: what each host has, what is claimed of it, and which servers are on it.

    2.28 cpu_info is an object   2.33 pages   2.53 ids are UUIDs; patterns and servers are asked for in the query
    2.88 uptime in the body, and no more of what the scheduler alone knows
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.hypervisors import view
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.contains import contains
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import hosts

Row = Mapping[str, Any]
SERVERS_SINCE, NAMES_SINCE = "2.53", "2.33"


def list_brief(request: Request) -> dict[str, Any]:
    """List hypervisors with id, name and state."""
    return _page(request, view.brief)


def list_full(request: Request) -> dict[str, Any]:
    """List hypervisors with what they have."""
    return _page(request, view.full)


def _page(request: Request, shown: view.View) -> dict[str, Any]:
    pattern = request.query.get("hypervisor_hostname_pattern") if request.is_at_least("2.53") else None
    if pattern and ("limit" in request.query or "marker" in request.query):
        raise errors.BadRequest("Paging over results with hypervisor_hostname_pattern is not supported.")
    rows, now = _rows(request, *([] if pattern is None else [_is_named(pattern)]))
    if pattern and not rows:
        raise errors.NotFound(f"No hypervisor matching '{pattern[:64]}' could be found.")
    rows, link = _cut(request, rows)
    servers = _servers(request, rows)
    return {"hypervisors": [shown(request, row, now) | _on(request, row, servers) for row in rows]} | link


def _cut(request: Request, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The page of the hosts that was asked for, and the link to the next one."""
    if not request.is_at_least(NAMES_SINCE):
        return rows, {}
    most = request.services.conf.servers.page_limit
    asked = paging.page(request, maximum=most)
    limit = asked.limit or most  # 0 means no limit of the caller's own
    ids = [str(view.id_of(request, row)) for row in rows]
    if asked.marker is not None and asked.marker not in ids:
        raise errors.BadRequest(f"marker [{asked.marker[:64]}] not found")
    start = 0 if asked.marker is None else ids.index(asked.marker) + 1
    page = rows[start:start + limit]
    if start + limit >= len(rows):
        return page, {}
    return page, {"hypervisors_links": [{"rel": "next", "href": paging.next_url(request, ids[start + limit - 1])}]}


def _servers(request: Request, rows: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]] | None:
    """The servers on each host, None when nobody asked."""
    asked = request.query.get("with_servers")
    if not request.is_at_least(SERVERS_SINCE) or asked is None or not common.flag(asked, "with_servers"):
        return None
    with request.services.database.read() as connection:
        return hosts.servers_on(connection, [row["name"] for row in rows])


def _on(request: Request, row: Row, servers: dict[str, list[dict[str, str]]] | None) -> dict[str, Any]:
    if servers is None or not (servers[row["name"]] or request.is_at_least("2.75")):
        return {}
    return {"servers": servers[row["name"]]}


def show(request: Request) -> dict[str, Any]:
    """Show a hypervisor."""
    row, now = _row(request)
    return {"hypervisor": view.full(request, row, now) | _on(request, row, _servers(request, [row]))}


def show_uptime(request: Request) -> dict[str, Any]:
    """Show how long a host has been running: what its agent said at its start, and the time since then."""
    row, now = _row(request)
    text = view.uptime(row, now)
    if text is None:
        raise errors.BadRequest("The hypervisor of this host does not tell its uptime.")
    return {"hypervisor": view.brief(request, row, now) | {"uptime": text}}


def search(request: Request) -> dict[str, Any]:
    """List the hypervisors whose name holds a text; raises NotFound when there is none."""
    rows, now = _named(request)
    return {"hypervisors": [view.brief(request, row, now) for row in rows]}


def list_servers(request: Request) -> dict[str, Any]:
    """List the servers on the hypervisors whose name holds a text."""
    rows, now = _named(request)
    with request.services.database.read() as connection:
        found = hosts.servers_on(connection, [row["name"] for row in rows])
    return {"hypervisors": [
        view.brief(request, row, now) | ({"servers": found[row["name"]]} if found[row["name"]] else {})
        for row in rows]}


def statistics(request: Request) -> dict[str, Any]:
    """Add up all hypervisors that are enabled."""
    rows, _ = _rows(request)
    counted = [view.sizes(row) for row in rows if not row["disabled"]]
    total = {name: sum(each[name] or 0 for each in counted) for name in view.SIZES}
    return {"hypervisor_statistics": {"count": len(counted), **total}}


def _rows(request: Request, *where: sa.ColumnElement[bool]) -> tuple[list[dict[str, Any]], float]:
    with request.services.database.read() as connection:
        return hosts.list_hosts(connection, *where), request.services.database.now(connection)


def _row(request: Request) -> tuple[dict[str, Any], float]:
    text = request.params["hypervisor_id"]
    with request.services.database.read() as connection:
        return (hosts.get_host(connection, text, by_number=not request.is_at_least("2.53")),
                request.services.database.now(connection))


def _named(request: Request) -> tuple[list[dict[str, Any]], float]:
    text = request.params["hypervisor_id"]
    rows, now = _rows(request, _is_named(text))
    if not rows:
        raise errors.NotFound(f"No hypervisor matching '{text[:64]}' could be found.")
    return rows, now


def _is_named(text: str) -> sa.ColumnElement[bool]:
    return contains(compute_host.c.name, text)
