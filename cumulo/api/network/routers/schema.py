"""Bodies of the routers resource."""

from typing import Any

from cumulo.api.network.fields import ADDRESS, BOOLEAN, ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

ROUTES: dict[str, Any] = {"type": ["array", "null"], "maxItems": 100, "items": attributes(
    {"destination": ADDRESS, "nexthop": ADDRESS}, ("destination", "nexthop"))}
_FIXED = {"type": ["array", "null"], "maxItems": 20, "items": attributes(
    {"subnet_id": ID, "ip_address": ADDRESS}) | {"minProperties": 1}}
_GATEWAY = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "network_id": {"type": ["string", "null"], "maxLength": 64}, "enable_snat": BOOLEAN, "external_fixed_ips": _FIXED}}
_KIND = {"type": ["boolean", "null"]}
_CHANGEABLE: dict[str, Any] = {
    "name": NAME, "description": NAME, "admin_state_up": BOOLEAN, "external_gateway_info": _GATEWAY,
    "distributed": _KIND, "ha": _KIND}
_HINTS = {"type": "array", "items": NAME, "maxItems": 10}
CREATE = schema_create("router", "routers", attributes({**_CHANGEABLE, **PROJECT, "availability_zone_hints": _HINTS,
                                                 "flavor_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64}}))
UPDATE = schema_update("router", attributes({**_CHANGEABLE, "routes": ROUTES}))
INTERFACE = attributes({"subnet_id": ID, "port_id": ID})
EXTRA_ROUTES = schema_update("router", attributes({"routes": ROUTES}, ("routes",)))
