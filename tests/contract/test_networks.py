"""Networks by the standard client: everything a user draws, and what an administrator shares and limits."""

from __future__ import annotations

from typing import Any

from tests.contract.client import ContractCase


class NetworkCase(ContractCase):
    """The administrator, who owns what the tests make."""

    def made(self, kind: str, *arguments: str, named: bool = True) -> Any:
        """Create something, delete it at the end, and return what the client shows of it."""
        words = [*arguments, *([self.name(kind.replace(" ", "-"))] if named else [])]
        found = self.client.show(f"{kind} create", *words)
        self.addCleanup(self.client.do, f"{kind} delete", found["id"])
        return found

    def network(self, *arguments: str, cidr: str = "10.7.0.0/24") -> tuple[str, str]:
        """Make a network with a subnet and return their ids."""
        network = self.made("network", *arguments)["id"]
        return network, self.made("subnet", "--network", network, "--subnet-range", cidr)["id"]


class DrawingTest(NetworkCase):
    """Networks, subnets, ports, routers and floating addresses."""

    def test_networks_and_subnets(self) -> None:
        name = self.name("net")
        network = self.made("network", "--description", "d", "--mtu", "1400", "--disable-port-security",
                            "--dns-domain", "example.org.")["id"]
        self.client.do("network set", "--name", name, "--enable-port-security", network)
        shown = self.client.show("network show", network)
        self.assertEqual((name, "d", 1400, True, "example.org."), tuple(shown[key] for key in (
            "name", "description", "mtu", "port_security_enabled", "dns_domain")))
        self.assertIn(name, self.client.names("network list", "--long"))
        subnet = self.made("subnet", "--network", network, "--subnet-range", "10.9.0.0/24", "--gateway", "10.9.0.9",
                           "--allocation-pool", "start=10.9.0.20,end=10.9.0.30", "--dns-nameserver", "9.9.9.9",
                           "--host-route", "destination=10.10.0.0/16,gateway=10.9.0.8", "--no-dhcp")["id"]
        self.client.do("subnet set", "--dns-nameserver", "8.8.8.8", "--dhcp", "--tag", "one", subnet)
        shown = self.client.show("subnet show", subnet)
        self.assertEqual(("10.9.0.9", ["9.9.9.9", "8.8.8.8"], True, ["one"]), (
            shown["gateway_ip"], sorted(shown["dns_nameservers"], reverse=True), shown["enable_dhcp"], shown["tags"]))
        self.assertEqual([subnet], self.client.names("subnet list", "--network", network, column="ID"))
        self.client.do("subnet unset", "--dns-nameserver", "8.8.8.8", subnet)
        six = self.made("subnet", "--network", network, "--ip-version", "6", "--subnet-range", "fd09::/64",
                        "--ipv6-ra-mode", "slaac", "--ipv6-address-mode", "slaac")
        self.assertEqual("slaac", six["ipv6_address_mode"])
        self.assertIn("overlaps", self.client.refused("subnet create", "--network", network, "--subnet-range", "10.9.0.0/25",
                                                      self.name("no")))

    def test_ports(self) -> None:
        network, subnet = self.network()
        group = self.made("security group")["id"]
        port = self.made("port", "--network", network, "--fixed-ip", f"subnet={subnet},ip-address=10.7.0.50",
                         "--security-group", group, "--allowed-address", "ip-address=10.7.0.60", "--dns-name", "web")
        self.assertEqual(("10.7.0.50", "web"), (port["fixed_ips"][0]["ip_address"], port["dns_name"]))
        self.client.do("port set", "--fixed-ip", f"subnet={subnet},ip-address=10.7.0.51", "--no-security-group",
                       "--description", "d", port["id"])
        shown = self.client.show("port show", port["id"])
        self.assertEqual((["10.7.0.50", "10.7.0.51"], [], "d"), (
            sorted(each["ip_address"] for each in shown["fixed_ips"]), shown["security_group_ids"], shown["description"]))
        self.client.do("port unset", "--fixed-ip", f"subnet={subnet},ip-address=10.7.0.51", port["id"])
        self.client.do("port set", "--no-allowed-address", "--disable-port-security", port["id"])
        self.assertEqual([port["id"]], self.client.names("port list", "--fixed-ip", "ip-address=10.7.0.50", column="ID"))
        self.assertIn("in use", self.client.refused("network delete", network))

    def test_routers_and_floating_addresses(self) -> None:
        network, subnet = self.network(cidr="10.6.0.0/24")
        outside = self.made("network", "--external")["id"]
        self.made("subnet", "--network", outside, "--subnet-range", "203.0.113.0/24", "--no-dhcp")
        router = self.made("router")["id"]
        self.client.do("router set", "--external-gateway", outside, router)
        self.client.do("router add subnet", router, subnet)
        self.client.do("router set", "--route", "destination=10.60.0.0/16,gateway=10.6.0.9", router)
        shown = self.client.show("router show", router)
        self.assertEqual((outside, [{"destination": "10.60.0.0/16", "nexthop": "10.6.0.9"}]), (
            shown["external_gateway_info"]["network_id"], shown["routes"]))
        port = self.made("port", "--network", network)["id"]
        floating = self.made("floating ip", "--description", "d", outside, named=False)
        self.client.do("floating ip set", "--port", port, floating["id"])
        shown = self.client.show("floating ip show", floating["id"])
        self.assertEqual((port, "ACTIVE", router), (shown["port_id"], shown["status"], shown["router_id"]))
        self.assertIn(floating["id"], self.client.names("floating ip list", "--port", port, column="ID"))
        self.assertIn("required by one or more floating", self.client.refused("router remove subnet", router, subnet))
        self.client.do("floating ip unset", "--port", floating["id"])
        forwarded = self.client.show(
            "floating ip port forwarding create", "--internal-ip-address", shown["fixed_ip_address"], "--port", port,
            "--internal-protocol-port", "22", "--external-protocol-port", "2222", "--protocol", "tcp", floating["id"])
        self.assertEqual(1, len(self.client.show("floating ip port forwarding list", floating["id"])))
        self.client.do("floating ip port forwarding delete", floating["id"], forwarded["id"])
        self.client.do("router unset", "--route", "destination=10.60.0.0/16,gateway=10.6.0.9", router)
        self.client.do("router remove subnet", router, subnet)
        self.client.do("router unset", "--external-gateway", router)

    def test_trunks(self) -> None:
        network, _ = self.network()
        parent, one, two = (self.made("port", "--network", network)["id"] for _ in range(3))
        trunk = self.made("network trunk", "--parent-port", parent, "--subport",
                          f"port={one},segmentation-type=vlan,segmentation-id=5")["id"]
        self.client.do("network trunk set", "--subport", f"port={two},segmentation-type=vlan,segmentation-id=6",
                       "--description", "d", trunk)
        self.assertEqual({5, 6}, {row["Segmentation ID"] for row in self.client.show("network subport list", "--trunk", trunk)})
        self.assertIn("another trunk", self.client.refused("network trunk create", "--parent-port", one, self.name("no")))
        self.client.do("network trunk unset", "--subport", two, trunk)
        shown = self.client.show("network trunk show", trunk)
        self.assertEqual(("DOWN", "d", [one]), (shown["status"], shown["description"], [
            each["port_id"] for each in shown["sub_ports"]]))


class SharingTest(NetworkCase):
    """What filters, pools, scopes, shares, limits and counts."""

    def test_security_groups(self) -> None:
        group, addresses = self.made("security group", "--description", "d")["id"], self.made(
            "address group", "--address", "10.0.0.0/8")["id"]
        rule = self.client.show("security group rule create", "--protocol", "tcp", "--dst-port", "80:90", "--remote-ip",
                                "10.0.0.0/8", "--ingress", group)
        self.assertEqual((80, 90, "10.0.0.0/8"), tuple(rule[key] for key in (
            "port_range_min", "port_range_max", "remote_ip_prefix")))
        self.client.do("security group rule create", "--protocol", "icmp", "--remote-group", group, group)
        held = self.client.show("security group rule create", "--remote-address-group", addresses, "--egress", group)["id"]
        self.assertEqual(5, len(self.client.show("security group rule list", group)))
        self.assertIn("already exists", self.client.refused(
            "security group rule create", "--protocol", "tcp", "--dst-port", "80:90", "--remote-ip", "10.0.0.0/8", group))
        self.client.do("address group set", "--address", "192.0.2.0/24", addresses)
        self.client.do("address group unset", "--address", "10.0.0.0/8", addresses)
        self.assertEqual(["192.0.2.0/24"], self.client.show("address group show", addresses)["addresses"])
        self.client.do("security group rule delete", rule["id"], held)
        self.client.do("security group set", "--name", self.name("renamed"), "--tag", "one", group)
        self.assertIn("default", self.client.names("security group list"))

    def test_pools_and_scopes(self) -> None:
        scope = self.made("address scope", "--share", "--ip-version", "4")["id"]
        pool = self.made("subnet pool", "--pool-prefix", "10.80.0.0/16", "--default-prefix-length", "26",
                         "--address-scope", scope)["id"]
        network = self.made("network")["id"]
        subnet = self.made("subnet", "--network", network, "--subnet-pool", pool)
        self.assertEqual(("10.80.0.0/26", pool), (subnet["cidr"], subnet["subnetpool_id"]))
        self.assertEqual(scope, self.client.show("network show", network)["ipv4_address_scope"])
        self.client.do("subnet pool set", "--pool-prefix", "10.81.0.0/16", "--description", "d", pool)
        self.assertEqual({"10.80.0.0/15"}, set(self.client.show("subnet pool show", pool)["prefixes"]))
        self.client.do("address scope set", "--name", self.name("renamed"), scope)
        self.assertIn("in use", self.client.refused("address scope delete", scope))
        self.assertIn(pool, self.client.names("subnet pool list", "--address-scope", scope, column="ID"))
        self.assertIn(scope, self.client.names("address scope list", column="ID"))

    def test_quality_and_shares(self) -> None:
        policy = self.made("network qos policy", "--description", "d")["id"]
        limit = self.client.show("network qos rule create", "--type", "bandwidth-limit", "--max-kbps", "3000",
                                 "--max-burst-kbits", "300", "--egress", policy)["id"]
        self.client.do("network qos rule set", "--max-kbps", "4000", policy, limit)
        self.client.do("network qos rule create", "--type", "dscp-marking", "--dscp-mark", "26", policy)
        self.assertEqual({"bandwidth_limit", "dscp_marking"}, set(self.client.names(
            "network qos rule list", policy, column="Type")))
        self.assertEqual(4000, self.client.show("network qos rule show", policy, limit)["max_kbps"])
        network = self.made("network", "--qos-policy", policy)["id"]
        self.assertIn("is used by network", self.client.refused("network qos policy delete", policy))
        self.client.do("network set", "--no-qos-policy", network)
        self.client.do("network qos rule delete", policy, limit)
        self.assertIn("dscp_marking", self.client.names("network qos rule type list", column="Type"))
        project = self.client.show("project create", self.name("friend"))["id"]
        self.addCleanup(self.client.do, "project delete", project)
        shared = self.client.show("network rbac create", "--type", "network", "--action", "access_as_shared",
                                  "--target-project", project, network)["id"]
        self.assertEqual(network, self.client.show("network rbac show", shared)["object_id"])
        self.client.do("network rbac delete", shared)

    def test_agents_and_what_is_placed_there(self) -> None:
        network, _ = self.network(cidr="10.5.0.0/24")
        serves, = self.client.names("network agent list", "--agent-type", "dhcp", column="ID")
        routes, = self.client.names("network agent list", "--agent-type", "l3", column="ID")
        self.assertEqual([serves], self.client.names("network agent list", "--network", network, column="ID"))
        self.assertEqual("DHCP agent", self.client.show("network agent show", serves)["agent_type"])
        self.client.do("network agent add network", "--dhcp", serves, network)
        self.client.do("network agent remove network", "--dhcp", serves, network)
        outside = self.made("network", "--external")["id"]
        self.made("subnet", "--network", outside, "--subnet-range", "198.51.100.0/24", "--no-dhcp")
        router = self.made("router", "--external-gateway", outside)["id"]
        self.assertIn(router, self.client.names("router list", "--agent", routes, column="ID"))
        self.client.do("network agent remove router", "--l3", routes, router)
        self.assertEqual([], self.client.names("network agent list", "--router", router, column="ID"))
        self.client.do("network agent add router", "--l3", routes, router)
        self.assertEqual([routes], self.client.names("network agent list", "--router", router, column="ID"))
        self.client.do("network agent set", "--disable", routes)
        self.client.do("network agent set", "--enable", routes)

    def test_flavors(self) -> None:
        profile = self.made("network flavor profile", "--driver", "centralized", "--description", "d", named=False)["id"]
        flavor = self.made("network flavor", "--service-type", "L3_ROUTER_NAT")["id"]
        self.client.do("network flavor add profile", flavor, profile)
        self.assertEqual([profile], self.client.show("network flavor show", flavor)["service_profile_ids"])
        self.assertIn("is used by", self.client.refused("network flavor profile delete", profile))
        router = self.made("router", "--flavor-id", flavor)
        self.assertEqual((flavor, False), (router["flavor_id"], router["distributed"]))
        self.assertIn("is used by", self.client.refused("network flavor delete", flavor))
        self.client.do("network flavor set", "--disable", "--description", "old", flavor)
        self.assertIn("not enabled", self.client.refused("router create", "--flavor-id", flavor, self.name("no")))
        self.assertIn(profile, self.client.names("network flavor profile list", column="ID"))
        self.client.do("network flavor remove profile", flavor, profile)

    def test_quality_of_floating_addresses(self) -> None:
        policy = self.made("network qos policy")["id"]
        outside = self.made("network", "--external")["id"]
        self.made("subnet", "--network", outside, "--subnet-range", "198.51.100.0/24", "--no-dhcp")
        floating = self.made("floating ip", "--qos-policy", policy, outside, named=False)
        self.assertEqual(policy, floating["qos_policy_id"])
        self.assertIn("is used by floating_ip", self.client.refused("network qos policy delete", policy))
        self.client.do("floating ip set", "--no-qos-policy", floating["id"])

    def test_metering(self) -> None:
        label = self.made("network meter", "--description", "d")["id"]
        rule = self.client.show("network meter rule create", "--remote-ip-prefix", "10.0.0.0/8", "--ingress", label)["id"]
        self.assertIn(rule, self.client.names("network meter rule list", column="ID"))
        self.client.do("network meter rule delete", rule)

    def test_what_the_cloud_says(self) -> None:
        self.assertIn("address-scope", self.client.names("extension list", "--network", column="Alias"))
        self.assertIn("nova", self.client.names("availability zone list", "--network", column="Zone Name"))
        self.assertEqual({"DHCP agent", "L3 agent", "Metadata agent", "Linux bridge agent"},
                         set(self.client.names("network agent list", column="Agent Type")))
        self.assertEqual({"centralized", "distributed"}, set(self.client.names("network service provider list", column="Name")))
        network, _ = self.network()
        self.assertEqual(253, self.client.show("ip availability show", network)["total_ips"])
