"""Domains and directories put together."""

import unittest

from cumulo.common.audit.holdings import HeldServer
from cumulo.compute.agent.listing import combined

ONE, TWO, THREE = (f"5e000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))


class CombinedTest(unittest.TestCase):
    """combined"""

    def test_domains_directories_and_strays(self) -> None:
        held = combined([HeldServer(ONE, "running", True, devices=("tap1",))],
                        {ONE: ("base", "disk"), TWO: (), ".odd": ()}, {ONE: 1, THREE: 2}, [".x.partial"])
        self.assertEqual((
            HeldServer(ONE, "running", True, ("base", "disk"), ("tap1",), 1), HeldServer(TWO, None, False),
            HeldServer(THREE, None, False, processes=2)), held.servers)
        self.assertEqual(("images-cache/.x.partial", "servers/.odd"), held.strays)


if __name__ == "__main__":
    unittest.main()
