"""Bodies of a login. Which method sections are needed depends on the methods named: see handlers."""

from typing import Any

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}
_DOMAIN: dict[str, Any] = {
    "type": "object", "properties": {"id": _TEXT, "name": _TEXT}, "additionalProperties": False,
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}]}
_BY_ID_OR_NAME: list[dict[str, Any]] = [{"required": ["id"]}, {"required": ["name", "domain"]}]

_USER: dict[str, Any] = {
    "type": "object", "required": ["password"], "additionalProperties": False, "anyOf": _BY_ID_OR_NAME,
    "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN,
                   "password": {"type": "string", "maxLength": 4096}}}
_CODE: dict[str, Any] = {
    "type": "object", "required": ["passcode"], "additionalProperties": False, "anyOf": _BY_ID_OR_NAME,
    "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN, "passcode": {"type": "string", "maxLength": 64}}}
_OWNER: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "anyOf": _BY_ID_OR_NAME,
    "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN}}
_APPLICATION_CREDENTIAL: dict[str, Any] = {
    "type": "object", "required": ["secret"], "additionalProperties": False,
    "anyOf": [{"required": ["id"]}, {"required": ["name", "user"]}],
    "properties": {"id": _TEXT, "name": _TEXT, "user": _OWNER, "secret": {"type": "string", "maxLength": 4096}}}
_IDENTITY: dict[str, Any] = {
    "type": "object", "required": ["methods"],
    "properties": {
        "methods": {"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string", "maxLength": 64}},
        "password": {"type": "object", "properties": {"user": _USER}, "required": ["user"],
                     "additionalProperties": False},
        "token": {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}}, "required": ["id"],
                  "additionalProperties": False},
        "application_credential": _APPLICATION_CREDENTIAL,
        # Its signature is in the header Authorization.
        "oauth1": {"type": "object", "additionalProperties": False},
        "totp": {"type": "object", "properties": {"user": _CODE}, "required": ["user"],
                 "additionalProperties": False}}}
_PROJECT: dict[str, Any] = {
    "type": "object", "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN}, "additionalProperties": False,
    "anyOf": _BY_ID_OR_NAME}
_SYSTEM: dict[str, Any] = {"type": "object", "properties": {"all": {"const": True}}, "required": ["all"],
                           "additionalProperties": False}
_TRUST: dict[str, Any] = {"type": "object", "properties": {"id": _TEXT}, "required": ["id"],
                          "additionalProperties": False}
_SCOPE: dict[str, Any] = {"anyOf": [
    {"const": "unscoped"},
    {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
     "properties": {"project": _PROJECT, "domain": _DOMAIN, "system": _SYSTEM, "OS-TRUST:trust": _TRUST,
                    "unscoped": {"type": "object"}}}]}

LOGIN: dict[str, Any] = {
    "type": "object", "required": ["auth"], "additionalProperties": False,
    "properties": {"auth": {"type": "object", "required": ["identity"], "additionalProperties": False,
                            "properties": {"identity": _IDENTITY, "scope": _SCOPE}}}}
