"""cumulo-simulate: the simulator of a checkout, which lives beside the tests."""

import os
import pathlib
import sys


def main() -> None:
    """Become `python -m tests.simulation.main` in the source tree."""
    root = pathlib.Path(__file__).resolve().parents[2]
    if not (root / "tests" / "simulation").is_dir():
        sys.exit("cumulo-simulate: the simulator is in the source tree only; run it in a checkout")
    os.chdir(root)
    os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.main", *sys.argv[1:]])
