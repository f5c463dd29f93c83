"""Routes of hypervisors."""

from cumulo.api.compute.hypervisors import handlers
from cumulo.api.wsgi.route import Route

_PATH, _RULE = "/os-hypervisors", "compute:hypervisors:list"

ROUTES = (
    Route("GET", _PATH, handlers.list_brief, policy=_RULE),
    Route("GET", f"{_PATH}/detail", handlers.list_full, policy=_RULE),
    Route("GET", f"{_PATH}/statistics", handlers.statistics, policy=_RULE),
    Route("GET", f"{_PATH}/{{hypervisor_id}}", handlers.show, policy=_RULE),
    Route("GET", f"{_PATH}/{{hypervisor_id}}/uptime", handlers.show_uptime, policy=_RULE),
    Route("GET", f"{_PATH}/{{hypervisor_id}}/search", handlers.search, policy=_RULE),
    Route("GET", f"{_PATH}/{{hypervisor_id}}/servers", handlers.list_servers, policy=_RULE),
)
