"""Routes and rules of quotas."""

from oslo_policy import policy

from cumulo.api.network.quotas import handlers, schema
from cumulo.api.wsgi.route import Route

_ONE = "/v2.0/quotas/{project_id}"
_PARTS = ("", "/default", "/details", "/details.json")

RULES = (
    policy.DocumentedRuleDefault("network:quotas:list", "rule:admin_required", "List the projects with limits of their own",
                                 [{"method": "GET", "path": "/v2.0/quotas"}]),
    policy.DocumentedRuleDefault("network:quotas:get", "rule:project_reader or rule:system_reader",
                                 "Show what a project may have and has",
                                 [{"method": "GET", "path": f"{_ONE}{part}"} for part in _PARTS]),
    policy.DocumentedRuleDefault("network:quotas:update", "rule:admin_required", "Say what a project may have",
                                 [{"method": method, "path": _ONE} for method in ("PUT", "DELETE")]),
)

ROUTES = (
    Route("GET", "/v2.0/quotas", handlers.index, policy="network:quotas:list"),
    Route("GET", _ONE, handlers.show, policy="network:quotas:get"),
    Route("GET", f"{_ONE}/default", handlers.show_defaults, policy="network:quotas:get"),
    Route("GET", f"{_ONE}/details", handlers.show_details, policy="network:quotas:get"),
    Route("GET", f"{_ONE}/details.json", handlers.show_details, policy="network:quotas:get"),
    Route("PUT", _ONE, handlers.update, policy="network:quotas:update", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="network:quotas:update", status=204),
)
