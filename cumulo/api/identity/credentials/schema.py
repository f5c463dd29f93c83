"""Bodies of credentials, and of what was signed with an access key."""

from typing import Any

from cumulo.api.identity import fields

_PROPERTIES: fields.Schema = {
    "type": fields.name(255), "blob": {"type": "string", "minLength": 1, "maxLength": 65535}, "user_id": fields.ID,
    "project_id": fields.OPTIONAL_ID}
CREATE = fields.envelope("credential", _PROPERTIES, required=("type", "blob"))
UPDATE = fields.envelope("credential", _PROPERTIES, at_least_one=True)
ACCESS_KEY: fields.Schema = {"type": "object", "properties": {"tenant_id": fields.ID}, "required": ["tenant_id"],
                             "additionalProperties": False}

_TEXT: fields.Schema = {"type": "string", "maxLength": 8192}
_TEXTS: fields.Schema = {"type": "object", "maxProperties": 200, "additionalProperties": _TEXT}
_SIGNED: fields.Schema = {
    "type": "object", "required": ["access", "signature"],
    "properties": {"access": _TEXT, "signature": _TEXT, "host": _TEXT, "verb": _TEXT, "path": _TEXT, "params": _TEXTS,
                   "headers": _TEXTS, "body_hash": _TEXT}}
EC2: dict[str, Any] = {
    "type": "object", "properties": {"credentials": _SIGNED, "ec2Credentials": _SIGNED}, "minProperties": 1,
    "maxProperties": 1, "additionalProperties": False}
S3: dict[str, Any] = {
    "type": "object", "required": ["credentials"], "additionalProperties": False, "properties": {"credentials": {
        "type": "object", "required": ["access", "signature", "token"],
        "properties": {"access": _TEXT, "signature": _TEXT, "token": _TEXT}}}}
