"""Routes of networks, under the rule of the network API."""

from cumulo.api.compute.networks import handlers
from cumulo.api.wsgi.route import Route

_RULE, _LAST = "network:networks:get", "2.35"

ROUTES = (
    Route("GET", "/os-networks", handlers.list_networks, policy=_RULE, until=_LAST),
    Route("GET", "/os-networks/{network_id}", handlers.show_network, policy=_RULE, until=_LAST),
    Route("GET", "/os-tenant-networks", handlers.list_of_tenant, policy=_RULE, until=_LAST),
    Route("GET", "/os-tenant-networks/{network_id}", handlers.show_of_tenant, policy=_RULE, until=_LAST),
)
