"""Bodies that create and change users and passwords."""

from cumulo.api.identity import fields

# Long enough for any phrase, short enough that hashing it costs nothing.
PASSWORD: fields.Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 4096}
_SECRET: fields.Schema = {"type": "string", "minLength": 1, "maxLength": 4096}
_FLAG: fields.Schema = {"type": ["boolean", "null"]}
_FLAGS = ("ignore_change_password_upon_first_use", "ignore_password_expiry", "ignore_lockout_failure_attempts",
          "ignore_user_inactivity", "lock_password", "multi_factor_auth_enabled")
# Each inner list names methods that together are enough.
_FACTORS: fields.Schema = {"type": ["array", "null"], "maxItems": 32, "items": {
    "type": "array", "minItems": 1, "maxItems": 8, "uniqueItems": True,
    "items": {"type": "string", "minLength": 1, "maxLength": 64}}}
OPTIONS: fields.Schema = {"type": "object", "additionalProperties": False, "properties": {
    **dict.fromkeys(_FLAGS, _FLAG), "multi_factor_auth_rules": _FACTORS}}
_PROPERTIES: fields.Schema = {
    "name": fields.name(255), "domain_id": fields.ID, "enabled": fields.BOOLEAN, "password": PASSWORD,
    "default_project_id": fields.OPTIONAL_ID, "description": fields.DESCRIPTION, "options": OPTIONS}

CREATE = fields.envelope("user", _PROPERTIES, required=("name",), extra=True)
UPDATE = fields.envelope("user", _PROPERTIES, extra=True, at_least_one=True)
PASSWORD_CHANGE = fields.envelope("user", {"password": _SECRET, "original_password": _SECRET},
                                  required=("password", "original_password"))
