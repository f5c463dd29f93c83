"""The network agent on a real kernel: see network_scenario for what is checked.

It runs in namespaces of its own: no device, process or rule of this machine is seen or touched.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

_ROOT = pathlib.Path(__file__).parents[2]
_PREPARE = ("mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec \"$0\" -W ignore::Warning "
            "-m tests.real.network_scenario \"$@\"")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipUnless(all(shutil.which(each) for each in ("dnsmasq", "nft", "ip", "unshare")), "needs its programs")
class NetworkAgentTest(unittest.TestCase):
    """One life of a host's network, with and without monkey patching."""

    def _run(self, *arguments: str) -> None:
        finished = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
             "sh", "-c", _PREPARE, sys.executable, *arguments],
            cwd=_ROOT, capture_output=True, text=True, timeout=120)
        self.assertEqual(0, finished.returncode, finished.stdout + finished.stderr)

    def test_with_threads(self) -> None:
        self._run()

    def test_monkey_patched(self) -> None:
        self._run("--patched")


if __name__ == "__main__":
    unittest.main()
