"""Routes of what lists can be filtered by."""

from cumulo.api.volume.resource_filters import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/resource_filters", handlers.list_filters, policy="volume:resource_filters:list", since="3.33",
                query=("resource",)),)
