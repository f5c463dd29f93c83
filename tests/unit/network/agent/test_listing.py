"""What the Linux driver lists: files and rules read back."""

import pathlib
import tempfile
import unittest

from cumulo.common.audit.holdings import HeldDhcp
from cumulo.common.clock import Clock
from cumulo.network.agent import nat
from cumulo.network.agent.dhcp import Dhcp

RULES = """table ip cumulo {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.1.0.0/24 ip daddr != 10.1.0.0/24 oifname != "cu01234567-89" masquerade
	}

	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname "cu01234567-89" oifname "cu*" oifname != "cu01234567-89" drop
		iifname "cufedcba98-76" oifname "cu*" oifname != "cufedcba98-76" drop
	}
}
"""


class RulesTest(unittest.TestCase):
    """nat.parsed"""

    def test_what_nft_lists(self) -> None:
        masqueraded, isolated = nat.parsed(RULES)
        self.assertEqual([("10.1.0.0/24", "cu01234567-89")], masqueraded)
        self.assertEqual(["cu01234567-89", "cufedcba98-76"], isolated)

    def test_what_render_writes(self) -> None:
        network = {"id": "n", "bridge": "cu1", "nat": True, "subnets": [
            {"ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}]}
        self.assertEqual(([("10.0.0.0/24", "cu1")], ["cu1"]), nat.parsed(nat.render([network])))


class DhcpTest(unittest.TestCase):
    """Dhcp.held"""

    def test_files_without_a_process(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            (directory / "n").mkdir()
            (directory / "n" / "hosts").write_text("FA:16:3e:00:00:01,10.0.0.3,one\n")
            (directory / "n" / "leases").write_text("0 fa:16:3e:00:00:02 10.0.0.4 two *\n")
            dhcp = Dhcp(directory, [], 60, Clock())
            self.assertEqual((HeldDhcp("n", False, (("fa:16:3e:00:00:01", "10.0.0.3"),),
                                       (("fa:16:3e:00:00:02", "10.0.0.4"),)),), dhcp.held())
            self.assertEqual((), dhcp.processes())

    def test_no_directory(self) -> None:
        self.assertEqual((), Dhcp(pathlib.Path("/nonexistent/dhcp"), [], 60, Clock()).held())


if __name__ == "__main__":
    unittest.main()
