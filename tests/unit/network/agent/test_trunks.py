"""Trunks of a host: which devices carry which ports, and their numbers and flows in the switch."""

import unittest
from typing import Any

from cumulo.common import names
from cumulo.network.agent.openvswitch import trunk_flows
from cumulo.network.agent.trunks import Carried, carried, numbers
from cumulo.network.agent.wanted import Wanted

PARENT, CHILD, AFAR = (f"{number:08d}-0000-4000-8000-000000000000" for number in (1, 2, 3))


def port(port_id: str, *sub_ports: tuple[str, str, int], is_here: bool = True) -> dict[str, Any]:
    return {"id": port_id, "is_here": is_here, "sub_ports": [
        {"port_id": each, "network_id": network_id, "segmentation_id": tag} for each, network_id, tag in sub_ports]}


def network(bridge: str, *ports: dict[str, Any]) -> dict[str, Any]:
    return {"bridge": bridge, "mtu": 1400, "ports": list(ports)}


class TrunksTest(unittest.TestCase):
    """From the document to devices."""

    def test_sub_ports_that_are_here_too(self) -> None:
        wanted = Wanted({"a": network("cua", port(PARENT, (CHILD, "b", 101), (AFAR, "b", 102), (CHILD, "gone", 103))),
                         "b": network("cub", port(CHILD), port(AFAR, is_here=False))})
        self.assertEqual([Carried(names.tap_name(PARENT), 101, names.tap_name(CHILD), "cub", 1400)], carried(wanted))

    def test_each_card_has_a_number_of_its_own(self) -> None:
        cards = [f"tap{number}" for number in range(2000)]
        found = numbers(cards)
        self.assertEqual(len(cards), len(set(found.values())))
        self.assertTrue(all(20000 <= each < 60000 for each in found.values()))
        self.assertEqual(found, numbers(reversed(cards)))

    def test_tags_are_taken_off_and_put_on(self) -> None:
        number = numbers(["tap1"])["tap1"]
        self.assertEqual({
            f'priority=10,in_port={number},dl_vlan=101,actions=pop_vlan,output:"tap2"',
            f"priority=10,in_port=tap2,actions=push_vlan:0x8100,set_field:4197->vlan_vid,output:{number}",
        }, set(trunk_flows([Carried("tap1", 101, "tap2", "cu", 1400)])))


if __name__ == "__main__":
    unittest.main()
