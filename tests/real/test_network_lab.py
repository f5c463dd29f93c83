"""Networks over several hosts on a real kernel: see the scenarios for what is checked.

Every host is a network namespace of its own in one that is thrown away.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).parents[2]
_PREPARE = ("mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec \"$0\" -W ignore::Warning "
            "-m \"$1\"")


def started(story: str) -> list[str]:
    """The command line that tells a story in namespaces of its own."""
    return ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
            "sh", "-c", _PREPARE, sys.executable, story]


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipUnless(all(shutil.which(each) for each in ("dnsmasq", "nft", "ip", "unshare")), "needs its programs")
class LabTest(unittest.TestCase):
    """Stories told in the lab of tests/lab."""

    def test_tunnels(self) -> None:
        self._run("tests.real.tunnels_scenario")

    def test_filter(self) -> None:
        self._run("tests.real.filter_scenario")

    def test_routers(self) -> None:
        self._run("tests.real.router_scenario")

    def test_failover(self) -> None:
        self._run("tests.real.failover_scenario")

    @unittest.skipUnless(shutil.which("ovs-vswitchd"), "needs openvswitch-switch")
    def test_switch(self) -> None:
        self._run("tests.real.switch_scenario")

    def test_healed(self) -> None:
        self._run("tests.real.healed_scenario")

    def test_stopped(self) -> None:
        self._run("tests.real.stopped_scenario")

    def test_rules(self) -> None:
        self._run("tests.real.rules_scenario")

    def _run(self, story: str) -> None:
        finished = subprocess.run(started(story), cwd=ROOT, capture_output=True, text=True, timeout=300)
        self.assertEqual(0, finished.returncode, finished.stdout + finished.stderr)


if __name__ == "__main__":
    unittest.main()
