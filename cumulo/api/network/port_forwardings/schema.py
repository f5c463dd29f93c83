"""Bodies of port forwardings."""

from cumulo.api.network.fields import ADDRESS, ID, NAME, attributes
from cumulo.api.network.resource import schema_update

_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_CHANGEABLE = {"protocol": {"enum": ["tcp", "udp", "sctp"]}, "external_port": _PORT, "internal_port": _PORT,
               "internal_ip_address": ADDRESS, "internal_port_id": ID, "description": NAME}
CREATE = schema_update("port_forwarding", attributes(
    _CHANGEABLE, ("protocol", "external_port", "internal_port", "internal_port_id")))
UPDATE = schema_update("port_forwarding", attributes(_CHANGEABLE))
