"""What of a network's devices is seen to be missing, misplaced or down."""

import unittest
from typing import Any

from cumulo.network.agent.bridge import is_whole
from cumulo.network.agent.links import Link

PLAN: dict[str, Any] = {"bridge": "cu1", "up": True, "namespace": False, "namespace_name": "cudhcp-1", "veth": "cud1",
                        "tunnel_name": "cux1", "tunnel": None, "vlan": None, "vlan_name": "cuv1", "uplink": None}
SEEN = {"cu1": Link(4, 0, True), "cux1": Link(5, 4, True), "eth1": Link(2, 4, True)}


class WholeTest(unittest.TestCase):
    """Devices of a plan among those of a host."""

    def test_what_is_as_planned(self) -> None:
        for plan in ({"tunnel": {"cards": []}}, {"uplink": "eth1"}, {"tunnel": None}):
            self.assertTrue(is_whole(PLAN | plan, SEEN), plan)

    def test_what_is_not(self) -> None:
        wanted = PLAN | {"tunnel": {"cards": []}}
        for seen in ({}, SEEN | {"cu1": Link(4, 0, False)}, SEEN | {"cu1": Link(6, 0, True)}, SEEN | {"cux1": Link(5, 0, True)},
                     SEEN | {"cux1": Link(5, 4, False)}, {"cu1": SEEN["cu1"]}):
            self.assertFalse(is_whole(wanted, seen), seen)
        self.assertFalse(is_whole(PLAN | {"vlan": ["eth1", 7]}, SEEN))
        self.assertFalse(is_whole(PLAN | {"namespace": True}, SEEN | {"cud1": Link(9, 4, True)}), "no such namespace")


if __name__ == "__main__":
    unittest.main()
