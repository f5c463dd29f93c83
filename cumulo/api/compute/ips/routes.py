"""Routes of a server's addresses."""

from cumulo.api.compute.ips import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/servers/{server_id}/ips", handlers.list_addresses, policy="compute:servers:ips"),
    Route("GET", "/servers/{server_id}/ips/{network}", handlers.show_network, policy="compute:servers:ips"),
)
