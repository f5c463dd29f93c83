"""Bodies of the floating addresses resource."""

from cumulo.api.network.fields import ADDRESS, DNS_NAME, ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_OPTIONAL = {"type": ["string", "null"], "minLength": 1, "maxLength": 64}
_CHANGEABLE = {"port_id": _OPTIONAL, "fixed_ip_address": _OPTIONAL, "description": NAME, "qos_policy_id": _OPTIONAL}
CREATE = schema_create("floatingip", "floatingips", attributes(
    {**_CHANGEABLE, **PROJECT, "dns_name": DNS_NAME, "dns_domain": DNS_NAME, "floating_network_id": ID, "subnet_id": _OPTIONAL, "floating_ip_address": ADDRESS},
    ("floating_network_id",)))
UPDATE = schema_update("floatingip", attributes(_CHANGEABLE))
