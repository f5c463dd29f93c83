"""POST /volumes: what a new volume shall be, from the body; the rules are in cumulo/volume/volumes.py."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common, schema_parts
from cumulo.api.volume.volumes import sources
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import backends, default_types, group_types, groups, types, volumes

Body = dict[str, Any]


def request_create(request: Request, connection: sa.Connection, body: Body) -> volumes.Row:
    """Make the row and the operation of the volume that a body asks for, and return the row."""
    asked, services = body["volume"], request.services
    services.tokens.hold(connection, common.own_project(request))
    source = sources.find(request, connection, asked)
    own_type = _type(request, connection, asked, source)
    type_id = own_type["id"] if own_type else None
    columns = source.columns | {
        "name": named(asked, "name"), "description": named(asked, "description"), "metadata": asked.get("metadata") or source.columns.get("metadata", {}),
        "availability_zone": _zone(request, connection, asked), "type_id": type_id,
        "group_id": _group(request, connection, asked, type_id),
        "multiattach": _multiattach(asked, own_type),
        "scheduler_hints": body.get("OS-SCH-HNT:scheduler_hints") or body.get("scheduler_hints")}
    wish = volumes.Wish(_size(asked, source.least_gib, source.size_gib), columns, own_type["name"] if own_type else None,
                        source.state, **({"deadline_s": services.conf.backup.timeout_s} if asked.get("backup_id") else {}))
    return volumes.request_create(connection, services.ids, services.database.now(connection), conf=services.conf,
                                  context=request.context, wish=wish)


def _group(request: Request, connection: sa.Connection, asked: Body, type_id: str | None) -> str | None:
    """Return the group that it shall be in, which takes volumes of its type; held, so that it stays meanwhile."""
    wanted = asked.get("group_id") or asked.get("consistencygroup_id")
    if not wanted:
        return None
    older = () if asked.get("group_id") else (group_types.is_older(),)
    group_id = common.short_id(wanted, groups.not_found)
    return str(groups.hold_for_joining(connection, group_id, *older, project_id=common.own_project(request), type_id=type_id)["id"])


def named(asked: Body, key: str) -> str | None:
    """Return a name or description, which older clients call display_name and display_description."""
    text = asked.get(key, asked.get(f"display_{key}"))
    return text.strip() if isinstance(text, str) else None


def _size(asked: Body, least_gib: int, usual_gib: int | None) -> int:
    """Return the size that is asked for, where nobody asks that of what it is made of."""
    wanted = asked.get("size")
    size = schema_parts.size(wanted) if wanted is not None else usual_gib
    if size is None:
        raise errors.BadRequest("Invalid volume size provided for create request: it must be 1 or more.")
    if size < least_gib:
        raise errors.BadRequest(f"Invalid input received: What it is to be made of has {least_gib} GiB, more than {size}.")
    return size


def _type(request: Request, connection: sa.Connection, asked: Body, source: sources.Source) -> types.Row | None:
    """Return the type that is asked for, else that of what it is made of, else the configured one."""
    kind = source.state["kind"] if source.state else "nothing"
    if not asked.get("volume_type") and kind == "backup" and source.type_id:
        return _type_of_backup(request, connection, source.type_id)
    if not asked.get("volume_type") and kind not in ("nothing", "image", "backup"):
        return types.get_type(connection, source.type_id, None) if source.type_id else None
    wanted = asked.get("volume_type") or default_types.of_project(
        connection, request.services.conf, request.context.project_id or "")
    return types.named(connection, wanted, common.project_of(request)) if wanted else None


def _type_of_backup(request: Request, connection: sa.Connection, type_id: str) -> types.Row:
    """Return the type that the volume of an encrypted backup had; raises BadRequest where the caller has no such type."""
    try:
        return types.get_type(connection, type_id, common.project_of(request), lock=True)
    except errors.NotFound as failure:
        raise errors.BadRequest(
            "Invalid backup: It is encrypted, and the type of its volume is not to be had any more. Make a volume of a type that "
            "encrypts in the same way, and restore it to that.") from failure


def _multiattach(asked: Body, own_type: types.Row | None) -> bool:
    """Say whether several may use it at once, which its type decides."""
    allowed = own_type is not None and types.is_multiattach(own_type["extra_specs"])
    if flag(str(asked.get("multiattach", False)), "multiattach") and not allowed:
        raise errors.BadRequest("multiattach is decided by the volume type: choose one with the extra spec multiattach.")
    return allowed


def _zone(request: Request, connection: sa.Connection, asked: Body) -> str | None:
    zone: str | None = asked.get("availability_zone")
    if zone and zone not in backends.zones(connection, request.services.conf.volume.availability_zone):
        raise errors.BadRequest(f"Availability zone '{zone}' is invalid.")
    return zone or None
