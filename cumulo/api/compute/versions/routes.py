"""Routes of the version documents; they need no token."""

from cumulo.api.compute.versions import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/", handlers.list_versions, policy=None),
    Route("GET", "/v2.1", handlers.show_v2_1, policy=None),
    Route("GET", "/v2", handlers.show_v2_0, policy=None),
)
