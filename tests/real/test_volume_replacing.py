"""Running guests whose volumes are replaced under them, by real QEMUs: the data goes along, and what is written afterwards.

Needs root, libvirtd, qemu and tgt. Starts a libvirtd of its own; the guest has nothing to boot, and is written for.
"""

import json
import os
import pathlib
import shutil
import tempfile
import unittest
from typing import Any

from cumulo.cloud.libvirtd import Libvirtd
from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.image_files import ImageCache
from cumulo.common.threads import Threads
from cumulo.compute.agent import files, probe
from cumulo.compute.agent.driver import Power
from tests.fixtures.compute_agent import make_steps
from tests.real.test_volume_exports import exports_of

MIB = 1024 * 1024
SIZE_MIB = 64
missing = [name for name in ("libvirtd", "qemu-system-x86_64", "qemu-storage-daemon", "tgtd") if shutil.which(name) is None]


class _Call:
    """Takes progress reports."""

    def progress(self, facts: dict[str, Any]) -> None:
        """Forget it."""


@unittest.skipIf(os.geteuid() != 0 or missing, f"needs root and programs (missing: {missing})")
class ReplacingTest(unittest.TestCase):
    """One guest; a volume of each kind takes the place of one of another."""

    @classmethod
    def setUpClass(cls) -> None:
        from cumulo.compute.agent.host_cells import Shares
        from cumulo.compute.agent.libvirt.connection import Connection
        from cumulo.compute.agent.libvirt.driver import LibvirtDriver
        from cumulo.compute.agent.libvirt.xml import Machine

        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-replacing-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.directory.chmod(0o711)
        libvirtd = Libvirtd(cls.directory / "libvirt")
        connection = Connection(libvirtd.start(), Threads())
        cls.addClassCleanup(libvirtd.stop)
        cls.addClassCleanup(connection.close)
        cls.driver = LibvirtDriver(
            cls.directory, connection, ImageCache(files.images_directory(cls.directory), Threads(), lambda image: None),
            Machine(probe.probe().virt_type), Clock(), shares=Shares(), image_cache_bytes=0, console_log_bytes=64 * 1024)
        cls.served: dict[str, Any] = {}
        for number, kind in enumerate(("nbd", "iscsi")):
            cls.served[kind], target = exports_of(kind, cls.directory / kind, 10941 + number)
            cls.addClassCleanup(target.stop)

    def setUp(self) -> None:
        self.facts: dict[str, Any] = {
            "id": Ids().new_id(), "name": "first", "flavor": {"name": "tiny", "vcpus": 1, "memory_mib": 64, "root_gib": 0},
            "image": None, "config_drive": False, "ports": [], "volumes": []}
        self.steps = make_steps(self.driver, Clock(), lambda _: self.facts, open_volume=self.opened).table()
        self.addCleanup(self.driver.remove, self.facts["id"])

    def opened(self, volume: dict[str, Any]) -> dict[str, Any]:
        """Return a volume with what it is opened with."""
        kind = volume["connection"]["kind"]
        said = self.served[kind].secret(volume["id"]) if kind in self.served else {}
        return volume | ({"secrets": {"iscsi": said["password"]}} if said else {})

    def volume(self, kind: str, volume_id: str | None = None, fill: bytes = b"") -> tuple[pathlib.Path, dict[str, Any]]:
        """Make a volume and return its file and what guests are told of it."""
        volume_id = volume_id or Ids().new_id()
        directory = self.directory / Ids().new_id()
        directory.mkdir(mode=0o711)
        path = directory / f"volume-{volume_id}"
        path.write_bytes(fill)
        os.truncate(path, SIZE_MIB * MIB)
        connection = {"kind": "file", "path": str(path), "format": "raw"}
        if kind in self.served:
            connection = self.served[kind].open(volume_id, {"path": str(path)})
            self.addCleanup(self.served[kind].withdraw, volume_id)
        return path, {"id": volume_id, "device": "/dev/vda", "read_only": False, "connection": connection, "boot_index": 0}

    def boot(self, volume: dict[str, Any]) -> None:
        """Start the guest over a volume."""
        self.facts["volumes"] = [self.opened(volume)]
        self.steps["boot"][0]({"server_id": self.facts["id"]}, _Call())

    def state(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """Return what the operation's state says."""
        return {"server_id": self.facts["id"], "old_volume_id": old["id"], "volume_id": new["id"],
                **{name: new[name] for name in ("device", "read_only", "connection")}}

    def write(self, pattern: int, offset: int) -> None:
        """Have the guest's disk write 64 KiB of a byte, and flush."""
        for each in (f"write -P {pattern} {offset} 64k", "flush"):
            said = self.driver._ask(lambda connection, each=each: _tell(connection, self.facts["id"], each))
            self.assertNotIn("rror", said)

    def test_each_kind_takes_the_place_of_another(self) -> None:
        path, old = self.volume("file", fill=os.urandom(4 * MIB))
        self.boot(old)
        for number, kind in enumerate(("nbd", "iscsi", "file", "file"), 1):
            self.write(number, number * MIB)
            content = path.read_bytes()
            new_path, new = self.volume(kind, old["id"] if number == 4 else None)  # the last one is the same, elsewhere
            state = self.state(old, new)
            for _ in range(2):
                self.steps["replace_disk"][0](state, _Call())
            self.assertEqual((new["id"],), self.driver.holdings().servers[0].volumes, kind)
            self.write(number + 100, 8 * MIB)
            self.assertEqual(content, path.read_bytes(), "the old one is left alone")
            wanted = bytearray(content)
            wanted[8 * MIB:8 * MIB + 65536] = bytes([number + 100]) * 65536
            self.assertEqual(bytes(wanted), new_path.read_bytes(), kind)
            self.assertLess(new_path.stat().st_blocks * 512, 32 * MIB, "what holds nothing takes no room")
            self.assertEqual({"landed": True}, self.steps["replace_disk"][1](state, _Call()))
            path, old = new_path, new
        self.driver.cut_power(self.facts["id"])
        self.assertEqual({"landed": True}, self.steps["replace_disk"][1](state, _Call()))

    def test_what_is_undone_leaves_the_old_one(self) -> None:
        _, old = self.volume("file", fill=os.urandom(MIB))
        self.boot(old)
        path, new = self.volume("nbd")
        state = self.state(old, new)
        for _ in range(2):
            self.assertEqual({"landed": False}, self.steps["replace_disk"][1](state, _Call()))
        self.begin_slowly(old, new)
        for _ in range(2):
            self.assertEqual({"landed": False}, self.steps["replace_disk"][1](state, _Call()))
        self.write(3, 0)
        self.assertNotEqual(b"\x03", path.read_bytes()[:1])
        self.begin_slowly(old, self.volume("file")[1])  # another one's, of which nobody knows any more
        self.steps["replace_disk"][0](state, _Call())
        self.assertEqual(b"\x03", path.read_bytes()[:1])

    def begin_slowly(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Begin to copy, as an agent does that dies then."""
        from cumulo.compute.agent.libvirt import replacing
        from cumulo.compute.agent.libvirt.xml import Machine, volume_xml

        self.driver._ask(lambda each: replacing.begin(each, self.facts["id"], "vda", volume_xml(new, "vda", Machine())))

    def test_a_guest_that_is_off_copies_nothing(self) -> None:
        _, old = self.volume("file")
        self.boot(old)
        self.driver.cut_power(self.facts["id"])
        self.assertIs(Power.OFF, self.driver.power(self.facts["id"]))
        _, new = self.volume("file")
        with self.assertRaises(errors.Conflict):
            self.steps["replace_disk"][0](self.state(old, new), _Call())
        self.assertEqual({"landed": False}, self.steps["replace_disk"][1](self.state(old, new), _Call()))
        with self.assertRaises(errors.Conflict):
            self.boot(old)
            self.steps["replace_disk"][0](self.state(new, new | {"id": Ids().new_id(), "connection": {
                "kind": "file", "path": "/nothing", "format": "raw"}}), _Call())


def _tell(connection: Any, server_id: str, order: str) -> str:
    """Have QEMU do what qemu-io is told, as its guest's disk would."""
    import libvirt_qemu

    domain = connection.lookupByUUIDString(server_id)
    disk = json.loads(libvirt_qemu.qemuMonitorCommand(domain, '{"execute": "query-block"}', 0))["return"][0]["qdev"]
    return str(libvirt_qemu.qemuMonitorCommand(
        domain, f'qemu-io -d {disk} "{order}"', libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP))
