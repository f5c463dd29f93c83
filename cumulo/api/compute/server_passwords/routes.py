"""Routes of the passwords that guests make."""

from cumulo.api.compute.server_passwords import handlers
from cumulo.api.wsgi.route import Route

_PATH = "/servers/{server_id}/os-server-password"

ROUTES = (
    Route("GET", _PATH, handlers.show, policy="compute:server_passwords:show"),
    Route("DELETE", _PATH, handlers.forget, policy="compute:server_passwords:forget", status=204),
)
