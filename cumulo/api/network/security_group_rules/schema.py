"""Bodies of the security group rules resource."""

from cumulo.api.network.fields import ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_OPTIONAL_ID = {"type": ["string", "null"], "minLength": 1, "maxLength": 64}
# Numbers may come as text; what they may be hangs on the protocol.
_PORT = {"type": ["integer", "string", "null"], "minimum": -65536, "maximum": 65536, "maxLength": 6}
CREATE = schema_create("security_group_rule", "security_group_rules", attributes({
    "security_group_id": ID, "direction": {"enum": ["ingress", "egress"]},
    "ethertype": {"type": ["string", "null"], "maxLength": 64},
    "protocol": {"type": ["string", "integer", "null"], "maxLength": 40, "minimum": 0, "maximum": 255},
    "port_range_min": _PORT, "port_range_max": _PORT, "remote_group_id": _OPTIONAL_ID,
    "remote_address_group_id": _OPTIONAL_ID, "remote_ip_prefix": {"type": ["string", "null"], "maxLength": 64},
    "description": NAME, **PROJECT}, ("security_group_id", "direction")))
UPDATE = schema_update("security_group_rule", attributes({"description": NAME}))
