"""Bodies of the subnet pools resource."""

from cumulo.api.network.fields import ADDRESS, BOOLEAN, NAME, PROJECT, attributes
from cumulo.api.network.resource import schema_create, schema_update

# Some clients send numbers as text.
_LENGTH = {"type": ["integer", "string"], "minimum": 1, "maximum": 128, "pattern": "^[0-9]{1,3}$"}
_QUOTA = {"type": ["integer", "string", "null"], "minimum": 0, "maximum": 2**31 - 1, "pattern": "^[0-9]{1,9}$"}
_CHANGEABLE = {
    "name": NAME, "description": NAME, "is_default": BOOLEAN, "default_quota": _QUOTA, "default_prefixlen": _LENGTH,
    "min_prefixlen": _LENGTH, "max_prefixlen": _LENGTH,
    "address_scope_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 64},
    "prefixes": {"type": "array", "items": ADDRESS, "maxItems": 100}}
CREATE = schema_create("subnetpool", "subnetpools", attributes(
    {**_CHANGEABLE, **PROJECT, "shared": BOOLEAN}, ("prefixes",)))
UPDATE = schema_update("subnetpool", attributes(_CHANGEABLE))
