"""Routes, rules and bodies of networks and routers on the hosts of agents: all of it is the administrator's."""

from oslo_policy import policy

from cumulo.api.network.fields import ID, attributes
from cumulo.api.network.scheduling import handlers
from cumulo.api.wsgi.route import Route

_GET, _CHANGE = "network:scheduling:get", "network:scheduling:change"
_AGENT = "/v2.0/agents/{agent_id}"
_NETWORKS, _ROUTERS = f"{_AGENT}/dhcp-networks", f"{_AGENT}/l3-routers"
_NETWORK, _ROUTER = f"{_NETWORKS}/{{network_id}}", f"{_ROUTERS}/{{router_id}}"
_OF_NETWORK, _OF_ROUTER = "/v2.0/networks/{network_id}/dhcp-agents", "/v2.0/routers/{router_id}/l3-agents"

RULES = (
    policy.DocumentedRuleDefault(_GET, "rule:system_reader", "See which agents serve networks and routers", [
        {"method": "GET", "path": path} for path in (_OF_NETWORK, _OF_ROUTER, _NETWORKS, _ROUTERS)]),
    policy.DocumentedRuleDefault(_CHANGE, "rule:admin_required", "Choose which agents serve networks and routers", [
        *({"method": "POST", "path": path} for path in (_NETWORKS, _ROUTERS)),
        *({"method": "DELETE", "path": path} for path in (_NETWORK, _ROUTER))]),
)

ROUTES = (
    Route("GET", _OF_NETWORK, handlers.agents_of_network, policy=_GET),
    Route("GET", _OF_ROUTER, handlers.agents_of_router, policy=_GET),
    Route("GET", _NETWORKS, handlers.networks_of_agent, policy=_GET),
    Route("POST", _NETWORKS, handlers.add_network, policy=_CHANGE, status=201,
          body=attributes({"network_id": ID}, ("network_id",))),
    Route("DELETE", _NETWORK, handlers.remove_network, policy=_CHANGE, status=204),
    Route("GET", _ROUTERS, handlers.routers_of_agent, policy=_GET),
    Route("POST", _ROUTERS, handlers.add_router, policy=_CHANGE, status=201,
          body=attributes({"router_id": ID}, ("router_id",))),
    Route("DELETE", _ROUTER, handlers.remove_router, policy=_CHANGE, status=204),
)
