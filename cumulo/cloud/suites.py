"""`cumulo test`: the suites of a checkout, and one closing line that counts them.

Each suite is a run of its own: what one leaves behind in its process never reaches the next. The crash
and real suites need root and the programs they drive; without them they count as skipped, and say why.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from cumulo.cloud.refusal import Refusal
from cumulo.cloud.stages import say

SUITES = ("unit", "functional", "simulation", "fuzz", "contract", "crash", "real")
NEED_ROOT = ("crash", "real")
_TOOLS = ("libvirtd", "qemu-system-x86_64", "qemu-img", "dnsmasq", "nft")


def run(suite: str) -> int:
    """Run a suite or all; 1 when a test failed or none ran."""
    root = pathlib.Path(__file__).resolve().parents[2]
    if not (root / "tests").is_dir():
        raise Refusal("the tests are in the source tree only; run ./cloud test in a checkout")
    wanted = SUITES if suite == "all" else (suite,)
    passed = failed = skipped = 0
    for name in wanted:
        obstacle = _obstacle() if name in NEED_ROOT else ""
        if obstacle:
            count = _count(root, name)
            say(f"{name}: {count} tests skipped, {obstacle}")
            skipped += count
            continue
        counts = _run_suite(root, name)
        passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


def _obstacle() -> str:
    if os.geteuid() != 0:
        return "they need root"
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]
    return f"missing: {', '.join(missing)}" if missing else ""


def _run_suite(root: pathlib.Path, name: str) -> tuple[int, int, int]:
    began = time.monotonic()
    with tempfile.NamedTemporaryFile("r", prefix="cumulo-tests-") as report:
        code = subprocess.run([sys.executable, "-m", "cumulo.cloud.suites_worker", name, report.name],
                              cwd=root, check=False).returncode
        counts = report.read().split()
    say(f"{name}: took {time.monotonic() - began:.1f} s")
    if len(counts) != 3:
        say(f"{name}: the run broke off with code {code}")
        return 0, 1, 0
    passed, failed, skipped = (int(count) for count in counts)
    return passed, failed, skipped


def _count(root: pathlib.Path, name: str) -> int:
    """Return how many tests a suite that cannot run has, without importing what is missing here."""
    files = (root / "tests" / name).rglob("test_*.py")
    return sum(line.lstrip().startswith("def test_") for path in files
               for line in path.read_text(encoding="utf-8").splitlines())
