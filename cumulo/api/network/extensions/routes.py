"""The extensions whose behaviour exists: clients switch features on by these aliases.

Some behave only where hosts can do what they promise; those are listed while a host says that it can.
"""

from typing import Any

from oslo_policy import policy

from cumulo.api.wsgi.route import Request, Route
from cumulo.common import errors
from cumulo.network import dns, hosts, metering, trunk_ports

_UPDATED = "2026-01-01T00:00:00-00:00"

# alias: (name, description)
EXTENSIONS = {
    "address-group": ("Address Groups", "Named sets of addresses that rules speak of."),
    "address-scope": ("Address Scopes", "Addresses that are routed as they are within their scope."),
    "agent": ("Agents", "The network agents and whether they are alive."),
    "allowed-address-pairs": ("Allowed Address Pairs", "What a port may send from beside its own addresses."),
    "auto-allocated-topology": ("Auto Allocated Topology", "A network, subnets and a router for projects that have none."),
    "availability_zone": ("Availability Zone", "The zones of networks and routers."),
    "binding": ("Port Binding", "Which host a port is on, and how it is connected there."),
    "binding-extended": ("Port Bindings, Extended", "Further hosts that ports may move to."),
    "default-subnetpools": ("Default Subnet Pools", "Pools that are used where none is named."),
    "dhcp_agent_scheduler": ("DHCP Agent Scheduler", "Networks on hosts that have nothing of them."),
    "dns-domain-ports": ("DNS Domains of Ports", "Domains of single ports."),
    "dns-integration": ("DNS Integration", "Names of ports and floating addresses, answered in their networks."),
    "dvr": ("Distributed Routers", "Routers that answer for floating addresses where servers are, or where the gateway is."),
    "empty-string-filtering": ("Empty String Filtering", "Filters for attributes that are empty."),
    "ext-gw-mode": ("External Gateway Mode", "Routers with and without translation."),
    "external-net": ("External Networks", "Networks that lead outside, marked by router:external."),
    "extra_dhcp_opt": ("Extra DHCP Options", "What DHCP tells one port."),
    "extraroute": ("Extra Routes", "Routes beside those of a router's own networks."),
    "extraroute-atomic": ("Atomic Extra Routes", "Routes added and removed one by one."),
    "filter-validation": ("Filter Validation", "Unknown filters are refused."),
    "fip-port-details": ("Floating IP Port Details", "The port that a floating address stands for."),
    "flavors": ("Flavors", "Kinds of routers under names of the administrator's own."),
    "floating-ip-port-forwarding": ("Floating IP Port Forwarding", "Ports of floating addresses that stand for ports of servers."),
    "ip-substring-filtering": ("IP Substring Filtering", "Ports by a part of their address."),
    "l3-flavors": ("Flavors of Routers", "Routers of a flavor."),
    "l3_agent_scheduler": ("L3 Agent Scheduler", "The hosts that are gateways of routers."),
    "l3-ha": ("Routers That Move", "Routers whose gateway another host takes over, or not."),
    "metering": ("Metering", "What is counted of the traffic of routers."),
    "multi-provider": ("Multi Provider Network", "Networks that lie on several physical networks."),
    "net-mtu": ("Network MTU", "The largest packet of a network."),
    "net-mtu-writable": ("Network MTU, Writable", "The largest packet can be set."),
    "network-ip-availability": ("Network IP Availability", "How many addresses networks have left."),
    "network_availability_zone": ("Network Availability Zones", "The zone of each network."),
    "pagination": ("Pagination", "Lists in pages."),
    "port-mac-address-regenerate": ("New MAC Addresses of Ports", "A port that gives up its card's address gets another."),
    "port-security": ("Port Security", "Ports that filter, and those that do not."),
    "port-resource-request": ("Resource Request of Ports", "What a port asks of the host that it is to be on."),
    "port-resource-request-groups": ("Groups of Resource Requests", "What a port asks for, in groups."),
    "project-id": ("project_id", "project_id beside tenant_id."),
    "provider": ("Provider Network", "How a network maps to the physical one."),
    "qos": ("Quality of Service", "Policies for the traffic of ports and networks."),
    "qos-bw-limit-direction": ("Direction of Bandwidth Limits", "Limits for both directions."),
    "qos-bw-minimum-ingress": ("Minimum Bandwidth of What Comes In", "Guaranteed bandwidth in both directions."),
    "qos-default": ("Default Quality of Service", "Policies that new networks of a project follow."),
    "qos-fip": ("Quality of Service of Floating IPs", "Policies for the traffic of floating addresses."),
    "qos-pps": ("Packet Rate Limits", "Limits of packets a second, for both directions."),
    "qos-pps-minimum": ("Minimum Packet Rates", "Packets that a host is to have room for."),
    "qos-pps-minimum-rule-alias": ("Minimum Packet Rates by Their Own Ids", "Such rules without the name of their policy."),
    "qos-rule-type-details": ("Details of QoS Rule Types", "What each kind of rule takes."),
    "qos-rules-alias": ("Rules by Their Own Ids", "Rules of quality without the name of their policy."),
    "quota_details": ("Quota Details", "What a project may have and has."),
    "quotas": ("Quotas", "What a project may have."),
    "rbac-address-group": ("RBAC of Address Groups", "Address groups shared with single projects."),
    "rbac-address-scope": ("RBAC of Address Scopes", "Address scopes shared with single projects."),
    "rbac-policies": ("RBAC Policies", "Things shared with single projects."),
    "rbac-security-groups": ("RBAC of Security Groups", "Security groups shared with single projects."),
    "rbac-subnetpool": ("RBAC of Subnet Pools", "Subnet pools shared with single projects."),
    "revision-if-match": ("Revision If-Match", "Changes that hold only for a known revision."),
    "router": ("Routers", "Routers, their gateways, and floating addresses."),
    "router_availability_zone": ("Router Availability Zones", "The zone of each router."),
    "security-group": ("Security Groups", "What ports let in and out."),
    "security-groups-normalized-cidr": ("Normalized CIDR of Rules", "The range that a rule's prefix stands for."),
    "security-groups-remote-address-group": ("Remote Address Groups", "Rules that speak of address groups."),
    "security-groups-shared-filtering": ("Shared Security Groups", "Whether a security group is shared."),
    "segment": ("Segments", "Where networks lie, one by one, and subnets of single segments."),
    "service-type": ("Service Types", "What provides services."),
    "sorting": ("Sorting", "Lists in order."),
    "standard-attr-description": ("Description", "A description on every resource."),
    "standard-attr-revisions": ("Resource Revision Numbers", "revision_number on every resource."),
    "standard-attr-segment": ("Segments with Standard Attributes", "Times and revisions of segments."),
    "standard-attr-tag": ("Tags", "Tags on every resource."),
    "standard-attr-timestamp": ("Resource Timestamps", "created_at and updated_at on every resource."),
    "stateful-security-group": ("Stateful Security Groups", "Groups that follow connections, and those that do not."),
    "subnet-service-types": ("Subnet Service Types", "Subnets for some kinds of ports."),
    "subnet_allocation": ("Subnet Allocation", "Subnets cut from pools."),
    "tag": ("Tags of Networks", "Tags, by the name that older clients ask for."),
    "tag-ext": ("Tags of More Resources", "Tags, by the name that older clients ask for."),
    "trunk": ("Trunks", "Ports that carry other ports by VLAN."),
    "trunk-details": ("Trunk Details", "What a port that carries others shows of them."),
}
# alias: what a host must say that it carries
_ABILITIES = {
    "dns-domain-ports": dns.ABILITY, "dns-integration": dns.ABILITY, "metering": metering.ABILITY,
    "trunk": trunk_ports.ABILITY, "trunk-details": trunk_ports.ABILITY,
}

RULES = (
    policy.DocumentedRuleDefault(
        "network:extensions:get", "rule:any_token", "List or show extensions",
        [{"method": "GET", "path": "/v2.0/extensions"}]),
)


def _there(request: Request) -> set[str]:
    """The aliases of what behaves on this cloud's hosts."""
    with request.services.database.read() as connection:
        carried = hosts.carried(connection)
    return {alias for alias in EXTENSIONS if alias not in _ABILITIES or _ABILITIES[alias] in carried}


def _view(alias: str) -> dict[str, Any]:
    name, description = EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": description, "updated": _UPDATED, "links": []}


def index(request: Request) -> dict[str, Any]:
    """Every extension."""
    there = _there(request)
    return {"extensions": [_view(alias) for alias in EXTENSIONS if alias in there]}


def show(request: Request) -> dict[str, Any]:
    """One extension; raises NotFound."""
    alias = request.params["alias"]
    if alias not in _there(request):
        raise errors.NotFound(f"Extension with alias {alias} does not exist.", kind="ExtensionNotFound")
    return {"extension": _view(alias)}


ROUTES = (
    Route("GET", "/v2.0/extensions", index, policy="network:extensions:get"),
    Route("GET", "/v2.0/extensions/{alias}", show, policy="network:extensions:get"),
)
