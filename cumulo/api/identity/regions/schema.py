"""Bodies that create and change regions."""

from cumulo.api.identity import fields

_REGION: fields.Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^/?#%]+$"}
_PROPERTIES: fields.Schema = {
    "description": fields.DESCRIPTION, "parent_region_id": _REGION | {"type": ["string", "null"]}}

CREATE = fields.envelope("region", _PROPERTIES | {"id": _REGION})
UPDATE = fields.envelope("region", _PROPERTIES, at_least_one=True)
