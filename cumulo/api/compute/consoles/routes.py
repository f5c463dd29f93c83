"""Routes of consoles. 2.8 added the protocol mks, 2.99 the type spice-direct."""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.consoles import handlers
from cumulo.api.wsgi.route import Route


def _body(protocols: list[str], types: list[str]) -> dict[str, Any]:
    return parts.wrapped("remote_console", {"protocol": {"enum": protocols}, "type": {"enum": types}},
                         required=("protocol", "type"))


_PROTOCOLS, _TYPES = ["vnc", "spice", "rdp", "serial"], ["novnc", "xvpvnc", "spice-html5", "rdp-html5", "serial"]
_CREATE = (("2.6", _body(_PROTOCOLS, _TYPES)), ("2.8", _body([*_PROTOCOLS, "mks"], [*_TYPES, "webmks"])),
           ("2.99", _body([*_PROTOCOLS, "mks"], [*_TYPES, "webmks", "spice-direct"])))

ROUTES = (
    Route("POST", "/servers/{server_id}/remote-consoles", handlers.create, policy="compute:consoles:open", since="2.6",
          body=_CREATE, keeps=False),
    Route("GET", "/os-console-auth-tokens/{console_token}", handlers.show_token, policy="compute:consoles:show_token"),
)
