"""The one zone that networks and routers are in."""

from typing import Any

from oslo_policy import policy

from cumulo.api.network import collection
from cumulo.api.wsgi.route import Request, Route

_ATTRIBUTES = ("name", "resource", "state")

RULES = (
    policy.DocumentedRuleDefault("network:availability_zones:get", "rule:any_token", "List availability zones",
                                 [{"method": "GET", "path": "/v2.0/availability_zones"}]),
)


def index(request: Request) -> dict[str, Any]:
    """The zone, once for networks and once for routers."""
    name = request.services.conf.network.availability_zone
    zones = [{"id": kind, "name": name, "resource": kind, "state": "available"} for kind in ("network", "router")]
    listed = collection.answer(request, "availability_zones", zones, _ATTRIBUTES)
    return listed | {"availability_zones": [{key: each[key] for key in each if key != "id"}
                                            for each in listed["availability_zones"]]}


ROUTES = (
    Route("GET", "/v2.0/availability_zones", index, policy="network:availability_zones:get",
          query=(*collection.SPECIAL, *_ATTRIBUTES)),
)
