"""Routes of our own: no other compute API has them, so they stand below a name of ours."""

from cumulo.api.compute.cumulo_audit import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/cumulo/audit", handlers.show, policy="compute:cumulo:audit"),
    Route("GET", "/cumulo/metrics", handlers.show_metrics, policy="compute:cumulo:metrics"),
)
