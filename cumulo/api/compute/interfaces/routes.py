"""Routes of a server's network cards."""

from cumulo.api.compute.interfaces import handlers, schema
from cumulo.api.wsgi.route import Route

_ONE = "/servers/{server_id}/os-interface/{port_id}"
ROUTES = (
    Route("GET", "/servers/{server_id}/os-interface", handlers.list_interfaces, policy="compute:interfaces:show"),
    Route("GET", _ONE, handlers.show, policy="compute:interfaces:show"),
    Route("POST", "/servers/{server_id}/os-interface", handlers.attach, policy="compute:interfaces:change",
          body=schema.ATTACH),
    Route("DELETE", _ONE, handlers.detach, policy="compute:interfaces:change", status=202),
)
