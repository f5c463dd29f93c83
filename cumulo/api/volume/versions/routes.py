"""Routes of the version documents; they need no token."""

from cumulo.api.volume.versions import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/", handlers.show_versions, policy=None, status=300),
    Route("GET", "/v3", handlers.show_versions, policy=None),
)
