"""Routes of migrations."""

from cumulo.api.compute.migrations import handlers
from cumulo.api.wsgi.route import Route

_ALL, _PATH = "/os-migrations", "/servers/{server_id}/migrations"
_LIST, _ONE = "compute:migrations:list", "compute:server_migrations:manage"
_FIRST = ("status", "host", "instance_uuid", "source_compute", "hidden", "migration_type")
_PAGED = (*_FIRST, "limit", "marker", "changes-since")
_BEFORE = (*_PAGED, "changes-before")
_COMPLETE = {"type": "object", "required": ["force_complete"], "additionalProperties": False,
             "properties": {"force_complete": {"type": "null"}}}

ROUTES = (
    Route("GET", _ALL, handlers.list_all, policy=_LIST, query=_FIRST, until="2.58"),
    Route("GET", _ALL, handlers.list_all, policy=_LIST, query=_PAGED, since="2.59", until="2.65"),
    Route("GET", _ALL, handlers.list_all, policy=_LIST, query=_BEFORE, since="2.66", until="2.79"),
    Route("GET", _ALL, handlers.list_all, policy=_LIST, query=(*_BEFORE, "user_id", "project_id"), since="2.80"),
    Route("GET", _PATH, handlers.list_of_server, policy=_ONE, since="2.23"),
    Route("GET", f"{_PATH}/{{migration_id}}", handlers.show, policy=_ONE, since="2.23"),
    Route("DELETE", f"{_PATH}/{{migration_id}}", handlers.abort, policy=_ONE, status=202, since="2.24"),
    Route("POST", f"{_PATH}/{{migration_id}}/action", handlers.act, policy=_ONE, status=202, since="2.22", body=_COMPLETE),
)
