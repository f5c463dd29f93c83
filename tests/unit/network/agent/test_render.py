"""What the agent renders: devices, DHCP and NAT from one network's description."""

import pathlib
import unittest
from typing import Any

from cumulo.common import errors
from cumulo.network.agent import bridge, dhcp, driver, nat
from cumulo.network.agent.kernel import Abilities, Place

ID = "01234567-89ab-4def-8123-456789abcdef"


def network(**changes: Any) -> dict[str, Any]:
    """A flat network with one subnet and one port."""
    return {
        "id": ID, "bridge": "cu01234567-89", "mtu": 1450, "admin_state_up": True,
        "provider": {"type": "flat", "physical_network": "physnet1", "segmentation_id": None}, "nat": True, "dhcp_mac_address": "fa:16:3e:00:00:02",
        "subnets": [{"id": "s1", "cidr": "10.0.0.0/24", "ip_version": 4, "gateway_ip": "10.0.0.1",
                     "enable_dhcp": True, "dns_nameservers": [], "dhcp_address": "10.0.0.2",
                     "host_routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.7"}]}],
        "ports": [{"id": "p1", "mac_address": "fa:16:3e:00:00:05", "hostname": "web",
                   "fixed_ips": [{"subnet_id": "s1", "ip_address": "10.0.0.5"}]}],
    } | changes


def subnet(**changes: Any) -> dict[str, Any]:
    """The network's subnet, changed."""
    return network()["subnets"][0] | changes


class PlanTest(unittest.TestCase):
    """bridge.plan"""

    def test_names_fit_the_kernel(self) -> None:
        made = bridge.plan(network(), Place())
        self.assertTrue(all(len(made[name]) <= 15 for name in ("bridge", "veth")))

    def test_addresses(self) -> None:
        made = bridge.plan(network(), Place())
        self.assertEqual([["10.0.0.1", 24]], made["gateways"])
        self.assertEqual([["10.0.0.2", 24], ["169.254.169.254", 32]], made["addresses"])

    def test_a_local_network_has_no_gateway_here(self) -> None:
        self.assertEqual([], bridge.plan(network(nat=False), Place())["gateways"])

    def test_without_dhcp_there_is_no_namespace(self) -> None:
        self.assertFalse(bridge.plan(network(subnets=[subnet(enable_dhcp=False)]), Place())["namespace"])


class TunnelTest(unittest.TestCase):
    """bridge.plan of a VXLAN network"""

    def test_only_ports_of_other_hosts_are_reached_by_the_tunnel(self) -> None:
        ports = [{"id": str(number), "mac_address": f"fa:16:3e:00:00:0{number}", "tunnel_address": remote,
                  "fixed_ips": [{"subnet_id": "s1", "ip_address": f"10.0.0.{number}"}]}
                 for number, remote in ((5, None), (6, "192.0.2.2"), (7, "192.0.2.1"), (8, ""))]
        made = bridge.plan(network(provider={"type": "vxlan", "physical_network": None, "segmentation_id": 7},
                                   ports=ports), Place("192.0.2.1"))
        self.assertEqual({"switched": False, "segmentation_id": 7, "local": "192.0.2.1",
                          "cards": [["fa:16:3e:00:00:06", "192.0.2.2"]],
                          "neighbours": [["10.0.0.6", "fa:16:3e:00:00:06"]]}, made["tunnel"])

    def test_a_host_refuses_what_it_cannot_carry(self) -> None:
        vlan = network(provider={"type": "vlan", "physical_network": "p", "segmentation_id": 7})
        with self.assertRaisesRegex(errors.CommandFailed, "cannot carry vlan networks.*kernel lacks vlan"):
            bridge.plan(vlan, Place(abilities=Abilities(vlan=False)))

    def test_a_vlan_is_a_device_on_its_wire(self) -> None:
        vlan = network(provider={"type": "vlan", "physical_network": "physnet1", "segmentation_id": 7})
        made = bridge.plan(vlan, Place(interfaces={"physnet1": "eth1"}))
        self.assertEqual((["eth1", 7], None), (made["vlan"], made["uplink"]))
        with self.assertRaisesRegex(errors.CommandFailed, "not wired to physnet1"):
            bridge.plan(vlan, Place())

    def test_a_wired_flat_network_has_its_interface_in_the_bridge(self) -> None:
        self.assertEqual("eth1", bridge.plan(network(nat=False), Place(interfaces={"physnet1": "eth1"}))["uplink"])
        self.assertIsNone(bridge.plan(network(), Place())["uplink"])


class DhcpTest(unittest.TestCase):
    """dhcp.render_config, render_hosts, kept_leases"""

    def lines(self, **changes: Any) -> list[str]:
        return dhcp.render_config(network(**changes), pathlib.Path("/d"), ["9.9.9.9"], 600).splitlines()

    def test_options(self) -> None:
        lines = self.lines()
        self.assertIn("dhcp-range=set:subnet-s1,10.0.0.0,static,255.255.255.0,600s", lines)
        self.assertIn("dhcp-option=option:mtu,1450", lines)
        self.assertIn("dhcp-option=tag:subnet-s1,option:dns-server,10.0.0.2,9.9.9.9", lines)
        self.assertIn("dhcp-option=tag:subnet-s1,option:classless-static-route,169.254.169.254/32,10.0.0.2,"
                      "10.9.0.0/16,10.0.0.7,0.0.0.0/0,10.0.0.1", lines)

    def test_a_subnets_own_name_servers_win(self) -> None:
        lines = self.lines(subnets=[subnet(dns_nameservers=["1.1.1.1", "8.8.8.8"])])
        self.assertIn("dhcp-option=tag:subnet-s1,option:dns-server,1.1.1.1,8.8.8.8", lines)

    def test_no_gateway_no_default_route(self) -> None:
        text = "\n".join(self.lines(subnets=[subnet(gateway_ip=None)]))
        self.assertIn("dhcp-option=tag:subnet-s1,option:router\n", text)
        self.assertNotIn("0.0.0.0/0", text)

    def test_hosts(self) -> None:
        self.assertEqual("fa:16:3e:00:00:05,10.0.0.5,web\n", dhcp.render_hosts(network()))
        nameless = network()["ports"][0] | {"hostname": ""}
        self.assertEqual("fa:16:3e:00:00:05,10.0.0.5,host-10-0-0-5\n", dhcp.render_hosts(network(ports=[nameless])))

    def test_names_with_and_without_their_domain(self) -> None:
        one = {"fixed_ips": [{"ip_address": "10.0.0.5"}], "hostname": "server", "dns_name": ""}
        ports = [one, one | {"fixed_ips": [{"ip_address": "10.0.0.6"}], "dns_name": "mine", "dns_domain": "other.example."},
                 one | {"fixed_ips": [{"ip_address": "10.0.0.7"}], "hostname": ""},
                 one | {"fixed_ips": [{"ip_address": "10.0.0.8"}], "dns_name": "a b\nc"}]
        self.assertEqual(
            ["10.0.0.5 server.example.org server", "10.0.0.6 mine.other.example mine",
             "10.0.0.7 host-10-0-0-7.example.org host-10-0-0-7"],
            dhcp.render_names(network(ports=ports), "example.org.").splitlines())
        self.assertIn("10.0.0.5 server.net.example server", dhcp.render_names(
            network(ports=ports, dns_domain="net.example."), "example.org."))

    def test_extra_options_are_for_their_port(self) -> None:
        port = network()["ports"][0] | {"extra_dhcp_opts": [
            {"opt_name": "tftp-server", "opt_value": "10.0.0.9", "ip_version": 4},
            {"opt_name": "x,y", "opt_value": "1", "ip_version": 4},
            {"opt_name": "bootfile-name", "opt_value": "a\nport=53", "ip_version": 4}]}
        lines = self.lines(ports=[port])
        self.assertEqual(["dhcp-option-force=tag:port-p1,option:tftp-server,10.0.0.9"],
                         [line for line in lines if "force" in line])
        self.assertEqual(["port=53"], [each for each in lines if each.startswith("port=")])
        self.assertEqual("fa:16:3e:00:00:05,10.0.0.5,web,set:port-p1\n", dhcp.render_hosts(network(ports=[port])))

    def test_stateful_addresses_of_version_6(self) -> None:
        six = subnet(id="s6", cidr="fd00::/64", ip_version=6, gateway_ip="fd00::1", dhcp_address="fd00::2",
                     ipv6_address_mode="dhcpv6-stateful", dns_nameservers=["fd00::53"])
        port = network()["ports"][0] | {"fixed_ips": [{"subnet_id": "s6", "ip_address": "fd00::5"}]}
        lines = self.lines(subnets=[six])
        self.assertIn("dhcp-range=set:subnet-s6,fd00::,static,64,600s", lines)
        self.assertIn("dhcp-option=tag:subnet-s6,option6:dns-server,[fd00::53]", lines)
        self.assertEqual("fa:16:3e:00:00:05,[fd00::5],web\n", dhcp.render_hosts(network(subnets=[six], ports=[port])))
        self.assertEqual([], bridge.dhcp_subnets(network(subnets=[six | {"ipv6_address_mode": "slaac"}])))

    def test_leases_of_unknown_cards_go(self) -> None:
        held = "99 fa:16:3e:00:00:05 10.0.0.5 web *\n99 fa:16:3e:00:00:06 10.0.0.6 gone *\n"
        self.assertEqual("99 fa:16:3e:00:00:05 10.0.0.5 web *\n", dhcp.kept_leases(held, network()))


class NatTest(unittest.TestCase):
    """nat.render"""

    def test_masquerade_only_leaving_traffic(self) -> None:
        self.assertIn('ip saddr 10.0.0.0/24 ip daddr != 10.0.0.0/24 oifname != "cu*" oifname != "cu01234567-89" masquerade',
                      nat.render([network()]))

    def test_local_networks_have_no_way_out(self) -> None:
        text = nat.render([network(nat=False)])
        self.assertNotIn("masquerade", text)
        self.assertIn('iifname "cu01234567-89" oifname "cu*" oifname != "cu01234567-89" drop', text)

    def test_the_order_of_networks_does_not_matter(self) -> None:
        one, two = network(), network(id="f" + ID[1:], bridge="cuf1234567-89")
        self.assertEqual(nat.render([one, two]), nat.render([two, one]))


class NameServersTest(unittest.TestCase):
    """driver.name_servers"""

    def test_configured_win_over_the_hosts_own(self) -> None:
        resolv_conf = "# none\nnameserver 127.0.0.53\nnameserver 9.9.9.9\nnameserver fd00::1\nsearch x\n"
        self.assertEqual(["9.9.9.9"], driver.name_servers([], resolv_conf))
        self.assertEqual(["1.1.1.1"], driver.name_servers(["1.1.1.1"], resolv_conf))


if __name__ == "__main__":
    unittest.main()
