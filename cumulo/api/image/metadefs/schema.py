"""Bodies of the routes of metadata definitions.

A property is described by a JSON schema of its own, of which these keywords are taken. Names are parts of
paths, so they hold no slash.
"""

from typing import Any

from cumulo.image.metadefs.namespaces import VISIBILITIES

NAME: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[^/]+$"}
_TEXT = {"type": ["string", "null"], "maxLength": 500}
_SHORT = {"type": ["string", "null"], "maxLength": 80}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 0x7FFFFFFF}
_WORDS = {"type": "array", "items": {"type": "string", "maxLength": 255}}
_TYPES = ["array", "boolean", "integer", "number", "object", "string", None]
_FLAG = {"type": "boolean"}

PROPERTY_FIELDS: dict[str, Any] = {
    "title": {"type": "string", "maxLength": 255}, "description": {"type": ["string", "null"], "maxLength": 4000},
    "type": {"enum": _TYPES}, "operators": _WORDS, "minimum": {"type": "number"}, "maximum": {"type": "number"},
    "minLength": _COUNT, "maxLength": _COUNT, "pattern": {"type": "string", "maxLength": 255}, "enum": {"type": "array"},
    "items": {"type": "object", "additionalProperties": False, "properties": {
        "type": {"enum": _TYPES}, "enum": {"type": "array"}}},
    "uniqueItems": _FLAG, "minItems": _COUNT, "maxItems": _COUNT, "additionalItems": _FLAG, "default": {},
    "readonly": _FLAG, "confidential": _FLAG,
}
_DESCRIBED: dict[str, Any] = {"type": "object", "required": ["title", "type"], "additionalProperties": False}
_INNER = {**_DESCRIBED, "properties": PROPERTY_FIELDS}
_NAMED_PROPERTIES = {"type": "object", "propertyNames": NAME, "additionalProperties": _INNER}

PROPERTY: dict[str, Any] = {
    **_DESCRIBED, "required": ["name", "title", "type"], "properties": {"name": NAME, **PROPERTY_FIELDS}}

OBJECT: dict[str, Any] = {
    "type": "object", "required": ["name"], "additionalProperties": False, "properties": {
        "name": NAME, "description": _TEXT, "required": {"type": "array", "items": NAME}, "properties": _NAMED_PROPERTIES}}

TAG: dict[str, Any] = {
    "type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": NAME}}
TAGS: dict[str, Any] = {
    "type": "object", "required": ["tags"], "additionalProperties": False,
    "properties": {"tags": {"type": "array", "items": TAG}}}

ASSOCIATION: dict[str, Any] = {
    "type": "object", "required": ["name"], "additionalProperties": False, "properties": {
        "name": NAME, "prefix": _SHORT, "properties_target": _SHORT}}

_NAMESPACE: dict[str, Any] = {
    "namespace": NAME, "display_name": _SHORT, "description": _TEXT, "visibility": {"enum": list(VISIBILITIES)},
    "protected": _FLAG, "owner": {"type": "string", "minLength": 1, "maxLength": 64}}
UPDATE_NAMESPACE: dict[str, Any] = {
    "type": "object", "required": ["namespace"], "additionalProperties": False, "properties": _NAMESPACE}
CREATE_NAMESPACE: dict[str, Any] = {
    "type": "object", "required": ["namespace"], "additionalProperties": False, "properties": {
        **_NAMESPACE, "properties": _NAMED_PROPERTIES, "objects": {"type": "array", "items": OBJECT},
        "tags": {"type": "array", "items": TAG},
        "resource_type_associations": {"type": "array", "items": ASSOCIATION}}}
