"""Bodies of consumers, and of a user's agreement."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {"description": fields.DESCRIPTION}
_ROLE: fields.Schema = {
    "type": "object", "additionalProperties": False, "properties": {"id": fields.ID, "name": fields.name(255)},
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}]}

CREATE = fields.envelope("consumer", _PROPERTIES, extra=True)
UPDATE = fields.envelope("consumer", {**_PROPERTIES, "secret": False}, extra=True, at_least_one=True)
AGREE: fields.Schema = {"type": "object", "required": ["roles"], "additionalProperties": False, "properties": {
    "roles": {"type": "array", "minItems": 1, "maxItems": 100, "items": _ROLE}}}
