"""Routes of hosts."""

from cumulo.api.volume.hosts import handlers
from cumulo.api.wsgi.route import Route

_RULE = "volume:hosts:show"

ROUTES = (
    Route("GET", "/os-hosts", handlers.list_hosts, policy=_RULE, query=("host", "binary")),
    Route("GET", "/os-hosts/{host_name}", handlers.show_host, policy=_RULE),
)
