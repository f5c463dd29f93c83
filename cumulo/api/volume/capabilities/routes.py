"""Routes of what backends can do."""

from cumulo.api.volume.capabilities import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/capabilities/{host_name}", handlers.show, policy="volume:capabilities:show"),)
