"""Version discovery: GET / and GET /v2.0/."""

from typing import Any

from cumulo.api.wsgi.route import Request, Route

_COLLECTIONS = (
    ("network", "networks"), ("subnet", "subnets"), ("port", "ports"), ("router", "routers"),
    ("floatingip", "floatingips"), ("security_group", "security-groups"), ("security_group_rule", "security-group-rules"),
    ("subnetpool", "subnetpools"), ("address_group", "address-groups"), ("rbac_policy", "rbac-policies"),
    ("quota", "quotas"), ("agent", "agents"), ("availability_zone", "availability_zones"),
    ("service_provider", "service-providers"), ("trunk", "trunks"), ("address_scope", "address-scopes"),
    ("metering_label", "metering/metering-labels"), ("metering_label_rule", "metering/metering-label-rules"), ("network_ip_availability", "network-ip-availabilities"))


def versions(request: Request) -> dict[str, Any]:
    """The one version there is."""
    return {"versions": [{"id": "v2.0", "status": "CURRENT",
                          "links": [{"rel": "self", "href": f"{request.url}/v2.0/"}]}]}


def resources(request: Request) -> dict[str, Any]:
    """The collections of version 2.0."""
    return {"resources": [
        {"name": name, "collection": collection,
         "links": [{"rel": "self", "href": f"{request.url}/v2.0/{collection}"}]}
        for name, collection in _COLLECTIONS]}


ROUTES = (
    Route("GET", "/", versions, policy=None),
    Route("GET", "/v2.0", resources, policy=None),
)
