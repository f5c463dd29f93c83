"""Bodies of the ports resource."""

from cumulo.api.network.fields import ADDRESS, BOOLEAN, DNS_NAME, ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_FIXED_IP = attributes({"subnet_id": ID, "ip_address": ADDRESS}) | {"minProperties": 1}
_MAC = {"type": "string", "pattern": "^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}$"}
_PAIR = attributes({"ip_address": ADDRESS, "mac_address": _MAC}, ("ip_address",))
# Host agents write them into the options of the DHCP server: no line ends, no commas in a name.
_OPTION = attributes({
    "opt_name": {"type": "string", "pattern": "^[A-Za-z0-9:_-]{1,64}$"},
    "opt_value": {"type": ["string", "null"], "maxLength": 255, "pattern": "^[^\\p{Cc}]*$"},
    "ip_version": {"enum": [4, 6, "4", "6"]}}, ("opt_name",))
_CHANGEABLE = {
    "name": NAME, "description": NAME, "admin_state_up": BOOLEAN, "device_id": NAME, "device_owner": NAME,
    "fixed_ips": {"type": "array", "items": _FIXED_IP, "maxItems": 20},
    # A card's address is a unicast one: the lowest bit of its first byte is 0.
    "mac_address": _MAC, "port_security_enabled": BOOLEAN,
    "dns_name": DNS_NAME, "dns_domain": DNS_NAME,
    "qos_policy_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
    "security_groups": {"type": ["array", "null"], "items": ID, "maxItems": 100},
    "allowed_address_pairs": {"type": ["array", "null"], "items": _PAIR, "maxItems": 100},
    "extra_dhcp_opts": {"type": ["array", "null"], "items": _OPTION, "maxItems": 100},
    "binding:host_id": NAME, "binding:vnic_type": {"enum": ["normal"]}, "binding:profile": {"type": ["object", "null"]},
}
CREATE = schema_create("port", "ports", attributes({**_CHANGEABLE, **PROJECT, "network_id": ID}, ("network_id",)))
# null: another one.
UPDATE = schema_update("port", attributes(_CHANGEABLE | {"mac_address": _MAC | {"type": ["string", "null"]}}))
