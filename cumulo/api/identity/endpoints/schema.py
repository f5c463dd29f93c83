"""Bodies that create and change endpoints."""

from cumulo.api.identity import fields

_REGION: fields.Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 255}
_PROPERTIES: fields.Schema = {
    "interface": {"enum": ["public", "internal", "admin"]}, "service_id": fields.ID,
    "url": {"type": "string", "minLength": 1, "maxLength": 2048, "pattern": r"^[a-zA-Z0-9+.\-]+:\S+$"},
    "region_id": _REGION, "region": _REGION,
    "name": {"type": ["string", "null"], "maxLength": 255}, "description": fields.DESCRIPTION,
    "enabled": fields.BOOLEAN}

CREATE = fields.envelope("endpoint", _PROPERTIES, required=("interface", "service_id", "url"))
UPDATE = fields.envelope("endpoint", _PROPERTIES, at_least_one=True)
