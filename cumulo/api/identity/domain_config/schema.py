"""Bodies that set a domain's settings: all of them, those of a group, or one.

What a domain cannot have is refused by the handler, with 403 as this API wants it.
"""

from cumulo.api.identity import fields
from cumulo.identity.domain_config_options import DEFAULTS

_VALUE: fields.Schema = {"type": ["string", "integer", "boolean", "null"], "maxLength": 1000}


def _object(properties: fields.Schema, further: fields.Schema, **more: int) -> fields.Schema:
    return {"type": "object", "properties": properties, "additionalProperties": further, "maxProperties": 100} | more


def _config(inner: fields.Schema) -> fields.Schema:
    return {"type": "object", "properties": {"config": inner}, "required": ["config"], "additionalProperties": False}


_OPTIONS = {group: _object(dict.fromkeys(options, _VALUE), _VALUE) for group, options in DEFAULTS.items()}

GROUPS = _config(_object(_OPTIONS, _object({}, _VALUE), minProperties=1))
OPTION = _config(_object(dict.fromkeys((name for options in DEFAULTS.values() for name in options), _VALUE), _VALUE,
                         minProperties=1))
