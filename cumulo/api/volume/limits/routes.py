"""Routes of limits."""

from cumulo.api.volume.limits import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/limits", handlers.show, policy="volume:limits:show", query=("project_id",)),)
