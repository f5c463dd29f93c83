"""Routes of the version documents."""

from cumulo.api.identity.versions import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/", handlers.root, policy=None, status=300, also=(200,)),
    Route("GET", "/v3", handlers.show, policy=None),
)
