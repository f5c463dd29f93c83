"""Bodies that create trusts."""

from cumulo.api.identity import fields

_ROLE: fields.Schema = {
    "type": "object", "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    "properties": {"id": fields.ID, "name": fields.name(255)}}
_MOST = 2**31 - 1

CREATE = fields.envelope("trust", {
    "trustor_user_id": fields.ID, "trustee_user_id": fields.ID, "impersonation": fields.BOOLEAN,
    "project_id": fields.OPTIONAL_ID, "roles": {"type": "array", "maxItems": 100, "items": _ROLE},
    "expires_at": {"type": ["string", "null"], "maxLength": 64},
    "remaining_uses": {"type": ["integer", "null"], "minimum": 1, "maximum": _MOST},
    "allow_redelegation": {"type": ["boolean", "null"]},
    "redelegation_count": {"type": ["integer", "null"], "minimum": 0, "maximum": _MOST},
}, required=("trustor_user_id", "trustee_user_id", "impersonation"))
