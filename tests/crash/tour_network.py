"""The part of the tour that passes every transaction of the network API beyond networks, subnets and ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.crash.tour import Tour

V2 = "/network/v2.0"


def visit(tour: Tour) -> None:
    """Go through security groups, routers with what is behind them, pools, quotas and tags."""
    network = tour.make(f"{V2}/networks", "tour2", {"network": {"name": "tour2"}}, "networks")
    subnet = tour.make(f"{V2}/subnets", "tour2", {"subnet": {
        "name": "tour2", "network_id": network, "ip_version": 4, "cidr": "10.19.0.0/24"}}, "subnets")
    port = tour.make(f"{V2}/ports", "tour2", {"port": {"name": "tour2", "network_id": network}}, "ports")
    _security(tour)
    _routing(tour, subnet, port)
    _pools(tour)
    _trunks(tour, network, port)
    _metering(tour)
    _topology(tour)
    _bindings(tour, port)
    _placing(tour, network)
    _segments(tour)
    _tags(tour, network)
    for kind, one in (("port", port), ("subnet", subnet), ("network", network)):
        tour.send("DELETE", f"{V2}/{kind}s/{one}")


def _segments(tour: Tour) -> None:
    wired = tour.make(f"{V2}/networks", "wired", {"network": {"name": "wired", "segments": [
        {"provider:network_type": "vlan", "provider:physical_network": "physnet1", "provider:segmentation_id": 77}]}}, "networks")
    segment = tour.make(f"{V2}/segments", "tour", {"segment": {
        "name": "tour", "network_id": wired, "network_type": "vlan", "physical_network": "public", "segmentation_id": 78}}, "segments")
    _change(tour, "segments", "segment", segment)
    tour.send("DELETE", f"{V2}/segments/{segment}")
    tour.send("DELETE", f"{V2}/networks/{wired}")


def _security(tour: Tour) -> None:
    tour.send("GET", f"{V2}/security-groups")
    group = tour.make(f"{V2}/security-groups", "tour", {"security_group": {"name": "tour"}}, "security_groups")
    addresses = tour.make(f"{V2}/address-groups", "tour", {"address_group": {"name": "tour"}}, "address_groups")
    rules = f"{V2}/security-group-rules"
    tour.send("POST", rules, {"security_group_rule": {
        "security_group_id": group, "direction": "ingress", "protocol": "tcp"}})
    rule = next(each["id"] for each in tour.send("GET", f"{rules}?security_group_id={group}")["security_group_rules"]
                if each["direction"] == "ingress")
    tour.send("PUT", f"{rules}/{rule}", {"security_group_rule": {"description": "changed"}})
    tour.send("DELETE", f"{rules}/{rule}")
    _change(tour, "security-groups", "security_group", group)
    _change(tour, "address-groups", "address_group", addresses)
    for how in ("add", "remove"):
        tour.send("PUT", f"{V2}/address-groups/{addresses}/{how}_addresses", {"addresses": ["10.0.0.0/8"]})
    tour.send("DELETE", f"{V2}/address-groups/{addresses}")
    tour.send("DELETE", f"{V2}/security-groups/{group}")


def _routing(tour: Tour, subnet: str, port: str) -> None:
    outside = tour.make(f"{V2}/networks", "outside", {"network": {"name": "outside", "router:external": True}}, "networks")
    beyond = tour.make(f"{V2}/subnets", "outside", {"subnet": {
        "name": "outside", "network_id": outside, "ip_version": 4, "cidr": "203.0.113.0/24"}}, "subnets")
    router = tour.make(f"{V2}/routers", "tour", {"router": {"name": "tour"}}, "routers")
    path = f"{V2}/routers/{router}"
    tour.send("PUT", path, {"router": {"external_gateway_info": {"network_id": outside}}})
    tour.send("PUT", f"{path}/add_router_interface", {"subnet_id": subnet})
    for how in ("add", "remove"):
        tour.send("PUT", f"{path}/{how}_extraroutes", {"router": {"routes": [
            {"destination": "10.20.0.0/16", "nexthop": "10.19.0.9"}]}})
    _floating(tour, outside, port)
    for agent in tour.send("GET", f"{V2}/agents")["agents"][:2]:
        tour.send("POST", f"{V2}/agents/{agent['id']}/l3-routers", {"router_id": router}, may_be=(409,))
        tour.send("DELETE", f"{V2}/agents/{agent['id']}/l3-routers/{router}", may_be=(409,))
    tour.send("PUT", f"{path}/remove_router_interface", {"subnet_id": subnet})
    tour.send("DELETE", path)
    for kind, one in (("subnet", beyond), ("network", outside)):
        tour.send("DELETE", f"{V2}/{kind}s/{one}")


def _floating(tour: Tour, outside: str, port: str) -> None:
    tour.send("POST", f"{V2}/floatingips", {"floatingip": {"floating_network_id": outside}})
    held = [each["id"] for each in tour.send("GET", f"{V2}/floatingips?floating_network_id={outside}")["floatingips"]]
    path = f"{V2}/floatingips/{held[0]}"
    tour.send("POST", f"{path}/port_forwardings", {"port_forwarding": {
        "protocol": "tcp", "external_port": 22, "internal_port": 22, "internal_port_id": port}})
    forwarded = tour.send("GET", f"{path}/port_forwardings")["port_forwardings"][0]["id"]
    tour.send("PUT", f"{path}/port_forwardings/{forwarded}", {"port_forwarding": {"external_port": 23}})
    tour.send("DELETE", f"{path}/port_forwardings/{forwarded}")
    tour.send("PUT", path, {"floatingip": {"port_id": port}})
    for one in held:  # without a key, a request that is sent again may be done again
        tour.send("DELETE", f"{V2}/floatingips/{one}")


def _pools(tour: Tour) -> None:
    pool = tour.make(f"{V2}/subnetpools", "tour", {"subnetpool": {"name": "tour", "prefixes": ["10.30.0.0/16"]}},
                     "subnetpools")
    _change(tour, "subnetpools", "subnetpool", pool)
    tour.send("POST", f"{V2}/rbac-policies", {"rbac_policy": {
        "object_type": "subnetpool", "object_id": pool, "action": "access_as_shared", "target_tenant": "tour"}})
    shared = tour.send("GET", f"{V2}/rbac-policies?object_id={pool}")["rbac_policies"][0]["id"]
    tour.send("PUT", f"{V2}/rbac-policies/{shared}", {"rbac_policy": {"target_tenant": "other"}})
    tour.send("DELETE", f"{V2}/rbac-policies/{shared}")
    tour.send("DELETE", f"{V2}/subnetpools/{pool}")
    scope = tour.make(f"{V2}/address-scopes", "tour", {"address_scope": {"name": "tour", "ip_version": 4}},
                      "address_scopes")
    tour.send("PUT", f"{V2}/address-scopes/{scope}", {"address_scope": {"name": "tour"}})
    tour.send("DELETE", f"{V2}/address-scopes/{scope}")
    policy = tour.make(f"{V2}/qos/policies", "tour", {"policy": {"name": "tour"}}, "policies")
    tour.send("PUT", f"{V2}/qos/policies/{policy}", {"policy": {"description": "changed"}})
    rules = f"{V2}/qos/policies/{policy}/bandwidth_limit_rules"
    tour.send("POST", rules, {"bandwidth_limit_rule": {"max_kbps": 1000}}, may_be=(409,))
    rule = tour.send("GET", rules)["bandwidth_limit_rules"][0]["id"]
    tour.send("PUT", f"{rules}/{rule}", {"bandwidth_limit_rule": {"max_kbps": 2000}})
    tour.send("DELETE", f"{rules}/{rule}")
    tour.send("DELETE", f"{V2}/qos/policies/{policy}")
    tour.send("PUT", f"{V2}/quotas/{tour.project_id}", {"quota": {"router": 50}})
    tour.send("DELETE", f"{V2}/quotas/{tour.project_id}")


def _trunks(tour: Tour, network: str, port: str) -> None:
    carrier = tour.make(f"{V2}/ports", "carrier", {"port": {"name": "carrier", "network_id": network}}, "ports")
    trunk = tour.make(f"{V2}/trunks", "tour", {"trunk": {"name": "tour", "port_id": carrier}}, "trunks")
    _change(tour, "trunks", "trunk", trunk)
    sub_port = {"port_id": port, "segmentation_type": "vlan", "segmentation_id": 5}
    tour.send("PUT", f"{V2}/trunks/{trunk}/add_subports", {"sub_ports": [sub_port]})
    tour.send("PUT", f"{V2}/trunks/{trunk}/remove_subports", {"sub_ports": [sub_port]})
    tour.send("DELETE", f"{V2}/trunks/{trunk}")
    tour.send("DELETE", f"{V2}/ports/{carrier}")


def _metering(tour: Tour) -> None:
    labels, rules = f"{V2}/metering/metering-labels", f"{V2}/metering/metering-label-rules"
    label = tour.make(labels, "tour", {"metering_label": {"name": "tour"}}, "metering_labels")
    tour.send("POST", rules, {"metering_label_rule": {
        "metering_label_id": label, "remote_ip_prefix": "10.0.0.0/8"}}, may_be=(409,))
    rule = tour.send("GET", f"{rules}?metering_label_id={label}")["metering_label_rules"][0]["id"]
    tour.send("DELETE", f"{rules}/{rule}")
    tour.send("DELETE", f"{labels}/{label}")


def _topology(tour: Tour) -> None:
    outside = tour.make(f"{V2}/networks", "default", {"network": {
        "name": "default", "router:external": True, "is_default": True}}, "networks")
    beyond = tour.make(f"{V2}/subnets", "default", {"subnet": {
        "name": "default", "network_id": outside, "ip_version": 4, "cidr": "203.0.114.0/24"}}, "subnets")
    pool = tour.make(f"{V2}/subnetpools", "default", {"subnetpool": {
        "name": "default", "prefixes": ["10.31.0.0/16"], "is_default": True, "default_prefixlen": 26}}, "subnetpools")
    path = f"{V2}/auto-allocated-topology/{tour.project_id}"
    tour.send("GET", path)
    tour.send("DELETE", path)
    for kind, one in (("subnetpool", pool), ("subnet", beyond), ("network", outside)):
        tour.send("DELETE", f"{V2}/{kind}s/{one}")


def _bindings(tour: Tour, port: str) -> None:
    path = f"{V2}/ports/{port}"
    tour.send("PUT", path, {"port": {"device_owner": "compute:elsewhere"}})
    tour.send("POST", f"{path}/bindings", {"binding": {"host": "moon"}})
    tour.send("PUT", f"{path}/bindings/moon", {"binding": {"profile": {"a": "b"}}})
    tour.send("PUT", f"{path}/bindings/moon/activate")
    tour.send("DELETE", f"{path}/bindings/moon")


def _placing(tour: Tour, network: str) -> None:
    agent = tour.send("GET", f"{V2}/agents")["agents"][0]["id"]
    for is_up in (False, True):
        tour.send("PUT", f"{V2}/agents/{agent}", {"agent": {"admin_state_up": is_up}})
    tour.send("POST", f"{V2}/agents/{agent}/dhcp-networks", {"network_id": network}, may_be=(409,))
    tour.send("DELETE", f"{V2}/agents/{agent}/dhcp-networks/{network}", may_be=(409,))


def _tags(tour: Tour, network: str) -> None:
    path = f"{V2}/networks/{network}/tags"
    tour.send("PUT", f"{path}/one")
    tour.send("DELETE", f"{path}/one")
    tour.send("PUT", path, {"tags": ["one", "two"]})
    tour.send("DELETE", path)


def _change(tour: Tour, collection: str, kind: str, one: str) -> None:
    body: dict[str, Any] = {kind: {"description": "changed"}}
    tour.send("PUT", f"{V2}/{collection}/{one}", body)
