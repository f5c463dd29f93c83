"""Bodies that create application credentials."""

from cumulo.api.identity import fields

_WORD: fields.Schema = {"type": "string", "minLength": 1, "maxLength": 64}
_ROLE: fields.Schema = {
    "type": "object", "additionalProperties": False, "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    "properties": {"id": fields.ID, "name": fields.name(255), "domain_id": fields.OPTIONAL_ID}}
# A segment is a text, * or {name} for any one of them, or ** for any number: see cumulo/api/wsgi/access.py.
_PATH: fields.Schema = {"type": "string", "minLength": 1, "maxLength": 128,
                        "pattern": r"^(/([^/*{}]*|\*|\*\*|\{[^/*{}]+\}))+$"}
_RULE: fields.Schema = {
    "type": "object", "additionalProperties": False,
    "anyOf": [{"required": ["service", "method", "path"]}, {"required": ["id"]}],
    "properties": {"service": _WORD, "path": _PATH, "id": fields.ID,
                   "method": {"enum": ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]}}}

CREATE = fields.envelope("application_credential", {
    "name": fields.name(255), "description": fields.DESCRIPTION,
    "secret": {"type": ["string", "null"], "minLength": 1, "maxLength": 4096},
    "expires_at": {"type": ["string", "null"], "maxLength": 64}, "unrestricted": {"type": ["boolean", "null"]},
    "roles": {"type": ["array", "null"], "maxItems": 100, "items": _ROLE},
    # An empty list is what the standard client sends for no rules at all.
    "access_rules": {"type": ["array", "null"], "maxItems": 100, "items": _RULE}}, required=("name",))
