"""Open vSwitch: what a network is in the switch, and what a host says that has one."""

import unittest
from typing import Any
from unittest import mock

from cumulo.network.agent import openvswitch
from cumulo.network.agent.bridge import plan
from cumulo.network.agent.kernel import OPENVSWITCH, Abilities, Place

NETWORK_ID = "01234567-89ab-4def-8123-456789abcdef"
BARE = Abilities(vxlan=True, vlan=False, gre=False)
SWITCHED = Place("192.0.2.2", {"physnet1": "eth1"}, BARE, OPENVSWITCH)


def network(kind: str, number: int | None = None, physical: str | None = None) -> dict[str, Any]:
    port = {"mac_address": "fa:16:3e:00:00:01", "tunnel_address": "192.0.2.1", "fixed_ips": [{"ip_address": "10.0.0.1"}]}
    return {"id": NETWORK_ID, "bridge": "cu01234567-89", "mtu": 1400, "admin_state_up": True, "nat": False, "subnets": [],
            "dhcp_mac_address": None, "ports": [port],
            "provider": {"type": kind, "physical_network": physical, "segmentation_id": number}}


class SwitchTest(unittest.TestCase):
    """What is in the switch."""

    def _flows(self, made: dict[str, Any], place: Place = SWITCHED) -> list[str]:
        return sorted(openvswitch.flows(plan(made, place)["way"]))

    def test_tunnels_lead_each_card_to_its_host(self) -> None:
        for kind in ("vxlan", "gre"):
            self.assertEqual([
                f'priority=10,in_port=cumulo-{kind},tun_id=7,actions=output:"cux01234567-89"',
                "priority=10,in_port=cux01234567-89,dl_dst=fa:16:3e:00:00:01,actions=set_field:7->tun_id,"
                f'set_field:192.0.2.1->tun_dst,output:"cumulo-{kind}"'], self._flows(network(kind, 7)))

    def test_a_flat_network_and_a_vlan_share_a_wire(self) -> None:
        flat, tagged = self._flows(network("flat", None, "physnet1")), self._flows(network("vlan", 7, "physnet1"))
        self.assertEqual(2, len(flat))
        self.assertIn('priority=10,in_port=eth1,vlan_tci=0x0000/0x1fff,actions=output:"cuv01234567-89"', flat)
        self.assertEqual([
            'priority=10,in_port=cuv01234567-89,actions=push_vlan:0x8100,set_field:4103->vlan_vid,output:"eth1"',
            'priority=10,in_port=eth1,dl_vlan=7,actions=pop_vlan,output:"cuv01234567-89"'], tagged)

    def test_what_stays_on_the_host_has_no_way(self) -> None:
        for kind, physical in (("local", None), ("flat", "elsewhere")):
            self.assertIsNone(plan(network(kind, None, physical), SWITCHED)["way"])
        self.assertIsNone(plan(network("vxlan", 7), Place("192.0.2.2"))["way"])

    def test_who_just_began_takes_nothing_from_the_networks_that_stay(self) -> None:
        way, stray = plan(network("vxlan", 7), SWITCHED)["way"], "cux00000000-00"
        ports = f"cumulo-gre\ncumulo-vxlan\n{way['port']}\n{stray}\ntap01234567-89\n".encode()
        held = {"list-br": b"cumulo\n", "list-ports": ports}

        def answer(argv: list[str], **_: Any) -> mock.Mock:
            return mock.Mock(stdout=next((said for word, said in held.items() if word in argv), b""))

        switch = openvswitch.Switch("netdev", "192.0.2.2", ())
        with mock.patch.object(openvswitch.command, "run", side_effect=answer) as run, \
                mock.patch.object(openvswitch, "_instance", return_value="1 2"):
            switch.make_room([NETWORK_ID])
            first = [each.args[0] for each in run.call_args_list]
            self.assertEqual([stray], [argv[-1] for argv in first if "del-port" in argv])
            self.assertEqual([], [argv for argv in first if argv[0] == "ovs-ofctl"], "flows are those of guests that talk")
            switch.apply(NETWORK_ID, way)
            run.reset_mock()
            for _ in range(2):  # the second time there is nothing to do
                switch.sweep([NETWORK_ID])
            (flows,) = [each for each in run.call_args_list if "replace-flows" in each.args[0]]
            self.assertEqual(sorted(openvswitch.flows(way)), flows.kwargs["input"].decode().splitlines())
            switch.make_room([])  # it leaves this host, and comes back before that run could be ended
            run.reset_mock()
            switch.apply(NETWORK_ID, way)
            self.assertEqual(1, sum("add-port" in each.args[0] for each in run.call_args_list))

    def test_what_a_host_says_of_itself(self) -> None:
        self.assertEqual(["local", "flat", "vlan", "vxlan", "gre", "trunk", "dns", "metering"], SWITCHED.inventory()["types"])
        self.assertEqual("openvswitch", SWITCHED.inventory()["mechanism"])
        self.assertEqual(["local", "flat", "vxlan", "dns", "metering"], Place("192.0.2.1", {}, BARE).inventory()["types"])
        self.assertIn("by Open vSwitch (netdev); tunnels at 192.0.2.2;", SWITCHED.sentence())


if __name__ == "__main__":
    unittest.main()
