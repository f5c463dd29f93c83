"""Bodies of server actions: exactly one action, with what it takes."""

from typing import Any

from cumulo.api.compute import schema_parts as parts

_NOTHING: dict[str, Any] = {}
_REBOOT = {"type": "object", "properties": {"type": {"enum": [
    "SOFT", "HARD", "Soft", "Hard", "soft", "hard"]}}, "required": ["type"], "additionalProperties": False}
_CONSOLE = {"type": ["object", "null"], "additionalProperties": False, "properties": {
    "length": {"anyOf": [parts.integer(-1), {"type": "null"}]}}}

ACTION: dict[str, Any] = {
    "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False,
    "properties": {
        "os-start": _NOTHING, "os-stop": _NOTHING, "reboot": _REBOOT, "lock": _NOTHING, "unlock": _NOTHING,
        "os-getConsoleOutput": _CONSOLE}}
