"""Routes, rules and bodies of quality of service."""

import functools
from typing import Any

from oslo_policy import policy

from cumulo.api.network import lifecycle, standard
from cumulo.api.network.collection import SPECIAL
from cumulo.api.network.fields import BOOLEAN, NAME, PROJECT, attributes
from cumulo.api.network.qos import handlers, rules
from cumulo.api.network.resource import schema_create, schema_update
from cumulo.api.wsgi.route import Route

_ALL = "/v2.0/qos/policies"
_ONE = "/v2.0/qos/policies/{qos_policy_id}"
_TYPES = "/v2.0/qos/rule-types"
_READ, _WRITE, _TYPE = "network:qos_policies:get:rules", "network:qos_policies:update:rules", "network:qos_types:get"
_CHANGEABLE = {"name": NAME, "description": NAME, "shared": BOOLEAN, "is_default": BOOLEAN}
_CREATE = schema_create("policy", "policies", attributes({**_CHANGEABLE, **PROJECT}))
_UPDATE = schema_update("policy", attributes(_CHANGEABLE))
_KBPS = {"type": ["integer", "string"], "minimum": 0, "maximum": 2**31 - 1, "pattern": "^[0-9]{1,9}$"}
_KPPS = {"type": ["integer", "string"], "minimum": 1, "maximum": rules.MOST_KPPS, "pattern": "^[1-9][0-9]{0,5}$"}
_DIRECTION = {"enum": ["egress", "ingress"]}
_BODIES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "bandwidth_limit": ({"max_kbps": _KBPS, "max_burst_kbps": _KBPS, "direction": _DIRECTION},
                        ("max_kbps",)),
    "packet_rate_limit": ({"max_kpps": _KPPS, "max_burst_kpps": _KPPS | {"minimum": 0, "pattern": "^(0|[1-9][0-9]{0,5})$"},
                           "direction": _DIRECTION}, ("max_kpps",)),
    "minimum_bandwidth": ({"min_kbps": _KBPS, "direction": _DIRECTION}, ("min_kbps",)),
    "minimum_packet_rate": ({"min_kpps": _KBPS, "direction": {"enum": ["any", "egress", "ingress"]}}, ("min_kpps",)),
    "dscp_marking": ({"dscp_mark": {"enum": [*rules.MARKS, *map(str, rules.MARKS)]}}, ("dscp_mark",)),
}


_ALIASED = ("bandwidth_limit", "dscp_marking", "minimum_bandwidth", "minimum_packet_rate")
"""The kinds whose rules are reached by their own ids, too."""


def _alias(kind: str) -> str:
    return f"/v2.0/qos/alias-{kind.replace('_', '-')}-rules/{{qos_rule_id}}"


def _aliases(kind: str) -> tuple[Route, ...]:
    return (
        Route("GET", _alias(kind), functools.partial(rules.show, kind), policy=_READ, query=("fields",)),
        Route("PUT", _alias(kind), functools.partial(rules.update, kind), policy=_WRITE,
              body=schema_update(f"alias_{kind}_rule", attributes(_BODIES[kind][0]))),
        Route("DELETE", _alias(kind), functools.partial(rules.delete, kind), policy=_WRITE, status=204))


def _routes(kind: str) -> tuple[Route, ...]:
    every, (properties, required) = f"{_ONE}/{kind}_rules", _BODIES[kind]
    one, name = f"{every}/{{qos_rule_id}}", f"{kind}_rule"
    return (
        Route("GET", every, functools.partial(rules.index, kind), policy=_READ, query=(*SPECIAL, *rules.ATTRIBUTES)),
        Route("POST", every, functools.partial(rules.create, kind), policy=_WRITE, status=201,
              body=schema_update(name, attributes(properties, required))),
        Route("GET", one, functools.partial(rules.show, kind), policy=_READ, query=("fields",)),
        Route("PUT", one, functools.partial(rules.update, kind), policy=_WRITE,
              body=schema_update(name, attributes(properties))),
        Route("DELETE", one, functools.partial(rules.delete, kind), policy=_WRITE, status=204))


def _operations(*methods: str) -> list[dict[str, str]]:
    return [{"method": method, "path": f"{_ONE}/{kind}_rules{end}"} for kind in _BODIES for method in methods
            for end in ("", "/{qos_rule_id}")] + [
                {"method": method, "path": _alias(kind)} for kind in _ALIASED for method in methods if method != "POST"]


RULES = (
    *standard.rules("network:qos_policies", _ALL, "qos_policy_id", "policies of quality",
                    ("set:shared", "rule:admin_required", "Share policies of quality with every project",
                     [{"method": "POST", "path": _ALL}, {"method": "PUT", "path": _ONE}])),
    policy.DocumentedRuleDefault(_READ, "rule:project_reader or rule:system_reader", "See rules of quality",
                                 _operations("GET")),
    policy.DocumentedRuleDefault(_WRITE, "rule:project_member", "Change rules of quality",
                                 _operations("POST", "PUT", "DELETE")),
    policy.DocumentedRuleDefault(_TYPE, "rule:any_token", "See which kinds of rules of quality there are",
                                 [{"method": "GET", "path": _TYPES}, {"method": "GET", "path": f"{_TYPES}/{{rule_type}}"}]),
)

ROUTES = (
    *lifecycle.routes(handlers.KIND, handlers.CHANGES, _ALL, _CREATE, _UPDATE),
    *(route for kind in _BODIES for route in _routes(kind)),
    *(route for kind in _ALIASED for route in _aliases(kind)),
    Route("GET", _TYPES, rules.types, policy=_TYPE),
    Route("GET", f"{_TYPES}/{{rule_type}}", rules.show_type, policy=_TYPE),
)
