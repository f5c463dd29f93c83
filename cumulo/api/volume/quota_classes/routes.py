"""Routes of quota classes."""

from cumulo.api.volume.quota_classes import handlers
from cumulo.api.volume.quota_sets.routes import body
from cumulo.api.wsgi.route import Route

_ONE, _RULE = "/os-quota-class-sets/{class_id}", "volume:quota_classes:manage"

ROUTES = (
    Route("GET", _ONE, handlers.show, policy=_RULE),
    Route("PUT", _ONE, handlers.update, policy=_RULE, body=body("quota_class_set")),
)
