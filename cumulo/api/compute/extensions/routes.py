"""Routes of extensions."""

from cumulo.api.compute.extensions import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/extensions", handlers.list_extensions, policy="compute:extensions:list"),
    Route("GET", "/extensions/{alias}", handlers.show_extension, policy="compute:extensions:list"),
)
