"""Tasks: those of an image for whoever sees it, all of them for administrators, and making one."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.image import quota
from cumulo.api.image.images.handlers import authorize_visibility, bounds, hold
from cumulo.api.image.imports import handlers as imports_handlers
from cumulo.api.image.tasks import view
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables.operations import operation
from cumulo.image import attributes, images, imports, options, uris

_O = operation.c
_PHASES = {"pending": _O.phase.in_(("doing", "undoing")) & (_O.epoch == 0), "success": _O.phase == "done",
           "processing": _O.phase.in_(("doing", "undoing")) & (_O.epoch > 0), "failure": _O.phase.in_(("undone", "stuck"))}
_COLUMNS = {"id": _O.id, "type": _O.action, "status": _O.phase, "created_at": _O.created_at, "updated_at": _O.updated_at}
QUERY = (*paging.QUERY, "status", "type")


def of_image(request: Request) -> dict[str, Any]:
    """List the imports of an image that the caller's project began; an administrator sees all of them."""
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"])
        where = [_O.resource_id == image["id"]]
        if not images.is_owner(request.context, image):
            where.append(_O.project_id == (request.context.project_id or ""))
        rows = imports.tasks(connection, *where)
    return {"tasks": [view.task(row) for row in rows]}


def list_tasks(request: Request) -> dict[str, Any]:
    """List tasks, the newest first, a page at a time."""
    conf, query = request.services.conf.image, request.query
    page = paging.page(request, maximum=conf.max_page_size, sort_keys=_COLUMNS, default_sort=(("created_at", False),))
    limit = int(page.limit or 0) if "limit" in query else min(conf.default_page_size, conf.max_page_size)
    keys = [(_COLUMNS[name], ascending) for name, ascending in (*page.sort, ("id", True))]
    with request.services.database.read() as connection:
        where = [*_filters(request), *_after(connection, keys, page.marker)]
        order = [column.asc() if ascending else column.desc() for column, ascending in keys]
        rows = list(imports.tasks(connection, *where, order=order, limit=limit + 1))
    answer: dict[str, Any] = {"tasks": [view.brief(row) for row in rows[:limit]], "schema": "/v2/schemas/tasks",
                              "first": "/v2/tasks"}
    if len(rows) > limit > 0:
        answer["next"] = paging.next_url(request, rows[limit - 1]["id"], "/v2/tasks")
    return answer


def _after(connection: sa.Connection, keys: list[tuple[sa.Column[Any], bool]],
           marker: str | None) -> list[sa.ColumnElement[bool]]:
    """The condition for what comes after the marker: greater in one key, and alike in those before it."""
    if not marker:
        return []
    last = next(iter(imports.tasks(connection, _O.id == marker)), None)
    if last is None:
        raise errors.BadRequest(f"There is no task {marker[:64]!r} to go on after.")
    choices = []
    for number, (column, ascending) in enumerate(keys):
        beyond = column > last[column.name] if ascending else column < last[column.name]
        choices.append(sa.and_(*(before == last[before.name] for before, _ in keys[:number]), beyond))
    return [sa.or_(*choices)]


def _filters(request: Request) -> list[sa.ColumnElement[bool]]:
    query, where = request.query, list[sa.ColumnElement[bool]]()
    if "status" in query:
        where.append(_PHASES.get(query["status"], sa.false()))
    if "type" in query:
        # The import of an image names its method; a task that makes its image has an action of its own.
        by_action = {"import": _O.action == _ACTION, "location_import": _O.action == imports.ADD_LOCATION}
        by_action["api_image_import"] = ~sa.or_(*by_action.values())
        where.append(by_action.get(query["type"], sa.false()))
    return where


_ACTION = "import"


def show(request: Request) -> dict[str, Any]:
    """Show one task."""
    with request.services.database.read() as connection:
        return view.task(_task(connection, request.params["task_id"]))


def _task(connection: sa.Connection, task_id: str) -> Any:
    found = next(iter(imports.tasks(connection, _O.id == task_id)), None)
    if found is None:
        raise errors.NotFound(f"There is no task {task_id[:64]!r}.")
    return found


def create(request: Request) -> Reply:
    """Make an image and begin to import it from the web."""
    asked, services, database = request.body["input"], request.services, request.services.database
    uris.check(asked["import_from"], options.web_rules(services.conf))
    new = attributes.new_image(asked["image_properties"], bounds(request))
    authorize_visibility(request, new["visibility"])
    if "owner" in new:
        raise errors.BadRequest("The image of a task belongs to the project that the task is made in.")
    image_id, owner = new.get("id") or services.ids.new_id(), request.context.project_id
    wish = imports.Wish(imports.WEB_DOWNLOAD, (services.image_stores.writable(None).name,), source={"uri": asked["import_from"]},
                        task={"type": "import", "input": asked}, action=_ACTION)
    with database.write() as connection:
        hold(request, connection, owner)
        quota.limits_of(connection, owner).take(connection, image_count_total=1)
        images.create_image(connection, database.now(connection), image_id, owner, new)
        task_id = imports_handlers.begin(request, connection, images.get_image(connection, image_id), wish)
        row = _task(connection, task_id)
    request.ring("scheduler", "operation")
    return Reply(view.task(row), headers={"Location": f"{request.url}/v2/tasks/{task_id}"})
