"""Bodies of the address groups resource."""

from cumulo.api.network.fields import ADDRESS, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

_ADDRESSES = {"type": "array", "items": ADDRESS, "maxItems": 1000}
_CHANGEABLE = {"name": NAME, "description": NAME}
CREATE = schema_create("address_group", "address_groups", attributes(
    {**_CHANGEABLE, **PROJECT, "addresses": _ADDRESSES}))
UPDATE = schema_update("address_group", attributes(_CHANGEABLE))
ADDRESSES = attributes({"addresses": _ADDRESSES | {"minItems": 1}}, ("addresses",))
# The openstack client wraps them as it wraps a change.
MOVE = {"anyOf": [ADDRESSES, schema_update("address_group", ADDRESSES)], "type": "object"}
