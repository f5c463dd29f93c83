"""Networks over several hosts on a real kernel: see tunnels_scenario for what is checked.

Every host is a network namespace of its own in one that is thrown away.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

_ROOT = pathlib.Path(__file__).parents[2]
_PREPARE = ("mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec \"$0\" -W ignore::Warning "
            "-m tests.real.tunnels_scenario")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipUnless(all(shutil.which(each) for each in ("dnsmasq", "nft", "ip", "unshare")), "needs its programs")
class TunnelsTest(unittest.TestCase):
    """Two networks on three hosts."""

    def test_tunnels(self) -> None:
        finished = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
             "sh", "-c", _PREPARE, sys.executable], cwd=_ROOT, capture_output=True, text=True, timeout=120)
        self.assertEqual(0, finished.returncode, finished.stdout + finished.stderr)


if __name__ == "__main__":
    unittest.main()
