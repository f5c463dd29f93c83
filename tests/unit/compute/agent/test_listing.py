"""Domains and directories put together."""

import unittest

from cumulo.common.audit.holdings import HeldServer
from cumulo.compute.agent.listing import combined

ONE, TWO = "5e000000-0000-4000-8000-000000000001", "5e000000-0000-4000-8000-000000000002"


class CombinedTest(unittest.TestCase):
    """combined"""

    def test_domains_directories_and_strays(self) -> None:
        held = combined([HeldServer(ONE, "running", True, devices=("tap1",))],
                        {ONE: ("base", "disk"), TWO: (), ".odd": ()}, [".x.partial"])
        self.assertEqual((HeldServer(ONE, "running", True, ("base", "disk"), ("tap1",)), HeldServer(TWO, None, False)),
                         held.servers)
        self.assertEqual(("images-cache/.x.partial", "servers/.odd"), held.strays)


if __name__ == "__main__":
    unittest.main()
