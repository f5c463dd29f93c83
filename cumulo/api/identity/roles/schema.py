"""Bodies that create and change roles."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {"name": fields.name(255), "description": fields.DESCRIPTION,
                              "domain_id": fields.OPTIONAL_ID, "options": fields.OPTIONS}

CREATE = fields.envelope("role", _PROPERTIES, required=("name",))
UPDATE = fields.envelope("role", _PROPERTIES, at_least_one=True)
