"""Bodies that create and change projects and their tags."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {
    "name": fields.name(64), "domain_id": fields.OPTIONAL_ID, "parent_id": fields.OPTIONAL_ID,
    "is_domain": fields.BOOLEAN, "enabled": fields.BOOLEAN, "description": fields.DESCRIPTION, "tags": fields.TAGS,
    "options": fields.OPTIONS}

CREATE = fields.envelope("project", _PROPERTIES, required=("name",), extra=True)
UPDATE = fields.envelope("project", _PROPERTIES, extra=True, at_least_one=True)
CASCADE = fields.envelope("project", {"enabled": fields.BOOLEAN}, required=("enabled",))
TAGS: fields.Schema = {"type": "object", "properties": {"tags": fields.TAGS}, "required": ["tags"],
                       "additionalProperties": False}
