"""Routes and rules of tags: the same six of every kind that has tags."""

import functools

from oslo_policy import policy

from cumulo.api.network import standard
from cumulo.api.network.address_groups.handlers import KIND as ADDRESS_GROUP
from cumulo.api.network.address_scopes.handlers import KIND as ADDRESS_SCOPE
from cumulo.api.network.fields import attributes
from cumulo.api.network.floating_ips.handlers import KIND as FLOATING_IP
from cumulo.api.network.networks.handlers import KIND as NETWORK
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.network.routers.handlers import KIND as ROUTER
from cumulo.api.network.security_groups.handlers import KIND as SECURITY_GROUP
from cumulo.api.network.subnet_pools.handlers import KIND as SUBNET_POOL
from cumulo.api.network.subnets.handlers import KIND as SUBNET
from cumulo.api.network.tags import handlers
from cumulo.api.network.trunks.handlers import KIND as TRUNK
from cumulo.api.wsgi.route import Route

TAGGED = {
    "/v2.0/networks": NETWORK, "/v2.0/subnets": SUBNET, "/v2.0/ports": PORT, "/v2.0/routers": ROUTER,
    "/v2.0/floatingips": FLOATING_IP, "/v2.0/security-groups": SECURITY_GROUP, "/v2.0/subnetpools": SUBNET_POOL,
    "/v2.0/address-groups": ADDRESS_GROUP, "/v2.0/trunks": TRUNK, "/v2.0/address-scopes": ADDRESS_SCOPE,
}
"""Every collection whose members have tags."""

_TAGS = attributes({"tags": {"type": "array", "maxItems": 100, "items": {
    "type": "string", "minLength": 1, "maxLength": 255}}}, ("tags",))


def _routes(path: str, kind: standard.Kind) -> tuple[Route, ...]:
    every = f"{path}/{{{kind.parameter}}}/tags"
    one, read, write = f"{every}/{{tag}}", f"{kind.rules}:get:tags", f"{kind.rules}:update:tags"
    return (
        Route("GET", every, functools.partial(handlers.index, kind), policy=read),
        Route("PUT", every, functools.partial(handlers.replace, kind), policy=write, body=_TAGS),
        Route("DELETE", every, functools.partial(handlers.clear, kind), policy=write, status=204),
        Route("GET", one, functools.partial(handlers.show, kind), policy=read, status=204),
        Route("PUT", one, functools.partial(handlers.add, kind), policy=write, status=201),
        Route("DELETE", one, functools.partial(handlers.remove, kind), policy=write, status=204))


def _rules(path: str, kind: standard.Kind) -> tuple[policy.DocumentedRuleDefault, ...]:
    every = f"{path}/{{{kind.parameter}}}/tags"
    one = f"{every}/{{tag}}"
    return (
        policy.DocumentedRuleDefault(
            f"{kind.rules}:get:tags", "rule:project_reader or rule:system_reader", f"See tags of {kind.collection}",
            [{"method": "GET", "path": every}, {"method": "GET", "path": one}]),
        policy.DocumentedRuleDefault(
            f"{kind.rules}:update:tags", "rule:project_member", f"Change tags of {kind.collection}",
            [{"method": method, "path": place} for place in (every, one) for method in ("PUT", "DELETE")]))


ROUTES = tuple(route for path, kind in TAGGED.items() for route in _routes(path, kind))
RULES = tuple(rule for path, kind in TAGGED.items() for rule in _rules(path, kind))
