"""The extensions whose behaviour exists: clients switch features on by these aliases."""

from typing import Any

from oslo_policy import policy

from cumulo.api.wsgi.route import Request, Route
from cumulo.common import errors

_UPDATED = "2026-01-01T00:00:00-00:00"

# alias: (name, description)
EXTENSIONS = {
    "binding": ("Port Binding", "Which host a port is on, and how it is connected there."),
    "empty-string-filtering": ("Empty String Filtering", "Filters for attributes that are empty."),
    "external-net": ("External Networks", "Networks that lead outside, marked by router:external."),
    "filter-validation": ("Filter Validation", "Unknown filters are refused."),
    "ip-substring-filtering": ("IP Substring Filtering", "Ports by a part of their address."),
    "net-mtu": ("Network MTU", "The largest packet of a network."),
    "net-mtu-writable": ("Network MTU, Writable", "The largest packet can be set."),
    "pagination": ("Pagination", "Lists in pages."),
    "project-id": ("project_id", "project_id beside tenant_id."),
    "provider": ("Provider Network", "How a network maps to the physical one."),
    "revision-if-match": ("Revision If-Match", "Changes that hold only for a known revision."),
    "sorting": ("Sorting", "Lists in order."),
    "standard-attr-description": ("Description", "A description on every resource."),
    "standard-attr-revisions": ("Resource Revision Numbers", "revision_number on every resource."),
    "standard-attr-timestamp": ("Resource Timestamps", "created_at and updated_at on every resource."),
}

RULES = (
    policy.DocumentedRuleDefault(
        "network:extensions:get", "rule:any_token", "List or show extensions",
        [{"method": "GET", "path": "/v2.0/extensions"}]),
)


def _view(alias: str) -> dict[str, Any]:
    name, description = EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": description, "updated": _UPDATED, "links": []}


def index(request: Request) -> dict[str, Any]:
    """Every extension."""
    return {"extensions": [_view(alias) for alias in EXTENSIONS]}


def show(request: Request) -> dict[str, Any]:
    """One extension; raises NotFound."""
    alias = request.params["alias"]
    if alias not in EXTENSIONS:
        raise errors.NotFound(f"Extension with alias {alias} does not exist.", kind="ExtensionNotFound")
    return {"extension": _view(alias)}


ROUTES = (
    Route("GET", "/v2.0/extensions", index, policy="network:extensions:get"),
    Route("GET", "/v2.0/extensions/{alias}", show, policy="network:extensions:get"),
)
