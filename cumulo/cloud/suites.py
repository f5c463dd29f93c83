"""`cumulo test`: the suites of a checkout, and one closing line that counts them.

Each suite is a run of its own: what one leaves behind in its process never reaches the next. The crash
and real suites need root and the programs they drive; without them they count as skipped, and say why.
All suites go in two lanes side by side: those that mostly compute in one, those that mostly wait for
machines and servers in the other. A suite's output is shown whole when it has ended.
"""

import concurrent.futures
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from cumulo.cloud.refusal import Refusal
from cumulo.cloud.stages import say

LANES = (("unit", "functional", "fuzz", "contract", "simulation"), ("real", "crash"))
SUITES = tuple(suite for lane in LANES for suite in lane)
NEED_ROOT = ("crash", "real")
Counts = tuple[int, int, int]  # passed, failed, skipped
_TOOLS = ("libvirtd", "qemu-system-x86_64", "qemu-img", "dnsmasq", "nft")


def run(suite: str) -> int:
    """Run a suite or all; 1 when a test failed or none ran."""
    root = pathlib.Path(__file__).resolve().parents[2]
    if not (root / "tests").is_dir():
        raise Refusal("the tests are in the source tree only; run ./cloud test in a checkout")
    lanes = LANES if suite == "all" else ((suite,),)
    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
        lane_counts = list(pool.map(functools.partial(_run_lane, root), lanes))
    passed, failed, skipped = (sum(column) for column in zip(*lane_counts, strict=True))
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


def _run_lane(root: pathlib.Path, lane: tuple[str, ...]) -> Counts:
    """Run suites one after the other."""
    counts = [_run_or_skip(root, name) for name in lane]
    return sum(count[0] for count in counts), sum(count[1] for count in counts), sum(count[2] for count in counts)


def _run_or_skip(root: pathlib.Path, name: str) -> Counts:
    obstacle = _obstacle() if name in NEED_ROOT else ""
    if not obstacle:
        return _run_suite(root, name)
    count = _count(root, name)
    say(f"{name}: {count} tests skipped, {obstacle}")
    return 0, 0, count


def _obstacle() -> str:
    if os.geteuid() != 0:
        return "they need root"
    missing = [tool for tool in _TOOLS if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]
    return f"missing: {', '.join(missing)}" if missing else ""


def _run_suite(root: pathlib.Path, name: str) -> Counts:
    began = time.monotonic()
    say(f"{name}: begins")
    with tempfile.NamedTemporaryFile("r", prefix="cumulo-tests-") as report, tempfile.TemporaryFile("w+") as output:
        # A file, not a pipe: a server that outlives its test would keep a pipe open for ever.
        code = subprocess.run([sys.executable, "-m", "cumulo.cloud.suites_worker", name, report.name],
                              cwd=root, check=False, stdout=output, stderr=subprocess.STDOUT).returncode
        counts = report.read().split()
        output.seek(0)
        say(f"{name}: took {time.monotonic() - began:.1f} s\n{output.read()}")
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
