"""Bodies that create and change users and passwords."""

from cumulo.api.identity import fields

# Long enough for any phrase, short enough that hashing it costs nothing.
PASSWORD: fields.Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 4096}
_SECRET: fields.Schema = {"type": "string", "minLength": 1, "maxLength": 4096}
_PROPERTIES: fields.Schema = {
    "name": fields.name(255), "domain_id": fields.ID, "enabled": fields.BOOLEAN, "password": PASSWORD,
    "default_project_id": fields.OPTIONAL_ID, "description": fields.DESCRIPTION, "options": fields.OPTIONS}

CREATE = fields.envelope("user", _PROPERTIES, required=("name",), extra=True)
UPDATE = fields.envelope("user", _PROPERTIES, extra=True, at_least_one=True)
PASSWORD_CHANGE = fields.envelope("user", {"password": _SECRET, "original_password": _SECRET},
                                  required=("password", "original_password"))
