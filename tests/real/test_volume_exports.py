"""Volumes served over the network by the programs that really do it, on loopback: what guests are promised of them."""

import abc
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any

from cumulo.common import command, errors
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.volume.agent.exports.iscsi import IscsiTarget
from cumulo.volume.agent.exports.nbd import NbdTarget, Place
from cumulo.volume.agent.exports.records import Records
from cumulo.volume.agent.exports.served import ServedExports
from cumulo.volume.agent.exports.tgt import Control, Do, Mode
from cumulo.volume.agent.file import FileBackend
from cumulo.volume.agent.moments import Moments
from cumulo.volume.agent.qcow2 import Qcow2Form
from tests.fixtures.certificates import Authority
from tests.fixtures.slow_files import SlowFiles

ONE, TWO, THREE, FOUR = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3, 4))
MIB = 1024 * 1024
SIZE_MIB = 64
TIMEOUT_S = 30.0
AGENT = """
import pathlib, sys
from tests.real.test_volume_exports import exports_of
exports_of(sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]))[0].open(sys.argv[4], {"path": sys.argv[5]})
print("open", flush=True)
sys.stdin.read()
"""


def exports_of(kind: str, directory: pathlib.Path, port: int) -> tuple[ServedExports, Any]:
    """Return the exports of a directory, as any process that looks after it makes them, and what serves them."""
    target = {"nbd": NbdTarget, "iscsi": IscsiTarget}[kind](directory, Place("127.0.0.1", port), Clock())
    return ServedExports(target, Records(directory / "wanted"), Ids(), Threads()), target


class _Served(abc.ABC):
    """The promises that every kind of export keeps."""

    kind = ""

    def setUp(self) -> None:
        test: Any = self
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-export-test-"))
        test.addCleanup(shutil.rmtree, self.directory)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.exports, self.target = exports_of(self.kind, self.directory, self.port)
        test.addCleanup(self.target.stop)

    def volume(self, volume_id: str, directory: pathlib.Path | None = None) -> pathlib.Path:
        """Make the file of a volume and export it."""
        path = (directory or self.directory) / f"volume-{volume_id}"
        with path.open("wb") as file:
            file.truncate(SIZE_MIB * MIB)
        self.exports.open(volume_id, {"path": str(path)})
        return path

    @abc.abstractmethod
    def options(self, volume_id: str) -> str:
        """Return what opens an export, with its password where it has one."""

    def io(self, volume_id: str, *commands: str, options: str = "") -> command.Result:
        """Run qemu-io's commands on an export."""
        argv = ["qemu-io", "--image-opts", options or self.options(volume_id)]
        for each in commands:
            argv += ["-c", each]
        return command.run(argv, timeout_s=TIMEOUT_S, check=False)

    def kill(self) -> None:
        """Kill what serves, and wait until it is dead."""
        os.kill(self.target.pid(), signal.SIGKILL)
        while self.target.pid() is not None:
            time.sleep(0.01)

    def begins(self, path: pathlib.Path, pattern: int, count: int) -> bool:
        """Say whether a file begins with so many bytes of a pattern."""
        with path.open("rb") as file:
            return file.read(count) == bytes([pattern]) * count

    def test_what_was_flushed_outlives_everybody(self) -> None:
        test: Any = self
        path = self.directory / f"volume-{ONE}"
        path.touch()
        os.truncate(path, SIZE_MIB * MIB)
        agent = subprocess.Popen(
            [sys.executable, "-c", AGENT, self.kind, str(self.directory), str(self.port), ONE, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        test.assertEqual("open\n", agent.stdout.readline())  # type: ignore[union-attr]
        agent.kill()
        agent.communicate()
        test.assertEqual((ONE,), self.exports.held(), "it is served although its agent is dead")
        test.assertEqual(0, self.io(ONE, "write -P 7 0 1M", "flush").code)
        self.kill()
        test.assertTrue(self.begins(path, 7, MIB))
        self.exports.keep()
        test.assertEqual(((ONE,), (ONE,)), (self.exports.held(), self.exports.wanted()))
        test.assertEqual(0, self.io(ONE, "read -P 7 0 1M").code)

    def test_a_guest_waits_for_what_serves_its_volume_and_goes_on(self) -> None:
        test: Any = self
        path = self.volume(ONE)
        writes = [f"write -P 9 {each}M 1M" for each in range(SIZE_MIB)]
        done: list[command.Result] = []
        guest = threading.Thread(target=lambda: done.append(self.io(ONE, *writes, "flush")))
        killed, first = self.target.pid(), SIZE_MIB // 4 * MIB
        guest.start()
        while not self.begins_at(path, 9, first):
            time.sleep(0.001)
        self.kill()
        time.sleep(0.3)
        self.exports.keep()
        guest.join(TIMEOUT_S)
        test.assertNotEqual(killed, self.target.pid())
        test.assertEqual(0, done[0].code, done[0].stderr)
        test.assertTrue(self.begins(path, 9, SIZE_MIB * MIB))

    def begins_at(self, path: pathlib.Path, pattern: int, offset: int) -> bool:
        """Say whether the byte at an offset is a pattern's."""
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(1) == bytes([pattern])

    def test_a_full_disk_fails_its_own_volume_alone(self) -> None:
        test: Any = self
        small = self.directory / "small"
        small.mkdir()
        command.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(small)], timeout_s=10)
        test.addCleanup(command.run, ["umount", str(small)], timeout_s=10)
        test.addCleanup(self.target.stop)
        self.volume(ONE, small)
        other = self.volume(TWO)
        test.assertNotEqual(0, self.io(ONE, *(f"write -P 3 {each}M 1M" for each in range(16)), "flush").code)
        test.assertEqual(0, self.io(TWO, "write -P 4 0 1M", "flush").code)
        test.assertTrue(self.begins(other, 4, MIB))
        test.assertEqual((ONE, TWO), self.exports.held())

    def test_it_is_served_as_long_as_it_is_wanted(self) -> None:
        test: Any = self
        path = self.volume(ONE)
        for _ in range(2):
            self.exports.open(ONE, {"path": str(path)})
        self.target.drop(ONE)
        test.assertEqual(((), (ONE,)), (self.exports.held(), self.exports.wanted()))
        self.exports.keep()
        test.assertEqual((ONE,), self.exports.held())
        os.truncate(path, 2 * SIZE_MIB * MIB)
        self.exports.grown(ONE)
        test.assertEqual(0, self.io(ONE, f"write -P 5 {SIZE_MIB}M 1M").code)
        options = self.options(ONE)
        for _ in range(2):
            self.exports.withdraw(ONE)
            test.assertEqual(((), ()), (self.exports.held(), self.exports.wanted()))
        test.assertIsNone(self.target.pid(), "nothing is left to serve")
        test.assertNotEqual(0, self.io(ONE, "read 0 1M", options=options).code)
        test.assertRaises(errors.NotFound, self.exports.secret, ONE)


@unittest.skipUnless(shutil.which("qemu-storage-daemon"), "needs qemu-storage-daemon (qemu-utils)")
class NbdTest(_Served, unittest.TestCase):
    """qemu-storage-daemon."""

    kind = "nbd"

    def options(self, volume_id: str) -> str:
        """Return what opens an export."""
        return (f"driver=nbd,server.type=inet,server.host=127.0.0.1,server.port={self.port},export={volume_id},"
                "reconnect-delay=20")


    def test_small_answers_are_not_held_back(self) -> None:
        self.volume(ONE)
        argv = ["qemu-img", "bench", "-f", "raw", "-d", "16", "-c", "1600", "-s", "4096", "-S", "8192", f"nbd://127.0.0.1:{self.port}/{ONE}"]
        begun = time.monotonic()
        command.run(argv, timeout_s=TIMEOUT_S)
        self.assertLess(time.monotonic() - begun, 3.0, "a hundred times 40 ms were waited for acknowledgements")

    def test_only_certificates_of_the_authority_open_it_where_it_wants_them(self) -> None:
        ours, strangers = Authority("ours"), Authority("a stranger's")
        ours.certify(self.directory / "server", "server")
        ours.certify(self.directory / "client", "client")
        strangers.certify(self.directory / "stranger", "client")
        self.target = NbdTarget(self.directory, Place("127.0.0.1", self.port), Clock(), tls_directory=str(self.directory / "server"))
        self.exports = ServedExports(self.target, Records(self.directory / "wanted"), Ids(), Threads())
        self.volume(ONE)
        self.assertTrue(self.target.connection(ONE)["tls"])

        def io(who: str) -> command.Result:
            argv = ["qemu-io", "--object", f"tls-creds-x509,id=tls,endpoint=client,dir={self.directory / who}", "--image-opts",
                    f"{self.options(ONE)},tls-creds=tls", "-c", "write -P 8 0 1M"]
            return command.run(argv, timeout_s=TIMEOUT_S, check=False)

        self.assertNotEqual(0, self.io(ONE, "read 0 1M").code, "without any")
        self.assertNotEqual(0, io("stranger").code)
        self.assertEqual(0, io("client").code)


    def test_the_daemon_copies_a_volume_while_guests_write(self) -> None:
        backend = SlowFiles(self.directory / "volumes", Threads(), name="file")
        backend.create(ONE, 1)
        self.exports.open(ONE, backend.connection(ONE, "h", "h"))
        moments = Moments({"file": self.exports}, lambda _: [], lambda *_: {}, lambda _: True, Clock())
        self.assertEqual(0, self.io(ONE, "write -P 7 0 1M", "flush").code)
        count, done = 64, []
        writes = [f"write -P 9 {each}M 64k" for each in range(1, count)]
        guest = threading.Thread(target=lambda: done.append(self.io(ONE, *writes, "flush")))

        def die(percent: float) -> None:
            raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, moments.snapshot, backend, "file", TWO, ONE, die)
        guest.start()
        moments.snapshot(backend, "file", TWO, ONE, lambda _: None)  # goes on with the copy that was begun
        guest.join(TIMEOUT_S)
        self.assertEqual(0, done[0].code, done[0].stderr)
        with backend.read(ONE, TWO) as source:
            self.assertEqual(b"\x07" * MIB, source.read(0, MIB))
            there = [source.read(each << 20, 65536)[:1] for each in range(1, count)]
        kept = there.count(b"\x09")
        self.assertEqual([b"\x09"] * kept + [b"\0"] * (count - 1 - kept), there, "nothing that came later without what came before")
        self.assertLess((self.directory / "volumes" / f"snapshot-{TWO}").stat().st_blocks * 512, 8 * MIB)
        self.assertRaises(KeyboardInterrupt, moments.snapshot, backend, "file", THREE, ONE, die)
        moments.give_up(backend, "file", ONE, THREE)
        backend.delete_snapshot(THREE)
        self.assertRaises(KeyboardInterrupt, moments.snapshot, backend, "file", THREE, ONE, die)
        self.kill()
        self.assertRaises(errors.Retry, moments.snapshot, backend, "file", THREE, ONE, die)
        self.exports.keep()
        moments.snapshot(backend, "file", THREE, ONE, lambda _: None)
        self.assertRaises(KeyboardInterrupt, moments.clone, backend, "file", FOUR, ONE, 1, die)
        self.exports.withdraw(ONE)
        moments.clone(backend, "file", FOUR, ONE, 1, lambda _: None)
        self.assertEqual(backend.path(ONE).read_bytes()[:64 * MIB], backend.path(FOUR).read_bytes()[:64 * MIB])
        self.assertEqual(((), {TWO, THREE}), (backend.holdings().partial, set(backend.holdings().snapshots)))

    def test_a_copy_of_what_a_guest_writes_to_is_of_one_moment(self) -> None:
        backend = FileBackend(self.directory / "volumes", Threads(), name="file", form=Qcow2Form(Threads()), closed=self.exports.closed)
        self.assertTrue(backend.capabilities()["instant_snapshots"])
        backend.create(ONE, 1)
        self.exports.open(ONE, backend.connection(ONE, "h", "h"))
        count, done = 256, []
        writes = [f"write -P 9 {each}M 64k" for each in range(count)]
        guest = threading.Thread(target=lambda: done.append(self.io(ONE, *writes, "flush", f"write -P 8 {count}M 64k")))
        guest.start()
        path = backend.path(ONE)
        while path.stat().st_blocks * 512 < count // 4 * 65536:
            time.sleep(0.001)
        backend.snapshot(TWO, ONE)
        backend.extend(ONE, 2)
        guest.join(TIMEOUT_S)
        self.assertEqual(0, done[0].code, done[0].stderr)
        with backend.read(ONE, TWO) as source:
            there = [source.read(each << 20, 65536) for each in range(count)]
        kept = sum(each == b"\x09" * 65536 for each in there)
        self.assertIn(kept, range(1, count))
        self.assertEqual([b"\x09" * 65536] * kept + [b"\0" * 65536] * (count - kept), there)
        self.assertEqual(0, self.io(ONE, *(f"read -P 9 {each}M 64k" for each in range(count)), "write 2047M 1M").code)
        self.exports.withdraw(ONE)
        self.assertEqual({ONE: 2}, dict(backend.holdings().volumes))


@unittest.skipUnless(shutil.which("tgtd") and os.path.exists("/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so"),
                     "needs tgtd and QEMU's initiator (tgt, qemu-block-extra)")
class IscsiTest(_Served, unittest.TestCase):
    """tgtd."""

    kind = "iscsi"

    def options(self, volume_id: str) -> str:
        """Return what opens an export; the password goes by a file here."""
        secret = self.exports.secret(volume_id)
        return self.with_password(volume_id, secret["user"], secret["password"])

    def with_password(self, volume_id: str, user: str, password: str) -> str:
        """Return what opens an export with a name and a password."""
        account = f",user={user},password-secret=chap" if user else ""
        (self.directory / "password").write_text(password)
        return (f"driver=iscsi,transport=tcp,portal=127.0.0.1:{self.port},"
                f"target={self.target.connection(volume_id)['target']},lun=1{account}")

    def io(self, volume_id: str, *commands: str, options: str = "") -> command.Result:
        """Run qemu-io's commands, which is told the password by a file."""
        opened = options or self.options(volume_id)
        argv = ["qemu-io", "--object", f"secret,id=chap,file={self.directory / 'password'}", "--image-opts", opened]
        for each in commands:
            argv += ["-c", each]
        return command.run(argv, timeout_s=TIMEOUT_S, check=False)

    def test_only_its_own_password_opens_it(self) -> None:
        self.volume(ONE)
        self.volume(TWO)
        other = self.exports.secret(TWO)
        for user, password in (("", ""), (ONE, "guessed-by-a-stranger"), (other["user"], other["password"])):
            refused = self.io(ONE, "read 0 1M", options=self.with_password(ONE, user, password))
            self.assertNotEqual(0, refused.code)
            self.assertIn(b"Authentication failure", refused.stderr)
        secret = self.exports.secret(ONE)["password"]
        held = [path for path in self.directory.rglob("*") if path.is_file() and secret in path.read_text(errors="replace")]
        self.assertEqual([self.directory / "wanted" / ONE], held)
        self.assertEqual(0o600, held[0].stat().st_mode & 0o777)
        self.assertNotIn(secret.encode(), pathlib.Path(f"/proc/{self.target.pid()}/cmdline").read_bytes())

    def test_a_half_made_target_is_made_anew(self) -> None:
        path = self.volume(ONE)
        control = Control(self.directory / "iscsi.control.0")
        for mode, do, parameters, unit in ((Mode.TARGET, Do.UNBIND, "initiator-address=ALL", None), (Mode.UNIT, Do.DELETE, "", 1)):
            number = control.targets()[0].number
            control.ask(mode, do, parameters, target=number, **({} if unit is None else {"unit": unit}))
            self.exports.open(ONE, {"path": str(path)})
            self.assertEqual(0, self.io(ONE, "read 0 1M").code)


if __name__ == "__main__":
    unittest.main()
