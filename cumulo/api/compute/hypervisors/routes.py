"""Routes of hypervisors."""

from cumulo.api.compute.hypervisors import handlers
from cumulo.api.wsgi.route import Route

_PATH, _RULE = "/os-hypervisors", "compute:hypervisors:list"
_ONE = f"{_PATH}/{{hypervisor_id}}"
_QUERY = ("limit", "marker", "hypervisor_hostname_pattern", "with_servers")

ROUTES = (
    Route("GET", _PATH, handlers.list_brief, policy=_RULE, query=_QUERY),
    Route("GET", f"{_PATH}/detail", handlers.list_full, policy=_RULE, query=_QUERY),
    Route("GET", f"{_PATH}/statistics", handlers.statistics, policy=_RULE, until="2.87"),
    Route("GET", _ONE, handlers.show, policy=_RULE, query=("with_servers",)),
    Route("GET", f"{_ONE}/uptime", handlers.show_uptime, policy=_RULE, until="2.87"),
    Route("GET", f"{_ONE}/search", handlers.search, policy=_RULE, until="2.52"),
    Route("GET", f"{_ONE}/servers", handlers.list_servers, policy=_RULE, until="2.52"),
)
