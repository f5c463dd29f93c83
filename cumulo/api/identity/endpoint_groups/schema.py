"""Bodies that create and change endpoint groups."""

from cumulo.api.identity import fields

_FILTERS: fields.Schema = {"type": "object", "additionalProperties": False, "properties": {
    "interface": {"enum": ["public", "internal", "admin"]}, "service_id": fields.ID,
    "region_id": {"type": "string", "minLength": 1, "maxLength": 255}}}
_PROPERTIES: fields.Schema = {
    "name": fields.name(255), "description": fields.DESCRIPTION, "filters": _FILTERS}

CREATE = fields.envelope("endpoint_group", _PROPERTIES, required=("name", "filters"))
# The standard client sends null for what it was not told to change.
UPDATE = fields.envelope("endpoint_group", _PROPERTIES | {
    "name": {**fields.name(255), "type": ["string", "null"]}, "filters": {**_FILTERS, "type": ["object", "null"]}},
    at_least_one=True)
