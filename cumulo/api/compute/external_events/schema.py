"""Body of external events. 2.51 volume-extended   2.76 power-update   2.82 accelerator-request-bound   2.93 volume-reimaged."""

from typing import Any

_NAMES = ("network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted")
_ADDED = (("2.51", "volume-extended"), ("2.76", "power-update"), ("2.82", "accelerator-request-bound"),
          ("2.93", "volume-reimaged"))


def _body(names: tuple[str, ...]) -> dict[str, Any]:
    event = {"type": "object", "required": ["server_uuid", "name"], "additionalProperties": False, "properties": {
        "server_uuid": {"type": "string", "format": "uuid"}, "name": {"enum": list(names)},
        "status": {"enum": ["failed", "completed", "in-progress"]}, "tag": {"type": "string", "maxLength": 255}}}
    return {"type": "object", "required": ["events"], "additionalProperties": False, "properties": {
        "events": {"type": "array", "minItems": 1, "maxItems": 1000, "items": event}}}


TELL = (("2.1", _body(_NAMES)), *(
    (version, _body((*_NAMES, *(name for _, name in _ADDED[:number])))) for number, (version, _) in enumerate(_ADDED, 1)))
