"""Bodies that register limits and change them."""

from cumulo.api.identity import fields

NUMBER: fields.Schema = {"type": "integer", "minimum": -1, "maximum": 2**31 - 1}
RESOURCE: fields.Schema = {"type": "string", "minLength": 1, "maxLength": 255}
REGION: fields.Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 255}
_PROPERTIES: fields.Schema = {
    "service_id": fields.ID, "region_id": REGION, "resource_name": RESOURCE, "default_limit": NUMBER,
    "description": fields.DESCRIPTION}

CREATE = fields.list_envelope("registered_limits", _PROPERTIES,
                              required=("service_id", "resource_name", "default_limit"))
UPDATE = fields.envelope("registered_limit", _PROPERTIES, at_least_one=True)
