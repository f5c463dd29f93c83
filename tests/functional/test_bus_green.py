"""The bus in a monkey-patched process, as the services run it: its own tests again, on green threads."""

import subprocess
import sys
import unittest

GREEN = "import eventlet; eventlet.monkey_patch(); import sys, unittest; unittest.main(None, argv=sys.argv)"


class GreenTest(unittest.TestCase):
    """A process of its own, because patching cannot be undone."""

    def test_the_bus_works_on_green_threads(self) -> None:
        names = ["tests.unit.common.rpc.test_bus", "tests.unit.common.rpc.test_workers"]
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", GREEN, *names], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(0, done.returncode, done.stderr)
