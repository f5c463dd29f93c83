"""The query of a server list as filters: who may use which, and what unknown values mean.

Below microversion 2.75 an unknown filter is ignored, and so is one that a plain user may not use. From 2.38 on an
unknown status is refused, 2.66 brought changes-before, and 2.83 gave everybody more filters.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors, patterns
from cumulo.compute import server_queries, states
from cumulo.compute.server_queries import Filters, Tags
from cumulo.network import port_queries

_ANYBODY = ("image", "flavor", "reservation_id")
_SINCE_2_83 = (*_ANYBODY, "key_name", "availability_zone", "user_id")
_ADMIN = (*_SINCE_2_83, "host", "description", "hostname", "kernel_id", "ramdisk_id")
_NUMBERS = ("power_state", "launch_index")
_ALIASES = {"image": ("image", "image_ref"), "flavor": ("flavor", "flavor_ref"),
            "project_id": ("project_id", "tenant_id")}
MOST_PATTERN_LENGTH = 255
QUERY = (*paging.QUERY, *_ADMIN, *(each for pair in _ALIASES.values() for each in pair), "name", "status", "deleted",
         "locked", "config_drive", "changes-since", "changes-before", *_NUMBERS, "vm_state", "task_state", "all_tenants", "uuid", "ip", "ip6", "tags", "tags-any", "not-tags",
         "not-tags-any")


def read(request: Request, connection: sa.Connection) -> Filters | None:
    """Return the filters of a list request, None when nothing can match; raises BadRequest and Forbidden."""
    query = request.query
    is_admin = request.may("compute:servers:list_all_projects")
    project_id = _project(request, is_admin)
    changed_since, changed_before = _changes(request)
    statuses = _statuses(request)
    has_more = is_admin or request.is_at_least("2.83")
    return Filters(
        project_id=project_id,
        deleted=_deleted(request, is_admin, changed_since is not None or changed_before is not None, statuses),
        name=_pattern(query.get("name")),
        statuses=statuses,
        equal=_equal(request, is_admin),
        numbers=_numbers(request) if has_more else {},
        vm_states=tuple(query.getall("vm_state")) or None if has_more else None,
        task_states=tuple(query.getall("task_state")) or None if has_more else None,
        locked=_flag(query.get("locked"), "locked") if is_admin or request.is_at_least("2.9") else None,
        config_drive=_flag(query.get("config_drive"), "config_drive") if has_more else None,
        changed_since=changed_since,
        changed_before=changed_before,
        ids=_ids(request, connection, project_id, is_admin),
        tags=_tags(request))


def _project(request: Request, is_admin: bool) -> str | None:
    """The one project whose servers are listed; None: all of them."""
    if "all_tenants" in request.query and common.flag(request.query["all_tenants"] or "1", "all_tenants"):
        request.authorize("compute:servers:list_all_projects")
        return request.query.get("project_id") or request.query.get("tenant_id")
    # An empty project id matches nothing, where None would match everything.
    return request.context.project_id or ""


def _statuses(request: Request) -> tuple[str, ...] | None:
    wanted = tuple(text.upper() for text in request.query.getall("status"))
    if request.is_at_least("2.38"):
        for status in wanted:
            if status not in states.STATUSES:
                raise errors.BadRequest(f"Invalid status value: {status[:64]}")
    return wanted or None


def _changes(request: Request) -> tuple[float | None, float | None]:
    since = times.query(request, "changes-since")
    before = times.query(request, "changes-before") if request.is_at_least("2.66") else None
    if since is not None and before is not None and before < since:
        raise errors.BadRequest("The value of changes-since must be less than or equal to changes-before.")
    return since, before


def _numbers(request: Request) -> dict[str, int]:
    """The filters on numbers; what is no number matches nothing, as -1 does."""
    found = {name: request.query[name] for name in _NUMBERS if name in request.query}
    return {name: int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
            for name, text in found.items()}


def _deleted(request: Request, is_admin: bool, has_times: bool,
             statuses: tuple[str, ...] | None) -> bool | None:
    """Deleted servers only (True), living ones only (False), or both (None)."""
    if is_admin and request.query.get("deleted"):
        return common.flag(request.query["deleted"], "deleted")
    if statuses == ("DELETED",):
        if not is_admin:
            raise errors.Forbidden("Only administrators may list deleted instances")
        return True
    return None if has_times else False


def _equal(request: Request, is_admin: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _ADMIN if is_admin else _SINCE_2_83 if request.is_at_least("2.83") else _ANYBODY:
        for spelled in _ALIASES.get(name, (name,)):
            if spelled in request.query and name in server_queries.EQUAL_COLUMNS:
                found[name] = request.query[spelled]
    return found


def _flag(text: str | None, name: str) -> bool | None:
    return None if text is None else common.flag(text, name)


def _pattern(text: str | None) -> str | None:
    if text is not None and len(text) > MOST_PATTERN_LENGTH:
        raise errors.BadRequest(f"A filter has at most {MOST_PATTERN_LENGTH} characters.")
    return text


def _ids(request: Request, connection: sa.Connection, project_id: str | None, is_admin: bool) -> list[str] | None:
    """The servers the filters by id and by address leave; None when there are no such filters."""
    found: set[str] | None = set(request.query.getall("uuid")) if "uuid" in request.query else None
    for name, version in (("ip", 4), ("ip6", 6)):
        text = _pattern(request.query.get(name))
        if not text or (version == 6 and not is_admin and not request.is_at_least("2.5")):
            continue
        pattern = patterns.check(text)
        matching = {device for device, address in port_queries.device_addresses(connection, project_id, version)
                    if pattern.search(address)}
        found = matching if found is None else found & matching
    return None if found is None else sorted(found)


def _tags(request: Request) -> Tags:
    if not request.is_at_least("2.26"):
        return Tags()
    names: dict[str, Any] = {"every": "tags", "some": "tags-any", "not_every": "not-tags", "not_some": "not-tags-any"}
    return Tags(**{field: tuple(tag for tag in request.query.get(name, "").split(",") if tag)
                   for field, name in names.items()})
