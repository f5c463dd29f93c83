"""os:scheduler_hints: where a new server shall be, by its group or by other servers.

    group            the id of a server group of the project
    same_host        ids of servers (one or several) on whose hosts it shall be
    different_host   ids of servers on whose hosts it shall not be

What only a filter that is not there would read is refused; names of nobody's are kept and mean nothing.
"""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

_ID = {"type": "string", "format": "uuid"}
_IDS = {"anyOf": [_ID, {"type": "array", "maxItems": 64, "items": _ID}]}
SCHEMA: dict[str, Any] = {"type": "object", "maxProperties": 16, "properties": {
    "group": _ID, "same_host": _IDS, "different_host": _IDS}}
_NOT_THERE = ("query", "target_cell", "different_cell", "build_near_host_ip", "cidr")


def read(request: Request) -> dict[str, Any]:
    """Return the hints of a request under whichever name they came; raises BadRequest."""
    hints: dict[str, Any] = request.body.get("os:scheduler_hints") or request.body.get("OS-SCH-HNT:scheduler_hints") or {}
    for name in _NOT_THERE:
        if name in hints:
            raise errors.BadRequest(f"The scheduler hint {name} is not supported here.")
    return hints
