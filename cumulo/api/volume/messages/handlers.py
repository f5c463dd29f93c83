"""Messages (3.3): list, show, delete. They are of the project whose thing they tell of.

    3.34 event_id~ and the like
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume import common
from cumulo.api.volume.volumes import filters
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_message
from cumulo.volume import messages
from cumulo.volume.volume_queries import Part

_EXACT: dict[str, Any] = {"resource_uuid": volume_message.c.resource_id, "resource_type": volume_message.c.resource_type,
                          "event_id": volume_message.c.event_id, "request_id": volume_message.c.request_id,
                          "message_level": volume_message.c.level}
QUERY = (*common.PAGE_QUERY, "all_tenants", "project_id", *_EXACT, *(f"{name}~" for name in _EXACT))
Shown = dict[str, Any]


def list_messages(request: Request) -> Shown:
    """List messages."""
    page, limit, offset = common.page(request, messages.SORT_COLUMNS)
    where = [*filters.whose(request, volume_message, "volume:messages:list_all_projects")]
    where += [column == request.query[name] for name, column in _EXACT.items() if name in request.query]
    where += filters.parts(request, _EXACT)
    with request.services.database.read() as connection:
        rows = messages.list_messages(connection, where, Part(limit, page.marker, offset, page.sort)) if limit else []
    return {"messages": [_view(request, row) for row in rows]} | common.next_links(request, rows, limit, "messages")


def show(request: Request) -> Shown:
    """Show a message."""
    with request.services.database.read() as connection:
        return {"message": _view(request, _own(request, connection, "volume:messages:show"))}


def delete(request: Request) -> None:
    """Remove a message that has been read."""
    with request.services.database.write() as connection:
        row = _own(request, connection, "volume:messages:delete")
        connection.execute(sa.delete(volume_message).where(volume_message.c.id == row["id"]))


def _own(request: Request, connection: sa.Connection, rule: str) -> messages.Row:
    message_id, project_id = common.short_id(request.params["message_id"], _not_found), common.project_of(request)
    mine = [volume_message.c.project_id == project_id] if project_id is not None else []
    row = connection.execute(sa.select(volume_message).where(volume_message.c.id == message_id, *mine)).mappings().first()
    if row is None:
        raise _not_found(message_id)
    request.authorize(rule, {"project_id": row["project_id"]})
    return row


def _not_found(message_id: str) -> errors.NotFound:
    return errors.NotFound(f"Message {message_id} could not be found.")


def _view(request: Request, row: messages.Row) -> Shown:
    return {"id": row["id"], "event_id": row["event_id"], "user_message": row["user_message"], "message_level": row["level"],
            "resource_type": row["resource_type"], "resource_uuid": row["resource_id"], "request_id": row["request_id"],
            "created_at": times.iso_micro(row["created_at"]), "guaranteed_until": times.iso_micro(row["expires_at"]),
            "links": common.links(request, "messages", row["id"])}
