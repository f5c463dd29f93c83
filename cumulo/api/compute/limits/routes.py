"""Routes of limits."""

from cumulo.api.compute.limits import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/limits", handlers.show, policy="compute:limits:show", query=("tenant_id",)),)
