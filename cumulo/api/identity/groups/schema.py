"""Bodies that create and change groups."""

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {"name": fields.name(64), "domain_id": fields.ID, "description": fields.DESCRIPTION}

CREATE = fields.envelope("group", _PROPERTIES, required=("name",), extra=True)
UPDATE = fields.envelope("group", _PROPERTIES, extra=True, at_least_one=True)
