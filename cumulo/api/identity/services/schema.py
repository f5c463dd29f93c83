"""Bodies that create and change services."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {
    "type": fields.name(255), "name": {"type": ["string", "null"], "maxLength": 255},
    "description": fields.DESCRIPTION, "enabled": fields.BOOLEAN}

CREATE = fields.envelope("service", _PROPERTIES, required=("type",))
UPDATE = fields.envelope("service", _PROPERTIES, at_least_one=True)
