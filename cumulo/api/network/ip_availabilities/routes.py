"""Routes and rules of IP availability."""

from oslo_policy import policy

from cumulo.api.network.collection import SPECIAL
from cumulo.api.network.ip_availabilities import handlers
from cumulo.api.wsgi.route import Route

_ALL, _ONE = "/v2.0/network-ip-availabilities", "/v2.0/network-ip-availabilities/{network_id}"

RULES = (
    policy.DocumentedRuleDefault("network:ip_availabilities:get", "rule:system_reader",
                                 "See how many addresses networks have left",
                                 [{"method": "GET", "path": _ALL}, {"method": "GET", "path": _ONE}]),
)

ROUTES = (
    Route("GET", _ALL, handlers.index, policy="network:ip_availabilities:get",
          query=(*SPECIAL, *handlers.ATTRIBUTES, "ip_version")),
    Route("GET", _ONE, handlers.show, policy="network:ip_availabilities:get", query=("fields",)),
)
