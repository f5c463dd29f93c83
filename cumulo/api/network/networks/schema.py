"""Bodies of the networks resource."""

from cumulo.api.network.fields import BOOLEAN, DNS_NAME, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_CHANGEABLE = {
    "name": NAME, "description": NAME, "admin_state_up": BOOLEAN, "shared": BOOLEAN, "router:external": BOOLEAN,
    "port_security_enabled": BOOLEAN,
    "qos_policy_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64}, "is_default": BOOLEAN, "dns_domain": DNS_NAME,
    # The openstack client sends the number as text.
    "mtu": {"type": ["integer", "string"], "minimum": 68, "maximum": 65535, "pattern": "^[0-9]{2,5}$"},
}
_PROVIDER = {
    "provider:network_type": {"enum": ["flat", "gre", "local", "vlan", "vxlan"]},
    "provider:physical_network": {"type": ["string", "null"], "maxLength": 64},
    "provider:segmentation_id": {"type": ["integer", "string", "null"], "minimum": 1, "maximum": 2**24 - 1,
                                 "pattern": "^[0-9]{1,8}$"},
}
CREATE = schema_create("network", "networks", attributes({**_CHANGEABLE, **_PROVIDER, **PROJECT, "segments": {
    "type": "array", "items": attributes(_PROVIDER, ("provider:network_type",)), "minItems": 1, "maxItems": 50}, "availability_zone_hints": {
    "type": "array", "items": NAME, "maxItems": 10}}))
UPDATE = schema_update("network", attributes(_CHANGEABLE))
