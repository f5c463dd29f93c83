"""What volumes' data goes through: exports by NBD and iSCSI beside QEMU's own NBD server and the file itself, in one run.

    python -m bench.volume_data [--mib 256] [--rounds 3] [--directory DIRECTORY]

One file is opened in five ways in turn, each round, by qemu-img bench: the way that a guest's QEMU opens it. The median of
the rounds counts. Reads come from the page cache, so what is compared is the way, not the disk. Before 8.1 QEMU's own server
over TCP holds small answers back; by path it is as fast as it gets. Clones are of 10 GiB, of which so many MiB are written.
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator

from cumulo.common import command
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.volume.agent.exports.iscsi import IscsiTarget
from cumulo.volume.agent.exports.nbd import NbdTarget, Place
from cumulo.volume.agent.exports.records import Records
from cumulo.volume.agent.exports.served import ServedExports
from cumulo.volume.agent.file import FileBackend
from cumulo.volume.agent.qcow2 import Qcow2Form

MIB, VOLUME_GIB = 1024 * 1024, 10
AIM = 0.9
ONE, TWO, KEPT = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))
TIMEOUT_S = 120.0
#: What is asked: bytes at once, bytes from one to the next (None: one after the other), whether it is written.
LOADS = {"sequential read": (MIB // 4, None, False), "sequential write": (MIB // 4, None, True),
         "scattered read": (4096, 1021 * 4096, False), "scattered write": (4096, 1021 * 4096, True)}
DEPTH, SCATTERED = 16, 4096


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def seconds(opened: str, load: str, mib: int, password: str) -> float:
    """Return how long a load took on what a name opens."""
    size, step, writes = LOADS[load]
    count = SCATTERED if step else mib * MIB // size
    argv = ["qemu-img", "bench", "-f", "raw", "-t", "writeback", "-d", str(DEPTH), "-c", str(count), "-s", str(size),
            "-S", str(step or size), *(["-w", "--flush-interval", str(count)] if writes else []), opened]
    known = {"LIBISCSI_CHAP_USERNAME": ONE, "LIBISCSI_CHAP_PASSWORD": password}
    said = command.run(argv, timeout_s=TIMEOUT_S, environment=known).stdout.decode()
    found = re.search(r"Run completed in ([0-9.]+) seconds", said)
    if found is None:
        raise SystemExit(f"qemu-img bench said {said!r}")
    return float(found[1])


def ways(directory: pathlib.Path, path: pathlib.Path) -> Iterator[tuple[str, Callable[[], tuple[str, str]], Callable[[], None]]]:
    """Yield name, what makes a way and returns how it is opened with which password, and what ends it."""
    yield "file", lambda: (str(path), ""), lambda: None
    port, server = free_port(), []
    by_path = directory / "qemu-nbd.socket"

    def own_nbd(opened: str, *options: str) -> tuple[str, str]:
        server.append(subprocess.Popen(["qemu-nbd", "-f", "raw", "--persistent", "-e", "4", *options, str(path)]))
        while command.run(["qemu-img", "info", opened], timeout_s=TIMEOUT_S, check=False).code:
            time.sleep(0.02)
        return opened, ""

    def end_own_nbd() -> None:
        server.pop().terminate()
        time.sleep(0.2)

    yield "qemu-nbd", lambda: own_nbd(f"nbd://127.0.0.1:{port}", "-b", "127.0.0.1", "-p", str(port)), end_own_nbd
    yield "qemu-nbd by path", lambda: own_nbd(f"nbd+unix:///?socket={by_path}", "-k", str(by_path)), end_own_nbd
    for kind, target_of in (("nbd", NbdTarget), ("iscsi", IscsiTarget)):
        place = Place("127.0.0.1", free_port())
        target = target_of(directory / kind, place, Clock())
        exports = ServedExports(target, Records(directory / kind / "wanted"), Ids(), Threads())

        def ours(exports: ServedExports = exports, place: Place = place, kind: str = kind) -> tuple[str, str]:
            said = exports.open(ONE, {"path": str(path)})
            if kind == "nbd":
                return f"nbd://127.0.0.1:{place.port}/{ONE}", ""
            return f"iscsi://127.0.0.1:{place.port}/{said['target']}/1", exports.secret(ONE)["password"]

        def end(exports: ServedExports = exports, target: NbdTarget | IscsiTarget = target) -> None:
            exports.withdraw(ONE)
            target.stop()

        yield kind, ours, end


def compare(directory: pathlib.Path, path: pathlib.Path, mib: int, rounds: int) -> None:
    """Print how fast each way is, beside QEMU's own NBD."""
    took: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for name, begin, end in ways(directory, path):
            opened, password = begin()
            try:
                for load in LOADS:
                    took.setdefault((load, name), []).append(seconds(opened, load, mib, password))
            finally:
                end()
    names = list(dict.fromkeys(name for _, name in took))
    for load, (size, step, _) in LOADS.items():
        figures = {name: statistics.median(took[load, name]) for name in names}
        moved = SCATTERED if step else mib
        unit = "operations a second" if step else "MiB a second"
        print(f"{load:<17} " + "   ".join(f"{name} {moved / figures[name]:8.0f}" for name in names) + f"   {unit}   " + "   ".join(
            f"{name} / qemu-nbd {figures['qemu-nbd'] / figures[name]:.2f}{'' if figures['qemu-nbd'] / figures[name] >= AIM else ' MISSED'}"
            for name in names if name in ("nbd", "iscsi")) + f"   load {os.getloadavg()[0]:.1f}", flush=True)


def clone(backend: FileBackend, mib: int) -> None:
    """Print how long a clone takes of a volume that has so many MiB written, and a snapshot."""
    backend.create(ONE, VOLUME_GIB)
    backend.write(ONE, VOLUME_GIB, lambda sink: [sink.write(each * MIB, os.urandom(MIB)) for each in range(mib)], replace=True)
    form, took = backend.connection(ONE, "h", "h")["format"], []
    for make in (lambda: backend.clone(TWO, ONE, VOLUME_GIB), lambda: backend.snapshot(KEPT, ONE)):
        begun = time.monotonic()
        make()
        took.append(time.monotonic() - begun)
    print(f"{form}: clone of {VOLUME_GIB} GiB with {mib} MiB written {took[0]:.2f} s, snapshot {took[1]:.2f} s", flush=True)
    backend.delete(TWO)
    backend.delete_snapshot(KEPT)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", default=None)
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-", dir=options.directory))
    try:
        backend = FileBackend(directory / "volumes", Threads(), name="file")
        for each in (FileBackend(directory / "qcow2", Threads(), name="qcow2", form=Qcow2Form(Threads())), backend):
            clone(each, options.mib)
        compare(directory, backend.path(ONE), options.mib, options.rounds)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
