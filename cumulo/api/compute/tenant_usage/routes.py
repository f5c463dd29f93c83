"""Routes of what projects used."""

from cumulo.api.compute.tenant_usage import handlers
from cumulo.api.wsgi.route import Route

_PATH, _QUERY = "/os-simple-tenant-usage", ("start", "end", "limit", "marker")

ROUTES = (
    Route("GET", _PATH, handlers.list_usage, policy="compute:tenant_usage:list", query=(*_QUERY, "detailed")),
    Route("GET", f"{_PATH}/{{project_id}}", handlers.show, policy="compute:tenant_usage:show", query=_QUERY),
)
