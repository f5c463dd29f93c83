"""Power actions of the host: only where they are allowed."""

import unittest

from cumulo.common import errors
from cumulo.compute.agent import host_power


class HostPowerTest(unittest.TestCase):
    """act"""

    def test_only_where_allowed(self) -> None:
        ran: list[list[str]] = []
        with self.assertRaises(errors.Conflict):
            host_power.act("reboot", is_allowed=False, run=ran.append)
        with self.assertRaises(errors.BadRequest):
            host_power.act("explode", is_allowed=True, run=ran.append)
        self.assertEqual([], ran)
        self.assertEqual("shutdown", host_power.act("shutdown", is_allowed=True, run=ran.append))
        self.assertEqual([["systemctl", "--no-block", "poweroff"]], ran)
