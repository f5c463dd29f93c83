"""Bodies of the ports resource."""

from cumulo.api.network.fields import ADDRESS, BOOLEAN, ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_FIXED_IP = attributes({"subnet_id": ID, "ip_address": ADDRESS}) | {"minProperties": 1}
_CHANGEABLE = {
    "name": NAME, "description": NAME, "admin_state_up": BOOLEAN, "device_id": NAME, "device_owner": NAME,
    "fixed_ips": {"type": "array", "items": _FIXED_IP, "maxItems": 20},
    # A card's address is a unicast one: the lowest bit of its first byte is 0.
    "mac_address": {"type": "string", "pattern": "^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}$"},
    "binding:host_id": NAME, "binding:vnic_type": {"enum": ["normal"]}, "binding:profile": {"type": ["object", "null"]},
}
CREATE = schema_create("port", "ports", attributes({**_CHANGEABLE, **PROJECT, "network_id": ID}, ("network_id",)))
UPDATE = schema_update("port", attributes(_CHANGEABLE))
