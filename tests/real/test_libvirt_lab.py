"""A running guest moves between two real hypervisors, seen from a third host: tests/lab/libvirt.py tells how it is made."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

_ROOT = pathlib.Path(__file__).parents[2]
_missing = [name for name in ("libvirtd", "qemu-system-x86_64", "qemu-img", "genisoimage", "dnsmasq", "nft", "unshare")
            if shutil.which(name) is None]


@unittest.skipIf(os.geteuid() != 0 or _missing, f"needs root and programs (missing: {_missing})")
class LibvirtLabTest(unittest.TestCase):
    """The short story; the others: python -m tests.lab.libvirt whole."""

    def test_a_guest_moves_while_it_runs(self) -> None:
        finished = subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.lab.libvirt", "short"], cwd=_ROOT,
                                  capture_output=True, text=True, timeout=420, check=False)
        self.assertEqual(0, finished.returncode, finished.stdout + finished.stderr)
        print(finished.stdout)


if __name__ == "__main__":
    unittest.main()
