"""Routes of quota classes."""

from cumulo.api.compute.quota_classes import handlers
from cumulo.api.compute.quota_sets import resources
from cumulo.api.wsgi.route import Route

_ONE, _MANAGE = "/os-quota-class-sets/{class_id}", "compute:quota_classes:manage"

ROUTES = (
    Route("GET", _ONE, handlers.show, policy=_MANAGE),
    Route("PUT", _ONE, handlers.update, policy=_MANAGE,
          body=resources.schema("quota_class_set", network_until=handlers.NETWORK_UNTIL)),
)
