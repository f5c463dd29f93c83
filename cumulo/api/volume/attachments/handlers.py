"""Attachments (3.27): list, show, keep a volume for a use to come, say who uses it, and give it up.

    3.34 status~ and the like   3.44 os-complete   3.54 mode

A user that is no server of this cloud goes through reserved, attaching (it has said where it is: its connector) and
attached (it has said that it is there). Those of servers are made and ended through the compute API, and shown here.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.volume.volumes import filters
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_attachment
from cumulo.volume import attachments, volumes
from cumulo.volume.volume_queries import Part, page_of

SORT_COLUMNS = {"created_at": volume_attachment.c.created_at, "updated_at": volume_attachment.c.updated_at,
                "id": volume_attachment.c.id, "status": volume_attachment.c.status}
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", "volume_id", "instance_id", "status", "attach_status", "status~", "attach_status~")
Shown = dict[str, Any]
Row = Mapping[str, Any]


def list_brief(request: Request) -> Shown:
    """List attachments."""
    rows, links = _rows(request)
    return {"attachments": [_brief(row) for row in rows]} | links


def list_full(request: Request) -> Shown:
    """List attachments with everything."""
    rows, links = _rows(request)
    return {"attachments": [_full(row) for row in rows]} | links


def _rows(request: Request) -> tuple[list[Row], Shown]:
    page, limit, offset = common.page(request, SORT_COLUMNS)
    query = request.query
    exact = {"volume_id": volume_attachment.c.volume_id, "instance_id": volume_attachment.c.server_id,
             "status": volume_attachment.c.status, "attach_status": volume_attachment.c.status}
    where = [*filters.whose(request, volume, "volume:attachments:list_all_projects")]
    where += [column == query[name] for name, column in exact.items() if name in query]
    where += filters.parts(request, {name: exact[name] for name in ("status", "attach_status")})
    found = sa.select(volume_attachment, volume.c.project_id).join(
        volume, volume.c.id == volume_attachment.c.volume_id).where(*where)
    with request.services.database.read() as connection:
        rows = page_of(connection, found, SORT_COLUMNS, Part(limit, page.marker, offset, page.sort)) if limit else []
    return rows, common.next_links(request, rows, limit, "attachments")


def show(request: Request) -> Shown:
    """Show an attachment."""
    with request.services.database.read() as connection:
        return {"attachment": _full(own_attachment(request, connection, "volume:attachments:show"))}


def create(request: Request) -> Shown:
    """Keep a volume for a server, or for something else, that will use it or, where it says where it is, begins to."""
    asked, services = request.body["attachment"], request.services
    status = attachments.ATTACHING if asked.get("connector") else attachments.RESERVED
    with services.database.write() as connection:
        services.tokens.hold(connection, common.own_project(request))
        volume_id = common.short_id(asked["volume_uuid"], volumes.not_found)
        of = volumes.get_volume(connection, volume_id, project_id=common.project_of(request), lock=True)
        request.authorize("volume:attachments:create", {"project_id": of["project_id"], "user_id": of["user_id"]})
        made = attachments.attach(connection, services.ids, services.database.now(connection), of, status,
                                  server_id=asked.get("instance_uuid"), **_from(asked, of["read_only"]))
        return {"attachment": _full(attachments.get_attachment(connection, made["id"]))}


def _from(asked: Mapping[str, Any], is_read_only: bool | None) -> dict[str, Any]:
    """Return the columns that say who uses a volume, and how; raises BadRequest for writing to one that is read-only."""
    connector, mode = asked.get("connector") or {}, asked.get("mode")
    if mode == "rw" and is_read_only:
        raise errors.BadRequest("Invalid volume: It is read-only, and cannot be attached for writing.")
    said: dict[str, Any] = {"connector": connector, "host": connector.get("host"), "device": connector.get("mountpoint")}
    found = {name: value for name, value in said.items() if value}
    return found | ({"mode": mode} if mode else {})


def update(request: Request) -> Shown:
    """Note where who kept a volume is: it is being attached there."""
    asked, services = request.body["attachment"], request.services
    with services.database.write() as connection:
        row = own_attachment(request, connection, "volume:attachments:update", lock=True)
        attachments.refuse_managed(row)
        attachments.require(row, "say who uses it", attachments.RESERVED, attachments.ATTACHING)
        of = volumes.get_volume(connection, row["volume_id"])
        attachments.update(connection, services.database.now(connection), row["id"], status=attachments.ATTACHING,
                           **_from(asked, of["read_only"]))
        return {"attachment": _full(attachments.get_attachment(connection, row["id"]))}


def act(request: Request) -> None:
    """Say that what was being attached is there (os-complete, the one action)."""
    services = request.services
    with services.database.write() as connection:
        row = own_attachment(request, connection, "volume:attachments:complete", lock=True)
        attachments.refuse_managed(row)
        attachments.require(row, "complete it", attachments.ATTACHING)
        now = services.database.now(connection)
        attachments.update(connection, now, row["id"], status=attachments.ATTACHED, attached_at=now)


def delete(request: Request) -> Shown:
    """Give an attachment up, and tell which the volume still has; one of a server is the server's business (409)."""
    services = request.services
    with services.database.write() as connection:
        row = own_attachment(request, connection, "volume:attachments:delete", lock=True)
        attachments.refuse_managed(row)
        attachments.part(connection, services.database.now(connection), row["id"])
        left = volumes.attachments_of(connection, [row["volume_id"]])[row["volume_id"]]
    return {"attachments": [_brief(each) for each in left]}


def own_attachment(request: Request, connection: sa.Connection, rule: str, *, lock: bool = False) -> Row:
    """Return the attachment of the path; one of another project's volume is not found."""
    attachment_id = common.short_id(request.params["attachment_id"], attachments.not_found)
    row = attachments.get_attachment(connection, attachment_id, project_id=common.project_of(request), lock=lock)
    request.authorize(rule, {"project_id": row["project_id"]})
    return row


def _brief(row: Row) -> Shown:
    return {"id": row["id"], "volume_id": row["volume_id"], "instance": row["server_id"], "status": row["status"]}


def _full(row: Row) -> Shown:
    # How a host opens the volume is between the agents: where its data lies is nobody else's business.
    return _brief(row) | {"attach_mode": row["mode"], "attached_at": times.iso_micro(row["attached_at"]),
                          "detached_at": None, "connection_info": {}}
