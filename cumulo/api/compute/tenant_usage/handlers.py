"""os-simple-tenant-usage: what each project's servers used between two times. 2.40: pages, of servers."""

import itertools
from collections.abc import Sequence
from typing import Any

from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import states, usage

FOUR_WEEKS_S = 28 * 24 * 3600.0


def list_usage(request: Request) -> dict[str, Any]:
    """List what all projects used, with their servers where that is asked for."""
    span, rows, link = _look(request, None)
    detailed = request.query.get("detailed") == "1"
    projects = itertools.groupby(rows, key=lambda row: row["project_id"])
    return {"tenant_usages": [_project(project_id, list(of_project), span, detailed)
                              for project_id, of_project in projects]} | link


def show(request: Request) -> dict[str, Any]:
    """Show what a project used, with its servers."""
    project_id = request.params["project_id"]
    request.authorize("compute:tenant_usage:show", {"project_id": project_id})
    span, rows, link = _look(request, project_id)
    return {"tenant_usage": _project(project_id, rows, span, True) if rows else {}} | link


def _look(request: Request, project_id: str | None) -> tuple[usage.Span, list[usage.Row], dict[str, Any]]:
    database = request.services.database
    with database.read() as connection:
        span = _span(request, database.now(connection))
        rows = usage.servers_between(connection, span, project_id)
    if not request.is_at_least("2.40"):
        return span, rows, {}
    most = request.services.conf.servers.page_limit
    page = paging.page(request, maximum=most)
    limit = page.limit or most
    if page.marker is not None:
        ids = [row["id"] for row in rows]
        if page.marker not in ids:
            raise errors.BadRequest(f"marker [{page.marker[:64]}] not found")
        rows = rows[ids.index(page.marker) + 1:]
    if len(rows) <= limit:
        return span, rows, {}
    name = "tenant_usages_links" if project_id is None else "tenant_usage_links"
    return span, rows[:limit], {name: [{"rel": "next", "href": paging.next_url(request, rows[limit - 1]["id"])}]}


def _span(request: Request, now: float) -> usage.Span:
    stop = times.query(request, "end")
    stop = now if stop is None else stop
    start = times.query(request, "start")
    start = stop - FOUR_WEEKS_S if start is None else start
    if start >= stop:
        raise errors.BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return usage.Span(start, stop, now)


def _project(project_id: str, rows: Sequence[usage.Row], span: usage.Span, detailed: bool) -> dict[str, Any]:
    total = usage.total(rows, span)
    shown: dict[str, Any] = {
        "tenant_id": project_id, "start": times.iso_micro(span.start), "stop": times.iso_micro(span.stop),
        "total_hours": total.hours, "total_vcpus_usage": total.vcpus, "total_memory_mb_usage": total.memory_mib,
        "total_local_gb_usage": total.disk_gib}
    return shown | ({"server_usages": [_server(row, span) for row in rows]} if detailed else {})


def _server(row: usage.Row, span: usage.Span) -> dict[str, Any]:
    ended, flavor = row["terminated_at"], row["flavor"]
    return {
        "instance_id": row["id"], "name": row["name"], "tenant_id": row["project_id"], "flavor": flavor["name"],
        "hours": usage.hours(row, span), "vcpus": flavor["vcpus"], "memory_mb": flavor["memory_mib"],
        "local_gb": usage.disk_gib(row), "started_at": times.iso_micro(row["launched_at"]),
        "ended_at": times.iso_micro(ended), "state": "terminated" if ended else states.vm_state(row["status"]),
        "uptime": max(0, int((span.now if ended is None else ended) - row["launched_at"]))}
