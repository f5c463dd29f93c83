"""Pieces of JSON Schema that the network API's resources share."""

from typing import Any

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "maxLength": 255}
BOOLEAN: Schema = {"type": "boolean"}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
ADDRESS: Schema = {"type": "string", "minLength": 2, "maxLength": 64}
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DNS_NAME: Schema = {"type": "string", "maxLength": 255, "pattern": f"^({_LABEL}(\\.{_LABEL})*\\.?)?$"}
PROJECT: Schema = {"project_id": ID, "tenant_id": ID}


def attributes(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """The schema of an object with these attributes and no others."""
    return {"type": "object", "properties": properties, "additionalProperties": False, "required": list(required)}
