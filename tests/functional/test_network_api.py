"""The network API over real rules and real SQL, in this process."""

from __future__ import annotations

import unittest
from typing import Any

import orjson
import webob

from cumulo.api.network import app
from cumulo.api.services import Services
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.policy import Policy
from cumulo.common import config, errors
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.compute import options as compute_options
from cumulo.network import hosts, options, ports
from tests.fixtures.database import temporary_database

HOLDERS = {
    "root": Context(user_id="u0", project_id="adm", roles=("admin", "manager", "member", "reader")),
    "ann": Context(user_id="u1", project_id="one", roles=("member", "reader")),
    "bob": Context(user_id="u2", project_id="two", roles=("member", "reader")),
    "eve": Context(user_id="u3", project_id="one", roles=("reader",)),
}


class Tokens:
    """A token is the name of its holder."""

    def hold(self, connection: object, project_id: str) -> None:
        """Every project there is a token for exists."""

    def hold_known(self, connection: object, project_id: str) -> bool:
        """Every project exists but this one."""
        return project_id != "unknown"

    def validate(self, token_id: str) -> Context:
        if token_id not in HOLDERS:
            raise errors.Unauthorized("no such token")
        return HOLDERS[token_id]


class Bells:
    """A bus that notes whom it rang."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def cast(self, target: str, method: str, arguments: dict[str, Any]) -> None:
        self.rung.append(target)


class NetworkApiCase(unittest.TestCase):
    """A network API over an empty database."""

    def setUp(self) -> None:
        conf = config.load([], registrations=(options, compute_options))
        self.database, self.bells = temporary_database(), Bells()
        self.addCleanup(self.database.close)
        services = Services(conf=conf, database=self.database, bus=self.bells, clock=Clock(),  # type: ignore[arg-type]
                            ids=Ids(), threads=Threads(), tokens=Tokens(), policy=Policy(conf, app.RULES),
                            image_stores=None, image_staging=None)
        self.application = Application(app.FAMILY, app.ROUTES, services)

    def send(self, method: str, path: str, body: Any = None, *, who: str | None = "ann", expect: int | None = None,
             headers: dict[str, str] | None = None) -> Any:
        request = webob.Request.blank(f"/v2.0{path}", method=method, headers=headers or {})
        if who:
            request.headers["X-Auth-Token"] = who
        if body is not None:
            request.body = body if isinstance(body, bytes) else orjson.dumps(body)
        answer = request.get_response(self.application)
        if expect is not None:
            self.assertEqual(expect, answer.status_int, answer.text)
        return answer.json if answer.body else None

    def refused(self, status: int, kind: str, method: str, path: str, body: Any = None, who: str = "ann") -> None:
        answer = self.send(method, path, body, who=who, expect=status)
        self.assertEqual(kind, answer["NeutronError"]["type"], answer)
        self.assertEqual({"type", "message", "detail"}, set(answer["NeutronError"]))

    def network(self, who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/networks", {"network": values}, who=who, expect=201)["network"]
        return made

    def subnet(self, network_id: str, cidr: str = "10.0.0.0/24", who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/subnets", {"subnet": {
            "network_id": network_id, "cidr": cidr, "ip_version": 4, **values}}, who=who, expect=201)["subnet"]
        return made

    def port(self, network_id: str, who: str = "ann", **values: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.send("POST", "/ports", {"port": {"network_id": network_id, **values}},
                                         who=who, expect=201)["port"]
        return made


class DiscoveryTest(NetworkApiCase):
    """Versions, collections, extensions."""

    def test_versions_need_no_token(self) -> None:
        request = webob.Request.blank("/", base_url="http://h:5000/network")
        answer = request.get_response(self.application).json
        self.assertEqual("http://h:5000/network/v2.0/", answer["versions"][0]["links"][0]["href"])

    def test_collections(self) -> None:
        listed = self.send("GET", "/", who=None, expect=200)["resources"]
        self.assertEqual(["networks", "subnets", "ports", "routers"], [each["collection"] for each in listed[:4]])

    def test_extensions(self) -> None:
        listed = self.send("GET", "/extensions", expect=200)["extensions"]
        self.assertEqual({"alias", "name", "description", "updated", "links"}, set(listed[0]))
        self.send("GET", "/extensions/binding", expect=200)
        self.refused(404, "ExtensionNotFound", "GET", "/extensions/moon")

    def test_a_token_is_needed(self) -> None:
        self.send("GET", "/networks", who=None, expect=401)


class NetworksTest(NetworkApiCase):
    """Networks, who sees them and who may change them."""

    def test_life(self) -> None:
        made = self.network(name="n", description="d")
        self.assertEqual(("n", "ACTIVE", 1450, [], "one", False),
                         (made["name"], made["status"], made["mtu"], made["subnets"], made["tenant_id"], made["shared"]))
        self.assertNotIn("provider:network_type", made)
        changed = self.send("PUT", f"/networks/{made['id']}", {"network": {"name": "m"}}, expect=200)["network"]
        self.assertEqual(("m", 2), (changed["name"], changed["revision_number"]))
        self.send("DELETE", f"/networks/{made['id']}", expect=204)
        self.refused(404, "NetworkNotFound", "GET", f"/networks/{made['id']}")
        self.refused(404, "NetworkNotFound", "DELETE", f"/networks/{made['id']}")

    def test_others_do_not_see_it(self) -> None:
        made = self.network()
        for method, body in (("GET", None), ("PUT", {"network": {"name": "x"}}), ("DELETE", None)):
            self.refused(404, "NetworkNotFound", method, f"/networks/{made['id']}", body, who="bob")
        self.assertEqual([], self.send("GET", "/networks", who="bob")["networks"])

    def test_shared_is_seen_but_not_changed(self) -> None:
        made = self.network(who="root", shared=True, name="all")
        self.send("GET", f"/networks/{made['id']}", who="bob", expect=200)
        self.refused(403, "PolicyNotAuthorized", "DELETE", f"/networks/{made['id']}", who="bob")

    def test_readers_do_not_write(self) -> None:
        self.refused(403, "PolicyNotAuthorized", "POST", "/networks", {"network": {}}, who="eve")

    def test_administrators_attributes(self) -> None:
        for name, value in (("shared", True), ("router:external", True), ("provider:network_type", "flat")):
            self.refused(403, "PolicyNotAuthorized", "POST", "/networks", {"network": {name: value}})
        made = self.network(who="root", **{"provider:network_type": "flat", "provider:physical_network": "physnet1"})
        self.assertEqual("physnet1", made["provider:physical_network"])
        self.refused(409, "FlatNetworkInUse", "POST", "/networks", {"network": {
            "provider:network_type": "flat", "provider:physical_network": "physnet1"}}, who="root")
        self.refused(400, "InvalidInput", "POST", "/networks", {"network": {
            "provider:network_type": "flat", "provider:physical_network": "moon"}}, who="root")

    def test_another_project(self) -> None:
        self.refused(403, "PolicyNotAuthorized", "POST", "/networks", {"network": {"project_id": "two"}})
        self.assertEqual("two", self.network(who="root", project_id="two")["project_id"])

    def test_bulk_is_all_or_nothing(self) -> None:
        self.send("POST", "/networks", {"networks": [{"name": "a"}, {"name": "b"}]}, expect=201)
        self.send("POST", "/networks", {"networks": [{"name": "c"}, {"shared": True}]}, expect=403)
        self.assertEqual({"a", "b"}, {each["name"] for each in self.send("GET", "/networks")["networks"]})

    def test_in_use(self) -> None:
        made = self.network()
        port = self.port(made["id"])
        self.refused(409, "NetworkInUse", "DELETE", f"/networks/{made['id']}")
        self.send("DELETE", f"/ports/{port['id']}", expect=204)
        self.subnet(made["id"])
        self.send("DELETE", f"/networks/{made['id']}", expect=204)
        self.assertEqual([], self.send("GET", "/subnets")["subnets"])

    def test_mtu_as_text(self) -> None:
        self.assertEqual(1400, self.network(mtu="1400")["mtu"])
        self.refused(400, "InvalidInput", "POST", "/networks", {"network": {"mtu": "67"}})
        self.refused(400, "HTTPBadRequest", "POST", "/networks", {"network": {"mtu": "many"}})

    def test_if_match(self) -> None:
        made = self.network()
        path, body = f"/networks/{made['id']}", {"network": {"name": "x"}}
        self.send("PUT", path, body, headers={"If-Match": "revision_number=7"}, expect=412)
        self.send("PUT", path, body, headers={"If-Match": "revision_number=1"}, expect=200)


class SubnetsTest(NetworkApiCase):
    """Subnets: defaults and rules."""

    def test_defaults(self) -> None:
        made = self.subnet(self.network()["id"], "10.1.0.7/24")
        self.assertEqual(("10.1.0.0/24", "10.1.0.1", [{"start": "10.1.0.2", "end": "10.1.0.254"}], True),
                         (made["cidr"], made["gateway_ip"], made["allocation_pools"], made["enable_dhcp"]))

    def test_dhcp_port_comes_and_goes(self) -> None:
        network_id = self.network()["id"]
        made = self.subnet(network_id)
        held = self.send("GET", f"/ports?network_id={network_id}")["ports"]
        self.assertEqual(["network:dhcp"], [each["device_owner"] for each in held])
        self.refused(409, "ServicePortInUse", "DELETE", f"/ports/{held[0]['id']}")
        self.send("PUT", f"/subnets/{made['id']}", {"subnet": {"enable_dhcp": False}}, expect=200)
        self.assertEqual([], self.send("GET", "/ports")["ports"])
        self.send("DELETE", f"/subnets/{made['id']}", expect=204)

    def test_refusals(self) -> None:
        network_id = self.network()["id"]
        self.subnet(network_id)
        for status, kind, values in (
            (400, "InvalidInput", {"cidr": "10.0.0.128/25"}),
            (400, "InvalidInput", {"cidr": "not a range"}),
            (400, "InvalidInput", {"cidr": "fd00::/64"}),
            (400, "InvalidInput", {"gateway_ip": "10.9.0.1"}),
            (409, "GatewayConflictWithAllocationPools",
             {"gateway_ip": "10.2.0.5", "allocation_pools": [{"start": "10.2.0.2", "end": "10.2.0.9"}]}),
            (400, "OutOfBoundsAllocationPool", {"allocation_pools": [{"start": "10.3.0.2", "end": "10.3.0.9"}]}),
            (400, "InvalidAllocationPool", {"allocation_pools": [{"start": "10.2.0.9", "end": "10.2.0.2"}]}),
            (400, "InvalidInput", {"dns_nameservers": ["nowhere"]}),
            (400, "InvalidInput", {"host_routes": [{"destination": "10.0.0.0/8", "nexthop": "x.y"}]}),
            (400, "HTTPBadRequest", {"colour": "red"}),
            (404, "NetworkNotFound", {"network_id": "nothing"}),
        ):
            with self.subTest(values):
                body = {"network_id": network_id, "cidr": "10.2.0.0/24", "ip_version": 4} | values
                self.refused(status, kind, "POST", "/subnets", {"subnet": body})
        self.assertEqual(1, len(self.send("GET", "/subnets")["subnets"]))

    def test_in_use(self) -> None:
        network_id = self.network()["id"]
        made = self.subnet(network_id)
        self.port(network_id)
        self.refused(409, "SubnetInUse", "DELETE", f"/subnets/{made['id']}")

    def test_only_the_owner_of_a_network_divides_it(self) -> None:
        shared = self.network(who="root", shared=True)
        self.refused(403, "PolicyNotAuthorized", "POST", "/subnets", {"subnet": {
            "network_id": shared["id"], "cidr": "10.5.0.0/24", "ip_version": 4}})

    def test_ipv6(self) -> None:
        made = self.subnet(self.network()["id"], "fd00:1::/64", ip_version=6)
        self.assertEqual("fd00:1::1", made["gateway_ip"])


class PortsTest(NetworkApiCase):
    """Ports: addresses, binding, visibility."""

    def setUp(self) -> None:
        super().setUp()
        self.network_id = self.network()["id"]
        self.subnet_id = self.subnet(self.network_id)["id"]

    def test_lowest_free_address(self) -> None:
        made = self.port(self.network_id, name="p")
        self.assertEqual([{"subnet_id": self.subnet_id, "ip_address": "10.0.0.3"}], made["fixed_ips"])
        self.assertEqual(("DOWN", "", True), (made["status"], made["device_id"], made["admin_state_up"]))
        self.assertNotIn("binding:host_id", made)

    def test_chosen_addresses(self) -> None:
        self.port(self.network_id, fixed_ips=[{"ip_address": "10.0.0.50"}])
        for status, kind, fixed in (
            (409, "IpAddressInUse", {"ip_address": "10.0.0.50"}),
            (400, "InvalidIpForNetwork", {"ip_address": "10.9.0.50"}),
            (400, "InvalidIpForSubnet", {"ip_address": "10.9.0.50", "subnet_id": self.subnet_id}),
            (400, "InvalidInput", {"subnet_id": "nothing"}),
            (400, "InvalidInput", {"ip_address": "ten"}),
        ):
            with self.subTest(fixed):
                self.refused(status, kind, "POST", "/ports", {"port": {
                    "network_id": self.network_id, "fixed_ips": [fixed]}})

    def test_the_gateway_of_a_flat_network_is_the_host(self) -> None:
        net = self.network("root", **{"provider:network_type": "flat", "provider:physical_network": "physnet1"})
        self.subnet(net["id"], who="root")
        wish = {"port": {"network_id": net["id"], "fixed_ips": [{"ip_address": "10.0.0.1"}]}}
        self.refused(409, "IpAddressInUse", "POST", "/ports", wish, who="root")
        wish["port"]["network_id"] = self.network_id
        self.send("POST", "/ports", wish, expect=201)

    def test_exhausted(self) -> None:
        network_id = self.network()["id"]
        self.subnet(network_id, "10.8.0.0/29", enable_dhcp=False)
        for _ in range(5):
            self.port(network_id)
        self.refused(409, "IpAddressGenerationFailure", "POST", "/ports", {"port": {"network_id": network_id}})

    def test_addresses_are_replaced_and_freed(self) -> None:
        made = self.port(self.network_id)
        changed = self.send("PUT", f"/ports/{made['id']}", {"port": {"fixed_ips": [
            {"ip_address": "10.0.0.9"}, {"subnet_id": self.subnet_id}]}}, expect=200)["port"]
        self.assertEqual(["10.0.0.9", "10.0.0.3"], [each["ip_address"] for each in changed["fixed_ips"]])
        self.send("DELETE", f"/ports/{made['id']}", expect=204)
        self.assertEqual("10.0.0.3", self.port(self.network_id)["fixed_ips"][0]["ip_address"])

    def test_binding_is_the_administrators(self) -> None:
        made = self.port(self.network_id)
        self.refused(403, "PolicyNotAuthorized", "PUT", f"/ports/{made['id']}", {"port": {"binding:host_id": "h"}})
        bound = self.send("PUT", f"/ports/{made['id']}", {"port": {"binding:host_id": "h"}}, who="root", expect=200)
        self.assertEqual(("h", "bridge", "BUILD"), (
            bound["port"]["binding:host_id"], bound["port"]["binding:vif_type"], bound["port"]["status"]))
        self.assertEqual(["network.h"], self.bells.rung)

    def test_a_host_with_open_vswitch_plugs_otherwise(self) -> None:
        with self.database.write() as connection:
            hosts.register(connection, 1.0, "h", {"tunnel_address": "192.0.2.1", "mechanism": "openvswitch"})
        made = self.port(self.network_id)
        bound = self.send("PUT", f"/ports/{made['id']}", {"port": {"binding:host_id": "h"}}, who="root", expect=200)["port"]
        self.assertEqual(("ovs", True), (bound["binding:vif_type"], bound["binding:vif_details"]["ovs_hybrid_plug"]))

    def test_mac_addresses(self) -> None:
        made = self.port(self.network_id, mac_address="FA:16:3E:00:00:07")
        self.assertEqual("fa:16:3e:00:00:07", made["mac_address"])
        self.refused(409, "MacAddressInUse", "POST", "/ports", {"port": {
            "network_id": self.network_id, "mac_address": "fa:16:3e:00:00:07"}})

    def test_in_a_shared_network(self) -> None:
        shared = self.network(who="root", shared=True)
        self.subnet(shared["id"], "10.6.0.0/24", who="root")
        made = self.port(shared["id"])
        self.assertEqual("10.6.0.3", made["fixed_ips"][0]["ip_address"])
        self.refused(404, "PortNotFound", "GET", f"/ports/{made['id']}", who="bob")
        self.refused(403, "PolicyNotAuthorized", "POST", "/ports", {"port": {
            "network_id": shared["id"], "fixed_ips": [{"ip_address": "10.6.0.9"}]}})
        self.refused(403, "PolicyNotAuthorized", "POST", "/ports", {"port": {
            "network_id": shared["id"], "device_owner": "network:anything"}})
        self.refused(400, "InvalidInput", "POST", "/ports", {"port": {
            "network_id": self.network_id, "device_owner": "network:router_interface"}})

    def test_bulk_is_all_or_nothing(self) -> None:
        one = {"network_id": self.network_id, "fixed_ips": [{"ip_address": "10.0.0.77"}]}
        self.refused(409, "IpAddressInUse", "POST", "/ports", {"ports": [one, one]})
        self.port(self.network_id, fixed_ips=[{"ip_address": "10.0.0.77"}])

    def test_a_build_makes_ports(self) -> None:
        with self.database.write() as connection:
            made = ports.create_port(connection, Ids(), 1.0, context=HOLDERS["ann"], network_id=self.network_id,
                                     device_id="server", device_owner="compute:nova", hostname="web")
        found = self.send("GET", "/ports?device_id=server")["ports"]
        self.assertEqual([made["id"]], [each["id"] for each in found])


class ListsTest(NetworkApiCase):
    """Filters, fields, order and pages."""

    def setUp(self) -> None:
        super().setUp()
        self.ids = {name: self.network(name=name)["id"] for name in ("c", "a", "b")}

    def names(self, query: str, who: str = "ann") -> list[str]:
        return [each["name"] for each in self.send("GET", f"/networks?{query}", who=who, expect=200)["networks"]]

    def test_filters(self) -> None:
        self.assertEqual(["a", "b"], sorted(self.names("name=a&name=b")))
        self.assertEqual(["a"], self.names(f"id={self.ids['a']}"))
        self.assertEqual([], self.names("admin_state_up=False"))
        self.assertEqual(3, len(self.names("admin_state_up=true&shared=false&status=ACTIVE&mtu=1450")))
        self.assertEqual([], self.names("provider:network_type=local"))
        self.assertEqual([], self.names("name="))
        self.refused(400, "HTTPBadRequest", "GET", "/networks?colour=red")

    def test_port_filters(self) -> None:
        self.subnet(self.ids["a"])
        made = self.port(self.ids["a"])
        for query, count in (("fixed_ips=ip_address%3D10.0.0.3", 1), ("fixed_ips=ip_address%3D10.0.0.9", 0),
                             ("ip_address_substr=.0.3", 1), (f"mac_address={made['mac_address']}", 1)):
            with self.subTest(query):
                self.assertEqual(count, len(self.send("GET", f"/ports?{query}", expect=200)["ports"]))
        self.refused(400, "HTTPBadRequest", "GET", "/ports?fixed_ips=colour%3Dred")

    def test_fields(self) -> None:
        self.assertEqual([{"name": "a", "mtu": 1450}],
                         self.send("GET", "/networks?fields=name&fields=mtu&name=a")["networks"])
        self.assertEqual({"network": {"name": "a"}}, self.send("GET", f"/networks/{self.ids['a']}?fields=name"))

    def test_order(self) -> None:
        self.assertEqual(["c", "b", "a"], self.names("sort_key=name&sort_dir=desc"))
        self.send("GET", "/networks?sort_key=colour&sort_dir=asc", expect=400)
        self.send("GET", "/networks?sort_key=name&sort_dir=up", expect=400)

    def test_pages(self) -> None:
        first = self.send("GET", "/networks?limit=2&sort_key=name", expect=200)
        self.assertEqual(["a", "b"], [each["name"] for each in first["networks"]])
        self.assertEqual(["next"], [link["rel"] for link in first["networks_links"]])
        path = first["networks_links"][0]["href"].split("/v2.0", 1)[1]
        second = self.send("GET", path, expect=200)
        self.assertEqual(["c"], [each["name"] for each in second["networks"]])
        self.assertEqual(["previous"], [link["rel"] for link in second["networks_links"]])
        path = second["networks_links"][0]["href"].split("/v2.0", 1)[1]
        self.assertEqual(["a", "b"], [each["name"] for each in self.send("GET", path)["networks"]])
        for query in ("limit=-1", "limit=x", "limit=1&marker=nothing"):
            self.send("GET", f"/networks?{query}", expect=400)


class BadInputTest(NetworkApiCase):
    """Whatever is sent, the answer is a 4xx in this API's form and nothing is changed."""

    def test_bodies(self) -> None:
        made = self.network()
        for method, path, body in (
            ("POST", "/networks", b"{"), ("POST", "/networks", b"\xff\xfe"), ("POST", "/networks", b""),
            ("POST", "/networks", []), ("POST", "/networks", {}), ("POST", "/networks", {"network": []}),
            ("POST", "/networks", {"networks": []}), ("POST", "/networks", {"network": {}, "networks": [{}]}),
            ("POST", "/networks", {"network": {"name": 7}}), ("POST", "/networks", {"network": {"name": "x" * 256}}),
            ("POST", "/networks", {"network": {"mtu": 1}}), ("POST", "/networks", {"network": {"mtu": 2**40}}),
            ("POST", "/networks", {"network": {"admin_state_up": "yes"}}),
            ("POST", "/networks", {"network": {"id": "x"}}),
            ("PUT", f"/networks/{made['id']}", {"network": {"project_id": "two"}}),
            ("PUT", f"/networks/{made['id']}", {"network": {"name": None}}),
            ("POST", "/subnets", {"subnet": {"network_id": made["id"], "cidr": "10.0.0.0/24", "ip_version": 5}}),
            ("POST", "/subnets", {"subnet": {"network_id": made["id"], "cidr": 7, "ip_version": 4}}),
            ("POST", "/subnets", {"subnet": {"network_id": made["id"], "ip_version": 4}}),
            ("POST", "/subnets", {"subnet": {"network_id": made["id"], "cidr": "0.0.0.0/0", "ip_version": 4}}),
            ("POST", "/ports", {"port": {}}), ("POST", "/ports", {"port": {"network_id": 7}}),
            ("POST", "/ports", {"port": {"network_id": made["id"], "fixed_ips": [{}]}}),
            ("POST", "/ports", {"port": {"network_id": made["id"], "fixed_ips": "10.0.0.1"}}),
            ("POST", "/ports", {"port": {"network_id": made["id"], "mac_address": "01:00:5e:00:00:01"}}),
            ("POST", "/ports", {"port": {"network_id": made["id"], "device_owner": "network:dhcp"}}),
            ("POST", "/ports", {"port": {"network_id": made["id"], "security_groups": [7]}}),
        ):
            with self.subTest(f"{method} {path} {body!r:.60}"):
                self.send(method, path, body, expect=400)
        self.assertEqual([made], self.send("GET", "/networks")["networks"])

    def test_sizes_methods_and_ids(self) -> None:
        self.send("POST", "/networks", {"network": {"name": "x" * 200_000}}, expect=413)
        self.send("PATCH", "/networks", {}, expect=405)
        self.send("GET", "/nothing", expect=404)
        for collection in ("networks", "subnets", "ports"):
            for bad in ("nothing", "%27", "x" * 300):
                self.send("GET", f"/{collection}/{bad}", expect=404)


if __name__ == "__main__":
    unittest.main()
