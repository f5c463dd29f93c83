"""Routes of what hosts measure of guests."""

from cumulo.api.compute.diagnostics import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/servers/{server_id}/diagnostics", handlers.show, policy="compute:diagnostics:show"),)
