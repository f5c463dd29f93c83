"""A real guest under the real driver: made, heard on its console, stopped, started, rebooted, removed without a trace.

Needs root, libvirtd, qemu, and what etc/build-guest-image needs. Starts a libvirtd of its own.
"""

import base64
import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pyroute2

from cumulo.cloud.libvirtd import Libvirtd
from cumulo.cloud.own_server import free_port
from cumulo.common import errors
from cumulo.common.audit.holdings import ComputeHoldings
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import target_of
from cumulo.compute.agent import files, probe
from cumulo.compute.agent.driver import Power
from cumulo.compute.agent.libvirt import domain
from cumulo.compute.agent.libvirt.volumes import secret_id
from cumulo.common.image_files import ImageCache, inspect
from cumulo.compute.agent.steps import Steps
from cumulo.volume.agent import luks
from cumulo.volume.agent.ceph import Pool
from cumulo.volume.agent.file import FileBackend
from cumulo.volume.agent.moments import Moments
from cumulo.volume.agent.qcow2 import Qcow2Form
from cumulo.volume.agent.rbd import RbdBackend

from tests.fixtures.ceph_cluster import MISSING as CEPH_MISSING
from tests.fixtures.ceph_cluster import POOL, USER, Cluster
from tests.fixtures.compute_agent import make_steps
from tests.fixtures.slow_files import SlowFiles
from tests.real.test_volume_exports import exports_of

GIB = 1024**3
ROOT = pathlib.Path(__file__).parents[2]
BRIDGE = f"cut-{os.getpid()}"
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeKeyOnlyForThisTest0000000000000000000000 test"
WRITES = """#!/bin/sh
for each in /sys/block/vd*; do [ "$(cat $each/serial)" = "{serial}" ] && disk=/dev/${{each##*/}}; done
number=0
while :; do
    echo "record $((number + 1))" | dd of=$disk bs=4096 seek=$number count=1 conv=notrunc,sync,fsync 2>/dev/null || exit
    number=$((number + 1))
    echo "flushed $number." > /dev/ttyS0
done
"""
missing = [name for name in ("libvirtd", "qemu-system-x86_64", "genisoimage") if shutil.which(name) is None]


class _Killed(BaseException):
    """Whoever asked for a copy has died."""


def _die(percent: float) -> None:
    raise _Killed


class _Call:
    """Takes progress reports."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []

    def progress(self, facts: dict[str, Any]) -> None:
        """Remember a report."""
        self.reports.append(facts)


@unittest.skipIf(os.geteuid() != 0 or missing, f"needs root and programs (missing: {missing})")
class LibvirtDriverTest(unittest.TestCase):
    """One guest through its whole life, once through its boot loader and once by direct kernel boot."""

    @classmethod
    def setUpClass(cls) -> None:
        from cumulo.compute.agent.host_cells import Shares
        from cumulo.compute.agent.libvirt.connection import Connection
        from cumulo.compute.agent.libvirt.driver import LibvirtDriver
        from cumulo.compute.agent.libvirt.xml import Machine

        directory = tempfile.mkdtemp(prefix="cumulo-driver-")
        cls.addClassCleanup(shutil.rmtree, directory)
        os.chmod(directory, 0o711)
        cls.state_dir = pathlib.Path(directory)
        cls.built = cls.state_dir / "built"
        subprocess.run([ROOT / "etc" / "build-guest-image", cls.built / "guest.qcow2"], check=True,
                       capture_output=True, env={**os.environ, "KERNEL_OUT": str(cls.built)})
        libvirtd = Libvirtd(cls.state_dir / "libvirt")
        uri = libvirtd.start()
        cls.addClassCleanup(libvirtd.stop)
        make_bridge(BRIDGE)
        cls.addClassCleanup(remove_bridge, BRIDGE)
        threads = Threads()
        cls.images = ImageCache(files.images_directory(cls.state_dir), threads, cls.open_image)
        connection = Connection(uri, threads)
        cls.addClassCleanup(connection.close)
        cls.driver = LibvirtDriver(cls.state_dir, connection, cls.images, Machine(probe.probe().virt_type), Clock(), shares=Shares(),
                                   image_cache_bytes=0, console_log_bytes=64 * 1024)

    @classmethod
    def open_image(cls, image: Mapping[str, Any]) -> Any:
        """Stand in for the image service."""
        return (cls.built / image["file"]).open("rb")

    def facts(self, *, direct: bool) -> dict[str, Any]:
        """Return what the scheduler would say of a server."""
        def image(name: str, disk_format: str) -> dict[str, Any]:
            content = (self.built / name).read_bytes()
            return {"id": Ids().new_id(), "file": name, "disk_format": disk_format, "size": len(content),
                    "os_hash_value": hashlib.sha512(content).hexdigest(), "properties": {}}

        root = image("guest.qcow2", "qcow2")
        root["properties"] = {"os_command_line": (self.built / "cmdline").read_text().strip()} if direct else {}
        port = Ids().new_id()
        return {
            "id": Ids().new_id(), "name": "first", "hostname": "first", "project_id": "p", "user_id": "u",
            "flavor": {"name": "tiny", "vcpus": 1, "memory_mib": 128, "root_gib": 1, "ephemeral_gib": 1, "swap_mib": 16},
            "image": root, "kernel": image("vmlinuz", "aki") if direct else None,
            "ramdisk": image("initrd", "ari") if direct else None, "config_drive": True,
            "public_keys": {"test": SSH_KEY}, "metadata": {}, "user_data": None, "availability_zone": "nova",
            "ports": [{"id": port, "mac_address": Ids().mac_address(), "network_id": "n", "bridge": BRIDGE, "mtu": 1400,
                       "fixed_ips": []}],
        }

    def wait_for_console(self, server_id: str, text: str, timeout_s: float = 90) -> float:
        """Return how long it took until the console showed a text that it had not shown before."""
        before = self.driver.console_log(server_id, None).count(text)
        begun = time.monotonic()
        while self.driver.console_log(server_id, None).count(text) <= before:
            waited_s = time.monotonic() - begun
            self.assertLess(waited_s, timeout_s, self.driver.console_log(server_id, 20))
            time.sleep(0.1)
        return time.monotonic() - begun

    def live_through(self, facts: dict[str, Any]) -> dict[str, float]:
        """Take a server through boot, stop, start, soft reboot and removal; return seconds of each."""
        server_id, took = facts["id"], {}
        steps = make_steps(self.driver, Clock(), lambda _: facts, press_again_s=5)
        self.addCleanup(self.driver.remove, server_id)
        state = {"server_id": server_id, "reboot_type": "SOFT"}

        def timed(name: str) -> None:
            begun = time.monotonic()
            for _ in range(2 if name != "reboot" else 1):  # each step again: nothing may change
                steps.table()[name][0](state, _Call())
            took[name] = round(time.monotonic() - begun, 1)

        timed("boot")
        took["config drive read"] = round(self.wait_for_console(server_id, f"guest: instance {server_id}"), 1)
        self.wait_for_console(server_id, "login:") if "login:" not in self.driver.console_log(server_id, None) else None
        self.assertEqual(len(self.driver.console_log(server_id, 3).splitlines()), 3)
        self.assertEqual(self.driver.servers(), {server_id: Power.RUNNING})
        (held,) = self.driver.holdings().servers
        self.assertEqual((server_id, "running", True, 1),
                         (held.server_id, held.power, held.is_defined, held.processes))
        self.assertEqual((f"tap{facts['ports'][0]['id'][:11]}",), held.devices)
        self.assertTrue({"base", "config.iso", "console.log", "disk", "ephemeral", "swap"} <= set(held.files))
        with contextlib.closing(pyroute2.IPRoute()) as netlink:
            self.assertEqual(len(netlink.link_lookup(ifname=f"tap{facts['ports'][0]['id'][:11]}")), 1)
        self.speak_through_consoles(server_id)
        self.sleep_and_be_saved(steps, state, took)
        self.get_and_lose_a_card(steps, facts, took)
        timed("power_off")
        self.assertEqual(self.driver.power(server_id), Power.OFF)
        timed("power_on")
        took["login after start"] = round(self.wait_for_console(server_id, "login:"), 1)
        timed("reboot")
        took["login after reboot"] = round(self.wait_for_console(server_id, "login:"), 1)
        timed("destroy")
        return took

    def speak_through_consoles(self, server_id: str) -> None:
        """Its display greets, its serial line answers, and it is measured."""
        with contextlib.closing(self.driver.open_console(server_id, "novnc")) as display:
            self.assertEqual(b"RFB 003.008\n", display.recv(100))
        with contextlib.closing(self.driver.open_console(server_id, "serial")) as line:
            line.sendall(b"\r")
            heard = b""
            while b"login:" not in heard:  # or the test's time runs out
                heard += line.recv(1000)
        with self.assertRaises(errors.BadRequest):
            self.driver.open_console(server_id, "spice-html5")
        measured = self.driver.diagnostics(server_id)
        self.assertEqual(("running", 1, 1, 128), (measured["state"], len(measured["processors"]), len(measured["cards"]),
                                                  measured["memory"]["maximum_mib"]))
        self.assertGreater(measured["disks"][0]["read_bytes"], 0)

    def sleep_and_be_saved(self, steps: Steps, state: dict[str, Any], took: dict[str, float]) -> None:
        """Pause, suspend and copy a server that runs, each step twice; the guest goes on from where it was."""
        server_id = state["server_id"]
        lines = self.driver.console_log(server_id, None).count("login:")
        for step, power in (("pause", Power.PAUSED), ("snapshot", Power.PAUSED), ("unpause", Power.RUNNING),
                            ("suspend", Power.SAVED), ("resume", Power.RUNNING)):
            begun = time.monotonic()
            for _ in range(2):
                steps.table()[step][0](state | {"format": "qcow2"}, _Call())
            took[step] = round(time.monotonic() - begun, 1)
            self.assertEqual(power, self.driver.power(server_id), step)
        self.assertEqual(lines, self.driver.console_log(server_id, None).count("login:"), "it was not booted anew")
        self.check_copy(server_id)
        steps.table()["snapshot"][1](state, _Call())
        steps.table()["snapshot"][0](state | {"format": "raw"}, _Call())
        self.assertEqual(1024 ** 3, files.server_files(self.state_dir, server_id).snapshot.stat().st_size)
        steps.table()["snapshot"][1](state, _Call())
        self.assertNotIn("snapshot", self.driver.holdings().servers[0].files)

    def get_and_lose_a_card(self, steps: Steps, facts: dict[str, Any], took: dict[str, float]) -> None:
        """A running guest gets a card and lets go of it again, each step twice."""
        server_id, port_id = facts["id"], Ids().new_id()
        device, before = f"tap{port_id[:11]}", facts["ports"]
        state = {"server_id": server_id, "port_id": port_id, "device": device}
        facts["ports"] = [*before, {**before[0], "id": port_id, "mac_address": Ids().mac_address()}]
        for step, has_it in (("plug_card", True), ("unplug_card", False)):
            begun = time.monotonic()
            for _ in range(2):
                steps.table()[step][0](state, _Call())
            took[step] = round(time.monotonic() - begun, 1)
            self.assertEqual(has_it, device in self.driver.holdings().servers[0].devices, step)
        facts["ports"] = before

    def check_copy(self, server_id: str) -> None:
        """A copy is whole, needs no other file, and has the guest's file system on it."""
        path = files.server_files(self.state_dir, server_id).snapshot
        about = inspect(path, "qcow2")
        self.assertEqual((1024 ** 3, None), (about["virtual-size"], about.get("backing-filename")))
        subprocess.run(["qemu-img", "check", "-q", path], check=True)
        self.assertGreater(about["actual-size"], 1024 ** 2)

    def assert_nothing_left(self, facts: dict[str, Any]) -> None:
        """Check domain, files, device and images."""
        self.assertEqual(self.driver.servers(), {})
        self.assertEqual(self.driver.holdings(), ComputeHoldings())
        self.assertFalse(files.server_files(self.state_dir, facts["id"]).directory.exists())
        with contextlib.closing(pyroute2.IPRoute()) as netlink:
            self.assertEqual(netlink.link_lookup(ifname=f"tap{facts['ports'][0]['id'][:11]}"), [])
        self.driver.tidy()
        self.assertEqual(list(files.images_directory(self.state_dir).iterdir()), [])

    def test_boots_through_its_boot_loader(self) -> None:
        """A qcow2 image, booted as a PC boots."""
        facts = self.facts(direct=False)
        print("\nboot loader", self.live_through(facts))
        self.assert_nothing_left(facts)

    def test_boots_kernel_directly(self) -> None:
        """The same with kernel and ramdisk given to the machine."""
        facts = self.facts(direct=True)
        print("\ndirect kernel", self.live_through(facts))
        self.assert_nothing_left(facts)

    def test_has_volumes(self) -> None:
        """A volume is put into a running guest, grows there, stays over a stop, and is taken out again."""
        facts = self.facts(direct=True)
        server_id, steps = facts["id"], make_steps(self.driver, Clock(), lambda _: facts, press_again_s=5)
        self.addCleanup(self.driver.remove, server_id)
        backend = FileBackend(self.state_dir / "volumes", Threads(), name="file")
        volume_id = Ids().new_id()
        backend.create(volume_id, 1)
        disk = {"volume_id": volume_id, "device": "/dev/vdd", "read_only": False,
                "connection": backend.connection(volume_id, "h", "h")}
        state = {"server_id": server_id, **disk}
        copies = FileBackend(self.state_dir / "copies", Threads(), name="copies", form=Qcow2Form(Threads()))
        original, copy_id = Ids().new_id(), Ids().new_id()
        copies.create(original, 1)
        copies.clone(copy_id, original, 1)
        copy = {"id": copy_id, "device": "/dev/vde", "read_only": False, "connection": copies.connection(copy_id, "h", "h")}
        facts["volumes"] = [copy]
        table = steps.table()
        table["boot"][0](state, _Call())
        self.wait_for_console(server_id, "login:")
        for _ in range(2):
            table["plug_disk"][0](state, _Call())
        self.assertEqual(tuple(sorted((volume_id, copy_id))), self.held_volumes(server_id))
        self.assertRaises(errors.CommandFailed, copies.clone, Ids().new_id(), copy_id, 1)
        table["unplug_disk"][0](state | {"volume_id": copy_id}, _Call())
        backend.extend(volume_id, 2)
        table["grow_guest_disk"][0](state | {"size_gib": 2}, _Call())
        facts["volumes"] = [{"id": volume_id, **disk}]
        table["power_off"][0](state, _Call())
        table["power_on"][0](state, _Call())
        self.assertEqual((volume_id,), self.held_volumes(server_id))
        self.wait_for_console(server_id, "login:")
        facts["volumes"] = []
        for _ in range(2):
            table["unplug_disk"][0](state, _Call())
        self.assertEqual((), self.held_volumes(server_id))

    def test_has_volumes_over_the_network(self) -> None:
        """The guest's QEMU opens them itself; what serves one dies, and it goes on; no password is to be seen."""
        facts, served, secrets = self.facts(direct=True), {}, {}
        server_id, volumes, facts["volumes"] = facts["id"], {kind: Ids().new_id() for kind in ("nbd", "iscsi")}, []
        for kind, volume_id in volumes.items():
            path = self.state_dir / f"volume-{volume_id}"
            path.touch()
            os.truncate(path, GIB)
            encryption = {"cipher": "aes-xts-plain64", "bits": 256, "passphrase": f"kept from everybody {kind}"}
            luks.prepare(path, encryption)
            exports, target = exports_of(kind, self.state_dir / kind, free_port())
            self.addCleanup(target.stop)
            connection = exports.open(volume_id, {"path": str(path)}) | {"encryption": "luks"}
            said = exports.secret(volume_id)
            secrets[volume_id] = {"luks": encryption["passphrase"]} | ({"iscsi": said["password"]} if said else {})
            served[kind] = (exports, target, path)
            facts["volumes"].append({"id": volume_id, "device": {"nbd": "/dev/vde", "iscsi": "/dev/vdf"}[kind], "read_only": False,
                                     "connection": connection, "secrets": secrets[volume_id]})
        self.addCleanup(self.driver.remove, server_id)
        later = facts["volumes"].pop()  # one is there from the start, the other is put in
        state = {"server_id": server_id, "volume_id": later["id"], **{name: later[name] for name in ("device", "read_only")},
                 "connection": later["connection"]}
        table = make_steps(self.driver, Clock(), lambda _: facts, press_again_s=5,
                           open_volume=lambda volume: volume | {"secrets": secrets[volume["id"]]}).table()
        table["boot"][0](state, _Call())
        self.wait_for_console(server_id, "login:")
        for _ in range(2):
            table["plug_disk"][0](state, _Call())
        facts["volumes"].append(later)
        self.assertEqual(tuple(sorted(volumes.values())), self.held_volumes(server_id))
        said = self.driver._ask(lambda each: each.lookupByUUIDString(server_id).XMLDesc()).encode()
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                said += path.read_bytes()
        self.assertEqual([], [value for each in secrets.values() for value in each.values() if value.encode() in said])
        for kind, volume_id in volumes.items():
            exports, target, path = served[kind]
            os.kill(target.pid(), signal.SIGKILL)
            while target.pid() is not None:
                time.sleep(0.01)
            exports.keep()
        seen = {kind: self.size_seen(server_id, volume_id) for kind, volume_id in volumes.items()}
        for kind, volume_id in volumes.items():
            exports, _, path = served[kind]
            os.truncate(path, 2 * GIB)
            exports.grown(volume_id)
            self.until_grown(table, state | {"volume_id": volume_id, "size_gib": 2})
            self.assertEqual(seen[kind] + GIB, self.size_seen(server_id, volume_id), kind)
        for _ in range(2):
            table["unplug_disk"][0](state, _Call())
        self.assertEqual((volumes["nbd"],), self.held_volumes(server_id))
        facts["volumes"].remove(later)
        if not CEPH_MISSING:
            self.has_a_volume_of_a_cluster(table, server_id, secrets)
        kept = [secret_id("luks", volumes["nbd"])]
        self.assertEqual(kept, self.driver._ask(lambda each: each.listSecrets()))
        self.driver.remove(server_id)
        self.assertEqual([], self.driver._ask(lambda each: each.listSecrets()))

    def test_a_volume_is_copied_while_its_guest_writes(self) -> None:
        """What the guest had flushed before is in the copy, in order and without gaps; a copy outlives whoever asked for it."""
        facts, volume_id = self.facts(direct=True), Ids().new_id()
        server_id = facts["id"]
        self.addCleanup(self.driver.remove, server_id)
        backend = SlowFiles(self.state_dir / "volumes", Threads(), name="file")
        backend.create(volume_id, 1)
        facts["user_data"] = base64.b64encode(WRITES.format(serial=volume_id[:20]).encode()).decode()
        facts["volumes"] = [{"id": volume_id, "device": "/dev/vdd", "read_only": False,
                             "connection": backend.connection(volume_id, "h", "h")}]
        make_steps(self.driver, Clock(), lambda _: facts).table()["boot"][0]({"server_id": server_id}, _Call())
        self.wait_for_console(server_id, "flushed 5.")
        flushed, kept, given_up, last = self.flushed(server_id), *(Ids().new_id() for _ in range(3))
        moments = Moments({}, lambda _: [{"server_id": server_id, "host": "h"}], self.ask_driver, lambda _: True, Clock())
        self.assertRaises(_Killed, moments.snapshot, backend, "file", kept, volume_id, _die)
        begun = backend.half_made(kept)[1].stat().st_ino
        self.assertRaisesRegex(errors.Retry, "something else", moments.snapshot, backend, "file", last, volume_id, print)
        moments.snapshot(backend, "file", kept, volume_id, lambda _: None)
        copy = self.state_dir / "volumes" / f"snapshot-{kept}"
        self.assertEqual((begun, 0o600, GIB), (copy.stat().st_ino, copy.stat().st_mode & 0o777, copy.stat().st_size))
        self.assertLess(copy.stat().st_blocks * 512, GIB // 16, "what was never written takes no room")
        self.assertGreaterEqual(self.records(copy), flushed)
        self.assertRaises(_Killed, moments.snapshot, backend, "file", given_up, volume_id, _die)
        moments.give_up(backend, "file", volume_id, given_up)
        backend.delete_snapshot(given_up)
        self.assertEqual("shut", self.ask_driver("h", "copy_volume", {
            "server_id": Ids().new_id(), "volume_id": volume_id, "target": str(self.half_made(backend, last)), "begin": True})["state"])
        self.driver.cut_power(server_id)
        moments.snapshot(backend, "file", last, volume_id, lambda _: None)
        self.assertGreaterEqual(self.records(self.state_dir / "volumes" / f"snapshot-{last}"), self.flushed(server_id))
        self.assertEqual(((), {kept, last}), (backend.holdings().partial, set(backend.holdings().snapshots)))

    def half_made(self, backend: FileBackend, snapshot_id: str) -> pathlib.Path:
        """Make the file that a copy goes to."""
        path = backend.half_made(snapshot_id)[1]
        path.touch()
        return path

    def ask_driver(self, host: str, method: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Answer as the compute agent does."""
        target = target_of(told["target"])
        if method == "stop_copying":
            self.driver.stop_copying(told["server_id"], told["volume_id"], target)
            return {}
        return self.driver.copy_volume(told["server_id"], told["volume_id"], target, told["begin"]).to_dict()

    def flushed(self, server_id: str) -> int:
        """Return how many records the guest says that it has written and flushed."""
        said = self.driver.console_log(server_id, None)
        return max(int(each.partition(".")[0]) for each in said.split("flushed ")[1:] if "." in each)

    def records(self, path: pathlib.Path) -> int:
        """Return how many records a copy holds, which must be the first ones, each whole, and nothing behind them."""
        with path.open("rb") as file:
            data = file.read(64 << 20)
        count = 0
        while data[count << 12:(count + 1) << 12] == f"record {count + 1}\n".encode().ljust(4096, b"\0"):
            count += 1
        self.assertEqual(b"", data[count << 12:].strip(b"\0")[:64])
        return count
    def has_a_volume_of_a_cluster(self, table: Any, server_id: str, secrets: dict[str, Any]) -> None:
        """A running guest gets a volume of a Ceph cluster, which is kept, grows there, and is taken out again."""
        cluster, volume_id = Cluster(), Ids().new_id()
        self.addCleanup(cluster.end)
        backend = RbdBackend(Pool(POOL, USER, cluster.conf), Clock(), Threads(), name="ceph")
        backend.create(volume_id, 1)
        secrets[volume_id] = {"ceph": backend.secret(volume_id)["password"]}
        state = {"server_id": server_id, "volume_id": volume_id, "device": "/dev/vdg", "read_only": False,
                 "connection": backend.connection(volume_id, "h", "h")}
        table["plug_disk"][0](state, _Call())
        self.assertIn(volume_id, self.held_volumes(server_id))
        backend.snapshot(Ids().new_id(), volume_id)
        backend.extend(volume_id, 2)
        self.until_grown(table, state | {"size_gib": 2})
        self.assertEqual(2 * GIB, self.size_seen(server_id, volume_id))
        for _ in range(2):
            table["unplug_disk"][0](state, _Call())
        backend.delete(volume_id)

    def until_grown(self, table: Any, state: dict[str, Any]) -> None:
        """Let the guest see that a volume is larger, as often as the runner would try."""
        until = time.monotonic() + 20
        while True:
            try:
                table["grow_guest_disk"][0](state, _Call())
                return
            except errors.CumuloError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.5)

    def size_seen(self, server_id: str, volume_id: str) -> int:
        """Return how many bytes the guest's disk has, as its QEMU says."""
        def ask(connection: Any) -> int:
            found = connection.lookupByUUIDString(server_id)
            return int(found.blockInfo(domain.disk(found, volume_id).find("target").get("dev"))[0])
        return self.driver._ask(ask)

    def held_volumes(self, server_id: str) -> tuple[str, ...]:
        """Return the volumes that the running domain has."""
        return next(each.volumes for each in self.driver.holdings().servers if each.server_id == server_id)

    def test_is_rescued_grown_and_rebuilt(self) -> None:
        """Each step twice; what a machine has of disks is what its state says."""
        facts = self.facts(direct=True)
        server_id, table = facts["id"], make_steps(self.driver, Clock(), lambda _: facts, press_again_s=5).table()
        own = files.server_files(self.state_dir, server_id)
        self.addCleanup(self.driver.remove, server_id)

        def run(name: str, undo: bool = False, **state: Any) -> None:
            for _ in range(2):
                table[name][1 if undo else 0]({"server_id": server_id, "host": "h", "source": "h", **state}, _Call())

        run("boot")
        facts["boot_image"] = facts["image"]
        run("rescue", begins="ACTIVE")
        self.assertEqual(["rescue", "disk", "ephemeral", "swap", "config.iso"], self.disks_of(server_id))
        self.driver.cut_power(server_id)  # a hard reboot keeps it rescued
        run("power_on")
        self.assertEqual("rescue", self.disks_of(server_id)[0])
        run("unrescue")
        self.assertEqual(["disk", "ephemeral", "swap", "config.iso"], self.disks_of(server_id))
        self.assertFalse(own.rescue.exists() or own.rescue_base.exists())
        facts["boot_image"] = None
        run("rescue", begins="ACTIVE")
        run("rescue", undo=True, begins="ACTIVE")
        self.assertEqual((Power.RUNNING, "disk"), (self.driver.power(server_id), self.disks_of(server_id)[0]))
        self.driver.cut_power(server_id)
        small = facts["flavor"]
        run("keep_disk", grows=True)
        facts["flavor"] = small | {"root_gib": 2, "ephemeral_gib": 2, "swap_mib": 32, "memory_mib": 160}
        run("arrive", ends="ACTIVE", target="h")
        self.assertEqual([2, 2], [inspect(own.disk, "qcow2")["virtual-size"] >> 30, own.ephemeral.stat().st_size >> 30])
        self.assertEqual(32 << 20, own.swap.stat().st_size)
        run("leave")
        facts["flavor"] = small
        run("return", ends="ACTIVE")
        self.assertEqual((1, Power.RUNNING), (inspect(own.disk, "qcow2")["virtual-size"] >> 30, self.driver.power(server_id)))
        self.assertFalse(own.disk_before.exists())
        run("wipe")
        self.assertEqual({"console.log"}, set(self.driver.holdings().servers[0].files))
        run("respawn", ends="ACTIVE")
        self.assertEqual(["disk", "ephemeral", "swap", "config.iso"], self.disks_of(server_id))
        run("destroy")
        self.assert_nothing_left(facts)

    def test_machines_that_flavors_and_images_ask_for(self) -> None:
        """libvirt takes the definition; what this host's abilities name, it takes too."""
        facts = self.facts(direct=False)
        own, can = files.server_files(self.state_dir, facts["id"]), self.driver.inventory().hypervisor["abilities"]
        self.assertIn("machine:q35", can)
        properties = {"hw_machine_type": "q35", "hw_video_model": "virtio", "hw_qemu_guest_agent": "yes", "hw_vif_model": "e1000e"}
        properties |= {"hw_firmware_type": "uefi"} if "uefi" in can else {}
        properties |= {"hw_tpm_version": "2.0"} if "tpm" in can else {}
        facts["image"]["properties"] = properties
        facts["flavor"] |= {"vcpus": 4, "extra_specs": {
            "hw:cpu_cores": "2", "hw:watchdog_action": "reset", "hw:vif_multiqueue_enabled": "true", "hw:boot_menu": "true",
            "hw_rng:rate_bytes": "1024"}}
        self.addCleanup(self.driver.remove, facts["id"])
        own.directory.mkdir(parents=True)
        self.driver._define(facts)
        text = self.driver._ask(lambda connection: connection.lookupByUUIDString(facts["id"]).XMLDesc())
        found = ElementTree.fromstring(text)
        self.assertEqual(("2", "reset", "virtio"), (
            found.find("./cpu/topology").get("cores"), found.find("./devices/watchdog").get("action"),  # type: ignore[union-attr]
            found.find("./devices/video/model").get("type")))  # type: ignore[union-attr]
        self.assertIn("q35", found.find("./os/type").get("machine", ""))  # type: ignore[union-attr]
        print("\nabilities", [each for each in can if not each.startswith("machine:")])

    def disks_of(self, server_id: str) -> list[str]:
        """The names of the files that a running domain has as its disks, in their order."""
        text = self.driver._ask(lambda connection: connection.lookupByUUIDString(server_id).XMLDesc())
        return [pathlib.Path(disk.get("file", "")).name
                for disk in ElementTree.fromstring(text).findall("./devices/disk/source")]


def make_bridge(name: str) -> None:
    """Make a bridge for guests."""
    with contextlib.closing(pyroute2.IPRoute()) as netlink:
        if not netlink.link_lookup(ifname=name):
            netlink.link("add", ifname=name, kind="bridge")
        netlink.link("set", index=netlink.link_lookup(ifname=name)[0], state="up")


def remove_bridge(name: str) -> None:
    """Remove it."""
    with contextlib.closing(pyroute2.IPRoute()) as netlink:
        netlink.link("del", index=netlink.link_lookup(ifname=name)[0])
