"""What provides services of networks: one way to route, on every host."""

from typing import Any

from oslo_policy import policy

from cumulo.api.network import collection
from cumulo.api.wsgi.route import Request, Route

_ATTRIBUTES = ("service_type", "name", "default")
_PROVIDERS = ({"id": "router", "service_type": "L3_ROUTER_NAT", "name": "distributed", "default": True},)

RULES = (
    policy.DocumentedRuleDefault("network:service_providers:get", "rule:any_token", "List service providers",
                                 [{"method": "GET", "path": "/v2.0/service-providers"}]),
)


def index(request: Request) -> dict[str, Any]:
    """Every provider."""
    listed = collection.answer(request, "service_providers", _PROVIDERS, _ATTRIBUTES)
    return listed | {"service_providers": [{key: each[key] for key in each if key != "id"}
                                           for each in listed["service_providers"]]}


ROUTES = (
    Route("GET", "/v2.0/service-providers", index, policy="network:service_providers:get",
          query=(*collection.SPECIAL, *_ATTRIBUTES)),
)
