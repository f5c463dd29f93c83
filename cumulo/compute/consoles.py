"""The consoles of servers: their kinds by the names of the API, and which a host offers. Pure."""

from collections.abc import Mapping
from typing import Any

from cumulo.common import errors

NOVNC, SPICE, SERIAL = "novnc", "spice-html5", "serial"
PROTOCOLS = {"vnc": (NOVNC, "xvpvnc"), "spice": (SPICE, "spice-direct"), "serial": (SERIAL,), "rdp": ("rdp-html5",),
             "mks": ("webmks",)}
"""What a remote console's protocol may be, with the types of each."""
PURPOSE = "console"
"""What the proof is sealed for that opens a console."""


def check_offered(kind: str, hypervisor: Mapping[str, Any]) -> None:
    """Raise BadRequest unless a host's guests have consoles of the kind."""
    if kind not in hypervisor.get("consoles", ()):
        raise errors.BadRequest(f"Unavailable console type {kind}.")
