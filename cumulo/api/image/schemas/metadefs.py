"""JSON schemas of metadata definitions as they are answered, by the last part of their paths."""

from typing import Any

from cumulo.image.metadefs.namespaces import VISIBILITIES

_SELF = {"type": "string", "readOnly": True}
_TIMES: dict[str, Any] = {
    "created_at": {"type": "string", "description": "Date and time when it was made", "readOnly": True},
    "updated_at": {"type": "string", "description": "Date and time of the last change", "readOnly": True}}
_COUNT = {"type": "integer", "minimum": 0}
_WORDS = {"type": "array", "items": {"type": "string"}}
_TYPE = {"type": ["string", "null"], "enum": ["array", "boolean", "integer", "number", "object", "string", None]}
_NAME = {"type": "string", "maxLength": 80}

_PROPERTY: dict[str, Any] = {
    "title": {"type": "string", "description": "What people call it"}, "description": {"type": "string"},
    "type": _TYPE, "operators": _WORDS, "minimum": {"type": "number"}, "maximum": {"type": "number"},
    "minLength": _COUNT, "maxLength": _COUNT, "pattern": {"type": "string", "format": "regex"},
    "enum": {"type": "array"}, "uniqueItems": {"type": "boolean"}, "minItems": _COUNT, "maxItems": _COUNT,
    "additionalItems": {"type": "boolean"}, "default": {}, "readonly": {"type": "boolean"},
    "confidential": {"type": "boolean"},
    "items": {"type": "object", "properties": {"type": _TYPE, "enum": {"type": "array"}}}}
_PROPERTIES = {"type": "object", "additionalProperties": {
    "type": "object", "required": ["title", "type"], "properties": _PROPERTY}}

PROPERTY: dict[str, Any] = {
    "name": "property", "required": ["name", "title", "type"], "additionalProperties": False,
    "properties": {"name": _NAME, **_PROPERTY}}
OBJECT: dict[str, Any] = {
    "name": "object", "required": ["name"], "additionalProperties": False, "properties": {
        "name": _NAME, "description": {"type": "string"}, "required": _WORDS, "properties": _PROPERTIES,
        "self": _SELF, "schema": _SELF, **_TIMES}}
TAG: dict[str, Any] = {
    "name": "tag", "required": ["name"], "additionalProperties": False, "properties": {"name": _NAME, **_TIMES}}
ASSOCIATION: dict[str, Any] = {
    "name": "resource_type_association", "required": ["name"], "additionalProperties": False, "properties": {
        "name": {**_NAME, "description": "The kind of resource"},
        "prefix": {**_NAME, "description": "What the names of the properties begin with on it"},
        "properties_target": {**_NAME, "description": "Which part of it has the properties"}, **_TIMES}}
NAMESPACE: dict[str, Any] = {
    "name": "namespace", "required": ["namespace"], "additionalProperties": False, "properties": {
        "namespace": {**_NAME, "description": "The unique name"},
        "display_name": {**_NAME, "description": "What people call it"},
        "description": {"type": "string", "maxLength": 500}, "visibility": {"type": "string", "enum": list(VISIBILITIES)},
        "protected": {"type": "boolean", "description": "If true, neither it nor what is in it can be deleted."},
        "owner": {"type": "string", "maxLength": 255}, "self": _SELF, "schema": _SELF,
        "resource_type_associations": {"type": "array", "items": {
            "type": "object", "properties": ASSOCIATION["properties"]}},
        "properties": _PROPERTIES, "objects": {"type": "array", "items": {
            "type": "object", "properties": OBJECT["properties"]}},
        "tags": {"type": "array", "items": {"type": "object", "properties": TAG["properties"]}}, **_TIMES}}
_LINK = {"rel": "describedby", "href": "{schema}"}


def _list_of(name: str, one: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "links": [_LINK], "properties": {
        name: {"type": "array", "items": one}, "schema": {"type": "string"}, **more}}


_PAGES = {"first": {"type": "string"}, "next": {"type": "string"}}
_NAMESPACES, _OBJECTS = _list_of("namespaces", NAMESPACE, **_PAGES), _list_of("objects", OBJECT, **_PAGES)
_TAGS = _list_of("tags", TAG, **_PAGES)
_ASSOCIATIONS = _list_of("resource_type_associations", ASSOCIATION)
_ALL_PROPERTIES: dict[str, Any] = {
    "name": "properties", "links": [_LINK], "properties": {
        "properties": {"type": "object", "additionalProperties": PROPERTY}, "schema": {"type": "string"}}}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "namespace": NAMESPACE, "namespaces": _NAMESPACES, "object": OBJECT, "objects": _OBJECTS, "property": PROPERTY,
    "properties": _ALL_PROPERTIES, "tag": TAG, "tags": _TAGS, "resource_type": ASSOCIATION,
    "resource_types": _ASSOCIATIONS}
