"""How a user starts each flow, and what is to be seen of the server afterwards: one line for each page.

A flow without a line fails the suite, which names this file.
"""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Recipe:
    """`action` is the body of POST /servers/{id}/action; a flow that makes or deletes servers has none.

    A server in `begins` becomes one in `ends`, or in one of `undone` when a step failed for good; "" is no server.
    """

    begins: str
    ends: str
    undone: tuple[str, ...] = ()
    action: dict[str, Any] | None = None


#: How a server that is ACTIVE comes to be in the state that a flow begins with.
PREPARE: dict[str, tuple[dict[str, Any], ...]] = {
    "SHUTOFF": ({"os-stop": None},), "PAUSED": ({"pause": None},), "SUSPENDED": ({"suspend": None},),
}

RECIPES: dict[str, Recipe] = {
    "build_server": Recipe("", "ACTIVE", ("ERROR",)),
    "stop_server": Recipe("ACTIVE", "SHUTOFF", ("ACTIVE", "SHUTOFF"), {"os-stop": None}),
    "start_server": Recipe("SHUTOFF", "ACTIVE", ("ACTIVE", "SHUTOFF"), {"os-start": None}),
    "reboot_server": Recipe("ACTIVE", "ACTIVE", ("ERROR",), {"reboot": {"type": "HARD"}}),
    "pause_server": Recipe("ACTIVE", "PAUSED", ("ACTIVE", "PAUSED"), {"pause": None}),
    "unpause_server": Recipe("PAUSED", "ACTIVE", ("ACTIVE", "PAUSED"), {"unpause": None}),
    "suspend_server": Recipe("ACTIVE", "SUSPENDED", ("ACTIVE", "SUSPENDED"), {"suspend": None}),
    "resume_server": Recipe("SUSPENDED", "ACTIVE", ("ACTIVE", "SUSPENDED"), {"resume": None}),
    "create_image": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), {"createBackup": {
        "name": "storm", "backup_type": "daily", "rotation": 1}}),
    "delete_server": Recipe("any", ""),
}
