"""Stop the network agent of a host before every change that it makes, and hold what its successor makes to what is desired.

    python -m tests.lab.everywhere                      Linux bridges, then Open vSwitch; some minutes; root
    python -m tests.lab.everywhere --every 7 --mechanism linuxbridge
"""

import argparse
import os
import subprocess
import sys

from tests.real.test_network_lab import ROOT, started


def main() -> int:
    """Run both; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.everywhere", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="stop it after every so many changes")
    parser.add_argument("--mechanism", action="append", choices=("linuxbridge", "openvswitch"))
    arguments = parser.parse_args()
    failed = 0
    for mechanism in arguments.mechanism or ("linuxbridge", "openvswitch"):
        environment = os.environ | {"CUMULO_LAB_EVERY": str(arguments.every), "CUMULO_LAB_MECHANISM": mechanism}
        failed |= subprocess.run(started("tests.real.stopped_scenario"), cwd=ROOT, env=environment, check=False,
                                 stderr=subprocess.DEVNULL).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
