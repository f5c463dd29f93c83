"""Bodies of a login in the form of version 2.0."""

from typing import Any

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}
_PASSWORD: dict[str, Any] = {
    "type": "object", "required": ["password"], "additionalProperties": False,
    "anyOf": [{"required": ["username"]}, {"required": ["userId"]}],
    "properties": {"username": _TEXT, "userId": _TEXT, "password": {"type": "string", "maxLength": 4096}}}
_TOKEN: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}},
                          "required": ["id"], "additionalProperties": False}

LOGIN: dict[str, Any] = {
    "type": "object", "required": ["auth"], "additionalProperties": False, "properties": {"auth": {
        "type": "object", "additionalProperties": False,
        "anyOf": [{"required": ["passwordCredentials"]}, {"required": ["token"]}],
        "properties": {"passwordCredentials": _PASSWORD, "token": _TOKEN, "tenantName": _TEXT, "tenantId": _TEXT}}}}
