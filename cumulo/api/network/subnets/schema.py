"""Bodies of the subnets resource."""

from cumulo.api.network.fields import ADDRESS, BOOLEAN, ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_POOL = attributes({"start": ADDRESS, "end": ADDRESS}, ("start", "end"))
_ROUTE = attributes({"destination": ADDRESS, "nexthop": ADDRESS}, ("destination", "nexthop"))
_CHANGEABLE = {
    "name": NAME, "description": NAME, "enable_dhcp": BOOLEAN,
    "gateway_ip": {"type": ["string", "null"], "maxLength": 64},
    "allocation_pools": {"type": "array", "items": _POOL, "maxItems": 100},
    "dns_nameservers": {"type": "array", "items": ADDRESS, "maxItems": 100},
    "host_routes": {"type": "array", "items": _ROUTE, "maxItems": 100},
}
_MODE = {"enum": ["slaac", "dhcpv6-stateful", "dhcpv6-stateless", None]}
_FIXED = {"ipv6_ra_mode": _MODE, "ipv6_address_mode": _MODE}
_CHANGEABLE["service_types"] = {"type": "array", "items": {"type": "string", "maxLength": 255, "pattern": "^[a-z:_-]+$"},
                                "maxItems": 20}
_CHANGEABLE["segment_id"] = {"type": ["string", "null"], "minLength": 1, "maxLength": 64}
# Some clients send the number as text.
_VERSION = {"enum": [4, 6, "4", "6"]}
CREATE = schema_create("subnet", "subnets", attributes(
    {**_CHANGEABLE, **PROJECT, **_FIXED, "network_id": ID, "cidr": {"type": ["string", "null"], "maxLength": 64},
     "ip_version": _VERSION, "subnetpool_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
     "use_default_subnetpool": BOOLEAN,
     "prefixlen": {"type": ["integer", "string", "null"], "minimum": 1, "maximum": 128, "pattern": "^[0-9]{1,3}$"}},
    ("network_id", "ip_version")))
UPDATE = schema_update("subnet", attributes(_CHANGEABLE))
