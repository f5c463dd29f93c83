"""The one route of actions."""

from typing import Any

from cumulo.api.volume.snapshot_actions import handlers
from cumulo.api.wsgi.route import Route
from cumulo.volume import states


def _status(*wanted: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"status": {"enum": list(wanted)}, **more}, "required": ["status"],
            "additionalProperties": False}


_BODY: dict[str, Any] = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False, "properties": {
    "os-force_delete": {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
    "os-unmanage": {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
    "os-reset_status": _status(*states.FOR_RESET_OF_SNAPSHOT),
    "os-update_snapshot_status": _status(*states.FOR_RESET_OF_SNAPSHOT,
                                         progress={"type": "string", "pattern": "^[0-9]{1,3}%$"})}}

ROUTES = (
    Route("POST", "/snapshots/{snapshot_id}/action", handlers.act, policy="volume:snapshots:update_status", status=202,
          body=_BODY),
)
