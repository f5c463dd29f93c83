"""Routes and rules of agents."""

from oslo_policy import policy

from cumulo.api.network.agents import handlers
from cumulo.api.network.collection import SPECIAL
from cumulo.api.network.fields import BOOLEAN, attributes
from cumulo.api.network.resource import schema_update
from cumulo.api.wsgi.route import Route

_ALL, _ONE = "/v2.0/agents", "/v2.0/agents/{agent_id}"
_READS = [{"method": "GET", "path": _ALL}, {"method": "GET", "path": _ONE}]

RULES = (
    policy.DocumentedRuleDefault("network:agents:get", "rule:any_token", "Ask for agents, of which most see none", _READS),
    policy.DocumentedRuleDefault("network:agents:update", "rule:admin_required", "Keep gateways and networks from agents' hosts",
                                 [{"method": "PUT", "path": _ONE}]),
    policy.DocumentedRuleDefault("network:agents:delete", "rule:admin_required", "Forget agents that are silent",
                                 [{"method": "DELETE", "path": _ONE}]),
    policy.DocumentedRuleDefault("network:agents:get:all", "rule:system_reader", "See agents and their hosts", _READS),
)

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="network:agents:get", query=(*SPECIAL, *handlers.ATTRIBUTES)),
    Route("GET", _ONE, handlers.show, policy="network:agents:get", query=("fields",)),
    Route("PUT", _ONE, handlers.update, policy="network:agents:update",
          body=schema_update("agent", attributes({"admin_state_up": BOOLEAN}, ("admin_state_up",)))),
    Route("DELETE", _ONE, handlers.delete, policy="network:agents:delete", status=204),
)
