"""Routes of quotas."""

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.quota_sets import handlers, resources
from cumulo.api.wsgi.route import Route

_ONE, _SHOW, _MANAGE = "/os-quota-sets/{project_id}", "compute:quota_sets:defaults", "compute:quota_sets:manage"
_USER = ("user_id",)

ROUTES = (
    Route("GET", _ONE, handlers.show, policy=_SHOW, query=_USER),
    Route("GET", f"{_ONE}/detail", handlers.show_detail, policy=_SHOW, query=_USER),
    Route("GET", f"{_ONE}/defaults", handlers.show_defaults, policy=_SHOW),
    Route("PUT", _ONE, handlers.update, policy=_MANAGE, query=_USER,
          body=resources.schema("quota_set", force=parts.BOOLEAN)),
    Route("DELETE", _ONE, handlers.delete, policy=_MANAGE, status=202, query=_USER),
)
