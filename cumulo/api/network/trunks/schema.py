"""Bodies of the trunks resource."""

from typing import Any

from cumulo.api.network.fields import BOOLEAN, ID, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

# Some clients send the number as text.
_NUMBER = {"type": ["integer", "string"], "minimum": 1, "maximum": 4094, "pattern": "^[0-9]{1,4}$"}
_SUBPORT = attributes({"port_id": ID, "segmentation_type": {"enum": ["vlan", "inherit"]}, "segmentation_id": _NUMBER},
                      ("port_id",))
_CHANGEABLE: dict[str, Any] = {"name": NAME, "description": NAME, "admin_state_up": BOOLEAN}
CREATE = schema_create("trunk", "trunks", attributes(
    {**_CHANGEABLE, **PROJECT, "port_id": ID, "sub_ports": {"type": "array", "items": _SUBPORT, "maxItems": 1000}},
    ("port_id",)))
UPDATE = schema_update("trunk", attributes(_CHANGEABLE))
ADD = attributes({"sub_ports": {"type": "array", "items": _SUBPORT, "maxItems": 1000}}, ("sub_ports",))
# Clients send a whole sub port back; its port is what counts.
REMOVE = attributes({"sub_ports": {"type": "array", "maxItems": 1000, "items": {
    "type": "object", "properties": {"port_id": ID}, "required": ["port_id"]}}}, ("sub_ports",))
