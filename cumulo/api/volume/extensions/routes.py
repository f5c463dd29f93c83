"""Routes of extensions."""

from cumulo.api.volume.extensions import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/extensions", handlers.list_extensions, policy="volume:extensions:list"),
    Route("GET", "/extensions/{alias}", handlers.show, policy="volume:extensions:list"),
)
