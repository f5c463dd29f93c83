"""What provides services of networks: routers that answer where servers are, and routers that do where their gateway is."""

from typing import Any

from oslo_policy import policy

from cumulo.api.network import collection
from cumulo.api.wsgi.route import Request, Route
from cumulo.network import flavors

_ATTRIBUTES = ("service_type", "name", "default")

RULES = (
    policy.DocumentedRuleDefault("network:service_providers:get", "rule:any_token", "List service providers",
                                 [{"method": "GET", "path": "/v2.0/service-providers"}]),
)


def index(request: Request) -> dict[str, Any]:
    """Every provider."""
    usual = request.services.conf.network.distributed_routers
    providers = [{"id": name, "service_type": flavors.ROUTERS, "name": name, "default": is_distributed == usual}
                 for name, is_distributed in flavors.PROVIDERS.items()]
    listed = collection.answer(request, "service_providers", providers, _ATTRIBUTES)
    return listed | {"service_providers": [{key: each[key] for key in each if key != "id"}
                                           for each in listed["service_providers"]]}


ROUTES = (
    Route("GET", "/v2.0/service-providers", index, policy="network:service_providers:get",
          query=(*collection.SPECIAL, *_ATTRIBUTES)),
)
