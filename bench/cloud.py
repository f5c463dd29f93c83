"""The embedded cloud's figures: memory, seconds to the first answer, seconds to SSH.

    python -m bench.cloud [--port 5900] [--guest-cache DIRECTORY]      as root

Starts an embedded cloud in a temporary directory, twice, prints each figure beside its goal and
removes the cloud. --guest-cache names a directory with a built guest image to start from.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

GOALS = {"memory_mib": 250.0, "second_up_s": 5.0, "first_ssh_s": 30.0}
COMMAND = str(pathlib.Path(sys.executable).with_name("cumulo"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=5900)
    parser.add_argument("--guest-cache", type=pathlib.Path)
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-"))
    directory.chmod(0o755)
    state = directory / "state"
    arguments = ["--state-dir", str(state), "--port", str(options.port)]
    if options.guest_cache:
        shutil.copytree(options.guest_cache, state / "cache")
    try:
        measure(state, arguments)
    finally:
        _cumulo("destroy", "--yes", "--state-dir", str(state), check=False)
        shutil.rmtree(directory, ignore_errors=True)


def measure(state: pathlib.Path, arguments: list[str]) -> None:
    """Start the cloud, weigh it, start it again."""
    stages = _stages(_cumulo("up", *arguments))
    for name, seconds in stages.items():
        print(f"first up, {name:<14} {seconds:8.1f} s")
    _report("first server's SSH", stages["first-server"] + stages["ssh"], "first_ssh_s", "s")
    _report("memory (PSS)", _memory_mib(state), "memory_mib", "MiB")
    _cumulo("down", "--state-dir", str(state))
    began = time.monotonic()
    again = _stages(_cumulo("up", *arguments, "--no-first-server"))
    print(f"second up, whole       {time.monotonic() - began:8.1f} s")
    _report("second up to an answer", sum(again[name] for name in ("prepare", "hypervisor", "schema", "services")),
            "second_up_s", "s")


def _cumulo(*arguments: str, check: bool = True) -> str:
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=900)
    if check and done.returncode:
        raise SystemExit(f"cumulo {arguments[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def _stages(output: str) -> dict[str, float]:
    """Return the seconds of each stage from the table that `up` prints."""
    table = output.rpartition("Times:")[2]
    return {name: float(seconds) for name, seconds in re.findall(r"^\s+([\w-]+)\s+([\d.]+) s$", table, re.MULTILINE)}


def _memory_mib(state: pathlib.Path) -> float:
    """Return what all of the cloud's processes take, shared pages divided; guests are not counted."""
    total_kib = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            if str(state) not in command or "qemu-system" in command:
                continue
            rollup = (process / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        total_kib += int(re.findall(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[0])
    return total_kib / 1024


def _report(what: str, figure: float, goal: str, unit: str) -> None:
    verdict = "met" if figure <= GOALS[goal] else "MISSED"
    print(f"{what:<22} {figure:8.1f} {unit}   goal {GOALS[goal]:g} {unit}: {verdict}")


if __name__ == "__main__":
    main()
