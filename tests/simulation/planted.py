"""Bugs planted on purpose: each must be found by the simulator, or its checks prove nothing.

    python -m tests.simulation.planted [--seeds 10000] [name ...]

Every patch in planted/ is applied to a copy of the tree, and seeds are run there until one fails.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATCHES = pathlib.Path(__file__).with_name("planted")


def names() -> list[str]:
    """Return every planted bug."""
    return sorted(path.stem for path in PATCHES.glob("*.patch"))


def plant(name: str, directory: pathlib.Path) -> None:
    """Make a copy of the tree with one bug in it; CalledProcessError when the patch fits no more."""
    for part in ("cumulo", "tests"):
        shutil.copytree(ROOT / part, directory / part, ignore=shutil.ignore_patterns("__pycache__"))
    # No fuzz: a patch that fits only nearly might plant something else.
    subprocess.run(["patch", "-p1", "--fuzz=0", "--quiet", "-i", str(PATCHES / f"{name}.patch")], cwd=directory,
                   check=True, capture_output=True)


def first_failure(name: str, seeds: int, first: int = 0) -> tuple[int | None, str]:
    """Return the first seed that finds a planted bug, None if none does, and what was printed."""
    with tempfile.TemporaryDirectory(prefix="cumulo-planted-") as directory:
        plant(name, pathlib.Path(directory))
        command = [sys.executable, "-m", "tests.simulation.main", "--seeds", str(seeds), "--from", str(first),
                   "--stop-after", "1"]
        result = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True,
                                env=os.environ | {"PYTHONPATH": directory, "PYTHONHASHSEED": "0"})
    found = re.search(r"^seed (\d+):", result.stdout, re.MULTILINE)
    return (int(found[1]) if found else None), result.stdout + result.stderr


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every bug, or those that are named; 1 when one was not found."""
    parser = argparse.ArgumentParser(prog="planted", description="Find the planted bugs.")
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    missed = 0
    for name in options.names or names():
        began = time.monotonic()
        seed, printed = first_failure(name, options.seeds)
        missed += seed is None
        print(f"{name}: {'not found' if seed is None else f'found by seed {seed}'} ({time.monotonic() - began:.0f} s)",
              flush=True)
        if seed is None:
            print(printed[-2000:], flush=True)
    print(f"{len(options.names or names())} planted, {missed} not found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
