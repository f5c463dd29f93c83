"""Bodies that create and change endpoint groups."""

from cumulo.api.identity import fields

_FILTERS: fields.Schema = {"type": "object", "additionalProperties": False, "properties": {
    "interface": {"enum": ["public", "internal", "admin"]}, "service_id": fields.ID,
    "region_id": {"type": "string", "minLength": 1, "maxLength": 255}}}
_PROPERTIES: fields.Schema = {
    "name": fields.name(255), "description": fields.DESCRIPTION, "filters": _FILTERS}

CREATE = fields.envelope("endpoint_group", _PROPERTIES, required=("name", "filters"))
UPDATE = fields.envelope("endpoint_group", _PROPERTIES, at_least_one=True)
