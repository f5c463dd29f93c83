"""Routes of where on their hosts servers are."""

from cumulo.api.compute.server_topology import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (Route("GET", "/servers/{server_id}/topology", handlers.show, policy="compute:server_topology:show", since="2.78"),)
