"""Bodies that create and change domains."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {
    "name": fields.name(64), "enabled": fields.BOOLEAN, "description": fields.DESCRIPTION, "tags": fields.TAGS,
    "options": fields.OPTIONS}

CREATE = fields.envelope("domain", _PROPERTIES | {"explicit_domain_id": fields.ID}, required=("name",))
UPDATE = fields.envelope("domain", _PROPERTIES, at_least_one=True)
