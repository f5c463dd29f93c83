"""Every row of the table's second half, as a scene: what is there, what is asked, and how it must end."""

import dataclasses
import io
import threading
import unittest
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
import webob

from cumulo.common import errors
from cumulo.common.db.tables.compute import service_status
from cumulo.common.flows.conflicts import ALLOWED, CANCELS, QUEUED, REFUSED, THINGS
from cumulo.common.operations import store
from cumulo.compute import servers
from cumulo.network import agents
from cumulo.scheduler import facts
from tests.fixtures import rows
from tests.fixtures.meetings import Change, World
from tests.fixtures.personas import MARKER, PASSWORD, PUBLIC_KEY

NETWORK, IMAGE = "/network/v2.0", "/image/v2/images"
METADEFS = "/image/v2/metadefs/namespaces"
WEB = {"method": {"name": "web-download", "uri": "http://example.org/disk"}}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
OCTETS = {"Content-Type": "application/octet-stream"}
Check = Callable[[World, list[webob.Response]], Any]


@dataclasses.dataclass(frozen=True)
class Scene:
    """One row played: `met` comes first in one order and last in the other, None where it is there already.

    refused names what a refusal must say; reverse the statuses (met, asked) when asked comes first.
    """

    asked: Change
    met: Change | None = None
    refused: str = ""
    status: int = 409
    reverse: tuple[int, int] = (0, 0)
    check: Check = lambda world, answers: None


Key = tuple[str, str]


def scene_of(world: World, key: Key) -> Scene:
    """Return the scene of a row, in a world that is as new."""
    for part in PARTS:
        found = part(world).get(key)
        if found is not None:
            return found
    raise KeyError(f"no scene for {key}")


def _networks(world: World) -> dict[Key, Scene]:
    admin, own = world.admin, world.owned
    made = world.ask("POST", f"{NETWORK}/networks", {"network": {"name": "n"}}).json["network"]["id"]
    subnet = world.ask("POST", f"{NETWORK}/subnets", {"subnet": {
        "network_id": made, "cidr": "10.9.0.0/24", "ip_version": 4}}).json["subnet"]["id"]
    ports = {port["device_owner"]: port["id"] for port in world.ask("GET", f"{NETWORK}/ports").json["ports"]
             if port["network_id"] == own["network_id"]}

    def make_port(**more: Any) -> Change:
        return lambda: world.ask("POST", f"{NETWORK}/ports", {"port": {"network_id": made, **more}})

    def addresses_differ(world: World, answers: list[webob.Response]) -> bool:
        return len({each.json["port"]["fixed_ips"][0]["ip_address"] for each in answers}) == 2

    fixed = make_port(fixed_ips=[{"ip_address": "10.9.0.77"}])
    return {
        ("delete a network", "a port in it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/networks/{made}"), make_port(), "NetworkInUse", reverse=(404, 204)),
        ("delete a subnet", "an address of it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/subnets/{subnet}"), make_port(), "SubnetInUse", reverse=(201, 204)),
        ("change or delete a port", "DHCP on it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/ports/{ports['network:dhcp']}"), refused="ServicePortInUse"),
        ("change a port's device", "the server it was made with"): Scene(
            lambda: world.ask("PUT", f"{NETWORK}/ports/{ports['compute:nova']}", {"port": {"device_id": "another"}}),
            refused=own["server_id"]),
        ("delete a port", "its server, settled"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/ports/{ports['compute:nova']}"), check=drops_the_card),
        ("create a port", "its address on a port"): Scene(fixed, fixed, "10.9.0.77", reverse=(409, 201)),
        ("create a port", "another port's creation"): Scene(make_port(), make_port(), check=addresses_differ),
        ("create a network", "a network of that name"): Scene(
            *(2 * [lambda: world.ask("POST", f"{NETWORK}/networks", {"network": {"name": "twin"}})]),
            check=lambda world, answers: len(world.ask("GET", f"{NETWORK}/networks?name=twin", token=admin).json[
                "networks"]) == 2),
    }


def _security(world: World) -> dict[Key, Scene]:
    group = f"{NETWORK}/security-groups/{world.owned['security_group_id']}"
    addresses = f"{NETWORK}/address-groups/{world.owned['address_group_id']}"

    def rule(**more: Any) -> Change:
        return lambda: world.ask("POST", f"{NETWORK}/security-group-rules", {"security_group_rule": {
            "security_group_id": world.owned["security_group_id"], "direction": "ingress", **more}})

    web = rule(protocol="tcp", port_range_min=80, port_range_max=80)
    return {
        ("delete a security group", "a port in it"): Scene(
            lambda: world.ask("DELETE", group), lambda: world.ask("POST", f"{NETWORK}/ports", {"port": {
                "network_id": world.owned["network_id"], "security_groups": [world.owned["security_group_id"]]}}),
            "SecurityGroupInUse", reverse=(404, 204)),
        ("create a security group rule", "the same rule"): Scene(
            web, web, "SecurityGroupRuleExists", reverse=(409, 201)),
        ("delete an address group", "a rule that speaks of it"): Scene(
            lambda: world.ask("DELETE", addresses),
            rule(remote_address_group_id=world.owned["address_group_id"]), "AddressGroupInUse", reverse=(404, 204)),
    }


def _routing(world: World) -> dict[Key, Scene]:
    own, outside = world.owned, world.cloud.external
    router, floating = f"{NETWORK}/routers/{own['router_id']}", f"{NETWORK}/floatingips"
    port = world.ask("POST", f"{NETWORK}/ports", {"port": {"network_id": own["network_id"]}}).json["port"]["id"]
    lone = world.ask("POST", f"{NETWORK}/routers", {"router": {}}).json["router"]["id"]
    world.cloud.ok("DELETE", f"{floating}/{own['floatingip_id']}/port_forwardings/{own['port_forwarding_id']}",
                   token=world.member)

    def stand(port_id: str = port) -> Change:
        return lambda: world.ask("POST", floating, {"floatingip": {
            "floating_network_id": outside, "port_id": port_id}})

    def door() -> webob.Response:
        subnet = world.ask("POST", f"{NETWORK}/subnets", {"subnet": {
            "network_id": own["network_id"], "cidr": "10.68.0.0/24", "ip_version": 4}}).json["subnet"]["id"]
        return world.ask("PUT", f"{NETWORK}/routers/{lone}/add_router_interface", {"subnet_id": subnet})

    world.cloud.ok("PUT", f"{NETWORK}/quotas/{world.cloud.owner}", {"quota": {"router": 3}})

    world.cloud.ok("PUT", f"{NETWORK}/networks/{outside}", {"network": {"is_default": True}})
    world.cloud.ok("POST", f"{NETWORK}/subnetpools", {"subnetpool": {
        "prefixes": ["10.94.0.0/16"], "is_default": True, "default_prefixlen": 26}})

    def topology() -> webob.Response:
        return world.ask("GET", f"{NETWORK}/auto-allocated-topology/{world.cloud.owner}")

    with world.database.write() as connection:
        connection.execute(sa.insert(service_status).values(
            id="agent", host="h3", kind="network", started_at=1.0, last_seen=1.0, facts={}))

    role = agents.role_id("agent", agents.DHCP)

    def placed() -> webob.Response:
        return world.ask("POST", f"{NETWORK}/agents/{role}/dhcp-networks", {"network_id": own["network_id"]}, token=world.admin)

    def may_move() -> webob.Response:
        held = next(each["id"] for each in world.ask("GET", f"{NETWORK}/ports").json["ports"]
                    if each["device_owner"] == "compute:nova")
        return world.ask("POST", f"{NETWORK}/ports/{held}/bindings", {"binding": {"host": "h2"}}, token=world.admin)

    def count() -> webob.Response:
        return world.ask("POST", f"{NETWORK}/metering/metering-label-rules", {"metering_label_rule": {
            "metering_label_id": own["metering_label_id"], "remote_ip_prefix": "10.95.0.0/16"}}, token=world.admin)

    flavor = f"{NETWORK}/flavors/{own['network_flavor_id']}"
    profile = world.ask("POST", f"{NETWORK}/service_profiles", {"service_profile": {"driver": "distributed"}},
                        token=world.admin).json["service_profile"]["id"]

    def more() -> webob.Response:
        return world.ask("POST", f"{flavor}/service_profiles", {"service_profile": {"id": profile}}, token=world.admin)

    def join_scope() -> webob.Response:
        return world.ask("POST", f"{NETWORK}/subnetpools", {"subnetpool": {
            "prefixes": ["10.97.0.0/16"], "address_scope_id": own["address_scope_id"]}})

    def carry() -> webob.Response:
        return world.ask("POST", f"{NETWORK}/trunks", {"trunk": {"port_id": port}})

    def bind_carrier() -> webob.Response:
        carrier = next(each["id"] for each in world.ask("GET", f"{NETWORK}/ports").json["ports"]
                       if each["name"].startswith("carrier-"))
        return world.ask("PUT", f"{NETWORK}/ports/{carrier}", {"port": {"binding:host_id": "h1"}}, token=world.admin)

    def last_room() -> webob.Response:
        return world.ask("POST", f"{NETWORK}/routers", {"router": {}})

    def share(object_id: str = own["network_id"]) -> webob.Response:
        return world.ask("POST", f"{NETWORK}/rbac-policies", {"rbac_policy": {
            "object_type": "network", "object_id": object_id, "action": "access_as_shared",
            "target_tenant": world.cloud.other}})

    given = world.ask("POST", f"{NETWORK}/networks", {"network": {}}).json["network"]["id"]
    ends = share(given).json["rbac_policy"]["id"]

    policy = f"{NETWORK}/qos/policies/{own['qos_policy_id']}"

    def mark() -> webob.Response:
        return world.ask("POST", f"{policy}/dscp_marking_rules", {"dscp_marking_rule": {"dscp_mark": 26}})

    def served() -> webob.Response:
        return world.compute("POST", "/servers", {"server": {
            "name": "new", "imageRef": own["image_id"], "flavorRef": own["flavor_id"], "networks": [{"port": port}]}})

    def tag(name: str) -> Change:
        return lambda: world.ask("PUT", f"{NETWORK}/networks/{own['network_id']}/tags/{name}")

    def stands_for_nothing(world: World, answers: list[webob.Response]) -> bool:
        held = world.ask("GET", floating).json["floatingips"]
        return all(each["port_id"] is None for each in held)

    return {
        ("create in a network quota", "its last room"): Scene(last_room, last_room, "OverQuota", reverse=(409, 201)),
        ("delete a router", "a network behind it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/routers/{lone}"), door, "RouterInUse", reverse=(404, 204)),
        ("take a router's gateway", "a floating address behind it"): Scene(
            lambda: world.ask("PUT", router, {"router": {"external_gateway_info": None}}), stand(),
            "RouterExternalGatewayInUseByFloatingIp", reverse=(404, 200)),
        ("take a network from a router", "a floating address behind it"): Scene(
            lambda: world.ask("PUT", f"{router}/remove_router_interface", {"subnet_id": own["subnet_id"]}), stand(),
            "RouterInterfaceInUseByFloatingIP", reverse=(404, 200)),
        ("give a port a floating address", "another that stands for it"): Scene(
            stand(), stand(), "FloatingIPPortAlreadyAssociated", reverse=(409, 201)),
        ("delete a port", "a floating address that stands for it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/ports/{port}"), check=stands_for_nothing),
        ("delete a subnet pool", "a subnet of it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/subnetpools/{own['subnetpool_id']}"),
            lambda: world.ask("POST", f"{NETWORK}/subnets", {"subnet": {
                "network_id": own["network_id"], "ip_version": 4, "subnetpool_id": own["subnetpool_id"], "prefixlen": 24}}),
            "SubnetPoolDeleteError", reverse=(404, 204)),
        ("delete a QoS policy", "a port that follows it"): Scene(
            lambda: world.ask("DELETE", policy), lambda: world.ask("POST", f"{NETWORK}/ports", {"port": {
                "network_id": own["network_id"], "qos_policy_id": own["qos_policy_id"]}}),
            "QosPolicyInUse", reverse=(404, 204)),
        ("create a QoS rule", "one of its kind"): Scene(mark, mark, "QoSRulesConflict", reverse=(409, 201)),
        ("share a thing", "the same policy"): Scene(share, share, "DuplicatePolicy", reverse=(409, 201)),
        ("end a share", "what a project made of it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/rbac-policies/{ends}"), lambda: world.ask("POST", f"{NETWORK}/ports", {
                "port": {"network_id": given}}, token=world.cloud.personas["other member"].token or ""),
            "RbacPolicyInUse", reverse=(404, 204)),
        ("place a network on a host", "the same host"): Scene(
            placed, placed, "NetworkHostedByDHCPAgent", reverse=(409, 201)),
        ("let a port move to a host", "the same host"): Scene(
            may_move, may_move, "PortBindingAlreadyExists", reverse=(409, 201)),
        ("get a topology", "the same, asked for at once"): Scene(
            topology, topology, check=lambda world, answers: len({each.text for each in answers}) == 1),
        ("delete a network flavor", "a router of it"): Scene(
            lambda: world.ask("DELETE", flavor, token=world.admin), lambda: world.ask("POST", f"{NETWORK}/routers", {
                "router": {"flavor_id": own["network_flavor_id"]}}), "FlavorInUse", reverse=(404, 204)),
        ("give a network flavor a profile", "the same profile"): Scene(
            more, more, "FlavorServiceProfileBindingExists", reverse=(409, 201)),
        ("change or delete a service profile", "a network flavor with it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/service_profiles/{profile}", token=world.admin), more, "ServiceProfileInUse", reverse=(404, 204)),
        ("create a metering rule", "one that counts the same"): Scene(
            count, count, "MeteringLabelRuleOverlaps", reverse=(409, 201)),
        ("delete an address scope", "a subnet pool of it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/address-scopes/{own['address_scope_id']}"), join_scope,
            "AddressScopeInUse", reverse=(404, 204)),
        ("put a pool into an address scope", "another pool with its prefixes"): Scene(
            join_scope, join_scope, "AddressScopePrefixConflict", reverse=(409, 201)),
        ("delete a port", "the trunk that it is part of"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/ports/{port}"), carry, "PortInUseAsTrunkParent", reverse=(404, 204)),
        ("put a port into a trunk", "another trunk"): Scene(carry, carry, "ParentPortInUse", reverse=(409, 201)),
        ("delete a trunk", "the server that has it"): Scene(
            lambda: world.ask("DELETE", f"{NETWORK}/trunks/{own['trunk_id']}"), bind_carrier, "TrunkInUse",
            reverse=(200, 204)),
        ("create a server", "another one with its port"): Scene(
            served, served, "still in use", reverse=(409, 202)),
        ("tag a network", "another tag"): Scene(tag("a"), tag("b"), check=lambda world, answers: {"a", "b"} <= set(
            world.ask("GET", f"{NETWORK}/networks/{own['network_id']}").json["network"]["tags"])),
    }


def _servers(world: World) -> dict[Key, Scene]:
    path, own = f"/servers/{world.owned['server_id']}", world.owned

    def flavor() -> webob.Response:
        return world.compute("POST", "/flavors", {"flavor": {"name": "twin", "ram": 1, "vcpus": 1, "disk": 0}},
                             token=world.admin)

    def shows(part: str, *wanted: str) -> Check:
        return lambda world, answers: set(wanted) <= set(world.compute("GET", path).json["server"][part])

    def keypair() -> webob.Response:
        return world.compute("POST", "/os-keypairs", {"keypair": {"name": "twin", "public_key": PUBLIC_KEY}})

    def last_room() -> webob.Response:
        world.cloud.api.conf.set_override("quota_instances", 2, "servers")
        return world.new_server()

    return {
        ("delete a flavor", "a server of it"): Scene(
            lambda: world.compute("DELETE", f"/flavors/{own['flavor_id']}", token=world.admin), check=starts_again),
        ("delete a keypair", "a server with it"): Scene(
            lambda: world.compute("DELETE", f"/os-keypairs/{own['name']}"), check=starts_again),
        ("create a server", "a server of that name"): Scene(
            world.new_server, world.new_server,
            check=lambda world, answers: len({each.json["server"]["id"] for each in answers}) == 2),
        ("create a server", "the last room in the quota"): Scene(
            last_room, last_room, "Quota exceeded", 403, reverse=(403, 202)),
        ("create a keypair", "a keypair of that name"): Scene(keypair, keypair, "twin", reverse=(409, 201)),
        ("create a flavor", "a flavor of that name"): Scene(flavor, flavor, "twin", reverse=(409, 200)),
        ("change a server's metadata", "another such change"): Scene(
            lambda: world.compute("POST", f"{path}/metadata", {"metadata": {"a": "1"}}),
            lambda: world.compute("POST", f"{path}/metadata", {"metadata": {"b": "1"}}),
            check=shows("metadata", "a", "b")),
        ("tag a server", "another tag"): Scene(
            lambda: world.compute("PUT", f"{path}/tags/a"), lambda: world.compute("PUT", f"{path}/tags/b"),
            check=shows("tags", "a", "b")),
    }


def _images(world: World) -> dict[Key, Scene]:
    image = f"{IMAGE}/{world.owned['image_id']}"

    def patch(name: str) -> Change:
        body = [{"op": "add", "path": f"/{name}", "value": "1"}]
        return lambda: world.ask("PATCH", image, body, **PATCH)

    def twin() -> webob.Response:
        return world.ask("POST", IMAGE, {"name": "twin", "id": "11111111-2222-4333-8444-555555555555"})

    def namespace() -> webob.Response:
        return world.ask("POST", METADEFS, {"namespace": "twin"}, token=world.admin)

    def tag(name: str) -> Change:
        return lambda: world.ask("POST", f"{METADEFS}/{world.owned['namespace']}/tags/{name}", token=world.admin)

    waiting = world.ask("POST", IMAGE, {"name": "empty", "disk_format": "raw", "container_format": "bare"}).json["id"]

    def begin() -> webob.Response:
        return world.ask("POST", f"{IMAGE}/{waiting}/import", WEB)

    return {
        ("import an image", "its import"): Scene(begin, begin, waiting, reverse=(409, 202)),
        ("upload an image", "its import"): Scene(
            lambda: world.ask("PUT", f"{IMAGE}/{waiting}/file", b"data", **OCTETS), begin, waiting, reverse=(409, 204)),
        ("create metadata definitions", "a namespace of that name"): Scene(
            namespace, namespace, "twin", reverse=(409, 201)),
        ("add to metadata definitions", "another addition"): Scene(
            tag("a"), tag("b"), check=lambda world, answers: {"a", "b"} <= {each["name"] for each in world.ask(
                "GET", f"{METADEFS}/{world.owned['namespace']}/tags").json["tags"]}),
        ("delete an image", "a server of it, settled"): Scene(lambda: world.ask("DELETE", image), check=starts_again),
        ("create an image", "an image of that id"): Scene(twin, twin, "11111111-2222", reverse=(409, 201)),
        ("change an image", "another such change"): Scene(
            patch("a"), patch("b"), check=lambda world, answers: {"a", "b"} <= world.ask("GET", image).json.keys()),
    }


def _identity(world: World) -> dict[Key, Scene]:
    cloud, v3 = world.cloud, "/identity/v3"
    user = cloud.users["owner member"]
    project = world.ask("POST", f"{v3}/projects", {"project": {"name": "empty", "domain_id": cloud.home}},
                        token=world.admin).json["project"]["id"]
    cloud.ok("PUT", f"{v3}/projects/{project}/users/{user}/roles/{cloud.roles['member']}")
    token = str(world.ask("POST", f"{v3}/auth/tokens", {"auth": {"identity": {"methods": ["password"], "password": {
        "user": {"id": user, "password": PASSWORD}}}, "scope": {"project": {"id": project}}}},
        token=world.admin).headers["X-Subject-Token"])

    def create(kind: str) -> Change:
        return lambda: world.ask("POST", f"{v3}/{kind}s", {kind: {"name": f"twin-{MARKER}"}}, token=world.admin)

    def put_in() -> webob.Response:
        return world.ask("POST", f"{NETWORK}/networks", {"network": {"name": "n"}}, token=token)

    def delete() -> webob.Response:
        return world.ask("DELETE", f"{v3}/projects/{project}", token=world.admin)

    image = world.ask("POST", "/image/v2/images", {"name": "i"}, token=token).json["id"]

    def below() -> webob.Response:
        return world.ask("POST", f"{v3}/projects", {"project": {"name": "below", "parent_id": project}},
                         token=world.admin)

    def imply(prior: str, after: str) -> Change:
        return lambda: world.ask("PUT", f"{v3}/roles/{prior}/implies/{after}", token=world.admin)

    def tag(name: str) -> Change:
        return lambda: world.ask("PUT", f"{v3}/projects/{project}/tags/{name}", token=world.admin)

    roles = [world.ask("POST", f"{v3}/roles", {"role": {"name": name}}, token=world.admin).json["role"]["id"]
             for name in ("first", "second")]
    return {
        ("delete a project", "what it has"): Scene(delete, put_in, "1 network", reverse=(401, 204)),
        ("delete a project", "images of its own"): Scene(delete, check=lambda world, answers: 404 == world.ask(
            "GET", f"/image/v2/images/{image}", token=world.admin).status_int),
        ("create in a project", "its deletion"): Scene(put_in, delete, "", 401, reverse=(409, 201)),
        ("create a project", "a project of that name"): Scene(
            create("project"), create("project"), "name", reverse=(409, 201)),
        ("create a user", "a user of that name"): Scene(create("user"), create("user"), "name", reverse=(409, 201)),
        ("create a group", "a group of that name"): Scene(create("group"), create("group"), "name", reverse=(409, 201)),
        ("create a project below another", "the other's deletion"): Scene(
            below, delete, "Could not find project", 400, reverse=(403, 201)),
        ("delete a project", "one below it"): Scene(delete, below, "not a leaf", 403, reverse=(400, 204)),
        ("let a role imply another", "the same the other way round"): Scene(
            imply(*roles), imply(*reversed(roles)), "cannot imply one another", 400, reverse=(400, 201)),
        ("tag a project", "another tag"): Scene(tag("a"), tag("b"), check=lambda world, answers: {"a", "b"} <= set(
            world.ask("GET", f"{v3}/projects/{project}", token=world.admin).json["project"]["tags"])),
    }


def _shelved(world: World) -> dict[Key, Scene]:
    """The row of a server that is shelved: the last part, as the others need it as it is."""
    path = f"/servers/{world.owned['server_id']}"
    world.set_server(status="ACTIVE")
    world.cloud.ok("POST", f"/compute/v2.1{path}/action", {"shelve": None}, token=world.member)
    world.settle()
    with world.database.read() as connection:
        image = servers.get_server(connection, world.owned["server_id"])["shelved_image_id"]
    return {
        ("delete an image", "a server that is shelved as it"): Scene(
            lambda: world.ask("DELETE", f"{IMAGE}/{image}"), refused=world.owned["server_id"]),
    }


def _volumes(world: World) -> dict[Key, Scene]:
    v3, admin, spare = "/volume/v3", world.admin, world.owned["spare_volume_id"]
    offered = world.ask("POST", f"{v3}/os-volume-transfer", {"transfer": {"volume_id": spare}}).json["transfer"]
    taken = f"{v3}/os-volume-transfer/{offered['id']}/accept", {"accept": {"auth_key": offered["auth_key"]}}
    plain = world.owned["plain_volume_id"]
    return {
        ("take a volume that is offered", "another taker"): Scene(
            lambda: world.ask("POST", *taken, token=admin), lambda: world.ask("POST", *taken), offered["id"], 404,
            (404, 202)),
        **_volume_groups(world),
        ("offer a volume", "its deletion"): Scene(
            lambda: world.ask("POST", f"{v3}/os-volume-transfer", {"transfer": {"volume_id": plain}}),
            lambda: world.ask("DELETE", f"{v3}/volumes/{plain}"), "deleting", 400, (400, 202)),
    }


def _volume_groups(world: World) -> dict[Key, Scene]:
    v3, own = "/volume/v3", world.owned
    body = {"group": {"group_type": own["group_type_id"], "volume_types": [own["type_id"]]}}
    empty = world.ask("POST", f"{v3}/groups", body).json["group"]["id"]
    return {
        ("delete a volume", "the group that it is in"): Scene(
            lambda: world.ask("DELETE", f"{v3}/volumes/{own['grouped_volume_id']}"), refused=own["volume_group_id"], status=400),
        ("put a volume into a group", "its deletion"): Scene(
            lambda: world.ask("PUT", f"{v3}/groups/{empty}", {"group": {"add_volumes": own["typed_volume_id"]}}),
            lambda: world.ask("DELETE", f"{v3}/volumes/{own['typed_volume_id']}"), "deleting", 400, (400, 202)),
        ("delete a group", "a volume's creation in it"): Scene(
            lambda: world.ask("POST", f"{v3}/groups/{empty}/action", {"delete": {}}),
            lambda: world.ask("POST", f"{v3}/volumes", {"volume": {"size": 1, "volume_type": own["type_id"], "group_id": empty}}),
            "has volumes", 400, (404, 202)),
    }


PARTS = (_servers, _images, _networks, _identity, _security, _routing, _volumes, _shelved)


def starts_again(world: World, answers: list[webob.Response]) -> bool:
    """Say whether the server can still be stopped and started, and its agent be told what to start."""
    for body, status in (({"os-stop": None}, "SHUTOFF"), ({"os-start": None}, "ACTIVE")):
        answer = world.compute("POST", f"/servers/{world.owned['server_id']}/action", body)
        world.settle()
        if answer.status_int != 202 or world.outcome(world.owned["server_id"])["status"] != status:
            return False
    with world.database.read() as connection:
        return facts.server_facts(connection, world.owned["server_id"], facts.no_access)["image"] is not None


def drops_the_card(world: World, answers: list[webob.Response]) -> bool:
    """Say whether the server that runs lost the card of the port, and can still be stopped and started."""
    running = world.outcome(world.owned["server_id"])["running"]
    world.settle()
    return running == "drop_card" and world.outcome(world.owned["server_id"])["ports"] == 0 and starts_again(world, answers)


class SlowBody(io.RawIOBase):
    """The body of an upload that stops half way until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._parts = [b"x" * 300, b"x" * 300]

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give the first part at once, the second when told."""
        if len(self._parts) == 1:
            self.begun.set()
            self.go_on.wait(20)
        part = self._parts.pop(0) if self._parts else b""
        buffer[:len(part)] = part
        return len(part)


# Met in the middle: played by tests of their own.
UPLOADS = {("delete an image", "an upload"), ("upload an image", "an upload"), ("delete an image", "its import")}


class ThingsTest(unittest.TestCase):
    """The rows of THINGS."""

    repeats = 1
    "How often two changes are made at once: more where transactions really run at once."

    def tearDown(self) -> None:
        World().cloud.api.conf.clear_override("quota_instances", "servers")

    def test_every_row_has_its_scene(self) -> None:
        world = World()
        played = [key for part in PARTS for key in part(world)]
        self.assertEqual(sorted(THINGS), sorted([*played, *UPLOADS]))

    def test_what_is_met_comes_first(self) -> None:
        for key, meeting in THINGS.items():
            if key in UPLOADS:
                continue
            with self.subTest(asked=key[0], met=key[1]):
                world = World()
                scene = scene_of(world, key)
                first = scene.met() if scene.met else None
                before = rows.dump(world.database)
                answer = scene.asked()
                if meeting.verdict is REFUSED:
                    self.assertEqual(scene.status, answer.status_int, answer.text)
                    self.assertIn(scene.refused, answer.text)
                    self.assertEqual({}, rows.difference(before, rows.dump(world.database)))
                else:
                    self.assertIn(meeting.verdict, (ALLOWED, QUEUED))
                    self.assertLess(answer.status_int, 300, answer.text)
                    self.assertIsNot(False, scene.check(world, [answer, first] if first is not None else [answer]))
                if first is not None:
                    self.assertLess(first.status_int, 300, first.text)

    def test_what_is_asked_comes_first(self) -> None:
        for key, meeting in THINGS.items():
            world = World()
            scene = None if key in UPLOADS else scene_of(world, key)
            if scene is None or scene.met is None:
                continue
            with self.subTest(asked=key[0], met=key[1]):
                asked, met = world.in_turn(scene.asked, scene.met)
                self.check_both(meeting.verdict, scene, world, met, asked, [scene.reverse])

    def test_at_once(self) -> None:
        for key, meeting in THINGS.items():
            for _ in range(self.repeats):
                world = World()
                scene = None if key in UPLOADS else scene_of(world, key)
                if scene is None or scene.met is None:
                    break
                with self.subTest(asked=key[0], met=key[1]):
                    # Met first: what it answers then is what it answers to nobody in its way.
                    met, asked = world.at_once(scene.met, scene.asked)
                    wins = met.status_int if met.status_int < 300 else 0
                    orders = [(wins, scene.status), scene.reverse]
                    if 401 in (scene.status, *scene.reverse):  # the token had been looked at: then it is a 409
                        orders += [(wins, 409), (409, scene.reverse[1])]
                    self.check_both(meeting.verdict, scene, world, met, asked, orders)

    def check_both(self, verdict: Any, scene: Scene, world: World, met: webob.Response, asked: webob.Response,
                   orders: list[tuple[int, int]]) -> None:
        """Check two answers: both well where the table lets both be, one of the orders where it does not."""
        text = f"{met.text} {asked.text}"
        if verdict is REFUSED:
            self.assertIn((met.status_int, asked.status_int), orders, text)
        else:
            self.assertLess(max(met.status_int, asked.status_int), 300, text)
            self.assertIsNot(False, scene.check(world, [met, asked]), text)

    def test_a_project_deleted_after_the_token_was_looked_at_takes_nothing_more(self) -> None:
        world = World()
        _, tokens = _identity(world), world.cloud.api.services.tokens
        project = world.ask("GET", "/identity/v3/projects?name=empty", token=world.admin).json["projects"][0]["id"]
        with world.database.write() as connection:
            tokens.hold(connection, project)
        self.assertEqual(204, world.ask("DELETE", f"/identity/v3/projects/{project}", token=world.admin).status_int)
        with self.assertRaises(errors.Conflict) as caught, world.database.write() as connection:
            tokens.hold(connection, project)
        self.assertIn(project, caught.exception.message)

    def test_a_domain_is_deleted_when_its_projects_have_nothing(self) -> None:
        world = World()
        domain = f"/identity/v3/domains/{world.cloud.home}"
        world.cloud.ok("PATCH", domain, {"domain": {"enabled": False}})
        answer = world.ask("DELETE", domain, token=world.admin)
        self.assertEqual(409, answer.status_int)
        self.assertIn("1 network, 4 ports, 1 router, 1 floating IP", answer.text)

    def test_uploads(self) -> None:
        """An upload that runs refuses another, and is ended by the image's deletion; nothing of its data is left."""
        self.assertEqual([CANCELS, CANCELS, REFUSED], [THINGS[key].verdict for key in sorted(UPLOADS)])
        world = World()
        image = world.ask("POST", IMAGE, {"name": "slow", "disk_format": "raw", "container_format": "bare"}).json["id"]
        body, answers = SlowBody(), list[webob.Response]()
        upload = threading.Thread(target=lambda: answers.append(self.upload(world, image, body)))
        upload.start()
        self.assertTrue(body.begun.wait(20))
        second = world.ask("PUT", f"{IMAGE}/{image}/file", b"more", **OCTETS)
        self.assertEqual(409, second.status_int)
        self.assertIn("saving", second.text)
        self.assertEqual(204, world.ask("DELETE", f"{IMAGE}/{image}").status_int)
        body.go_on.set()
        upload.join(20)
        self.assertEqual(410, answers[0].status_int, answers[0].text)
        self.assertEqual(404, world.ask("PUT", f"{IMAGE}/{image}/file", b"late", **OCTETS).status_int)

    def test_an_import(self) -> None:
        """The deletion of its image cancels it, at whatever step it is."""
        world = World()
        image = world.ask("POST", IMAGE, {"name": "empty", "disk_format": "raw", "container_format": "bare"}).json["id"]
        self.assertEqual(202, world.ask("POST", f"{IMAGE}/{image}/import", WEB).status_int)
        self.assertEqual(204, world.ask("DELETE", f"{IMAGE}/{image}").status_int)
        with world.database.read() as connection:
            running = store.active(connection, image)
        self.assertTrue(running is not None and running["cancel"])

    def upload(self, world: World, image: str, body: SlowBody) -> webob.Response:
        """Send a body of unknown length."""
        request = webob.Request.blank(f"{IMAGE}/{image}/file", method="PUT", headers=OCTETS | {
            "X-Auth-Token": world.member, "Transfer-Encoding": "chunked"})
        request.environ["wsgi.input"] = body
        return request.get_response(world.cloud.api.application)
