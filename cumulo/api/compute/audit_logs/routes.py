"""Routes of the usage of hosts."""

from cumulo.api.compute.audit_logs import handlers
from cumulo.api.wsgi.route import Route

_ALL, _RULE = "/os-instance_usage_audit_log", "compute:audit_logs:show"

ROUTES = (
    Route("GET", _ALL, handlers.show_last, policy=_RULE),
    Route("GET", f"{_ALL}/{{before}}", handlers.show_before, policy=_RULE),
)
