"""Bodies that create and change policies."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {
    "type": {"type": "string", "minLength": 1, "maxLength": 255},
    "blob": {"type": "string", "maxLength": 100_000}}

CREATE = fields.envelope("policy", _PROPERTIES, required=("type", "blob"), extra=True)
UPDATE = fields.envelope("policy", _PROPERTIES, extra=True, at_least_one=True)
