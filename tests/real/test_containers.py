"""Servers as containers, by libvirt's LXC driver.

Needs root, libvirtd with libvirt-daemon-driver-lxc, qemu-img, mke2fs and a free loop device. Starts a libvirtd of its own.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
import uuid
from typing import Any, BinaryIO

import libvirt

from cumulo.cloud.libvirtd import Libvirtd
from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.image_files import ImageCache
from cumulo.common.threads import Threads
from cumulo.compute.agent import files, support
from cumulo.compute.agent.driver import Power
from cumulo.compute.agent.host_cells import Shares
from cumulo.compute.agent.libvirt import container
from cumulo.compute.agent.libvirt.connection import Connection
from cumulo.compute.agent.libvirt.driver import LibvirtDriver
from cumulo.compute.agent.libvirt.xml import Machine

MIB = 1024 ** 2
SIZE = 24 * MIB
DRIVER = pathlib.Path("/usr/lib/libvirt/libvirt_lxc")
INIT = b"#!/bin/sh\ntrap 'exit 0' TERM INT PWR HUP\necho container is up\nread line\necho $line > /said\nwhile true; do sleep 1; done\n"
missing = [name for name in ("libvirtd", "qemu-img", "mke2fs", "ldd") if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
missing += [] if DRIVER.exists() else ["libvirt-daemon-driver-lxc"]


def make_root(directory: pathlib.Path) -> None:
    """Fill a directory with a shell, a sleep and an init that reads one line from its console."""
    for name in ("proc", "sys", "dev", "tmp", "bin", "sbin"):
        (directory / name).mkdir(parents=True)
    for program in ("sh", "sleep"):
        path = pathlib.Path(shutil.which(program) or "")
        shutil.copy(path, directory / "bin" / program)
        told = subprocess.run(["ldd", str(path)], check=True, capture_output=True, text=True).stdout
        for library in {word for word in told.split() if word.startswith("/")}:
            target = directory / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)
    init = directory / "sbin" / "init"
    init.write_bytes(INIT)
    init.chmod(0o755)


@unittest.skipIf(os.geteuid(), "containers need root")
@unittest.skipIf(missing, f"missing: {', '.join(missing)}")
class ContainerTest(unittest.TestCase):
    """LibvirtDriver with virt_type lxc."""

    state_dir: pathlib.Path
    driver: LibvirtDriver

    @classmethod
    def setUpClass(cls) -> None:
        cls.state_dir = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-lxc-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.state_dir, ignore_errors=True)
        cls.state_dir.chmod(0o755)
        root, cls.image = cls.state_dir / "root", cls.state_dir / "root.raw"
        make_root(root)
        with cls.image.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", str(root), str(cls.image)], check=True)
        daemon = Libvirtd(cls.state_dir / "libvirt", containers=True)
        uri = daemon.start().replace("qemu", "lxc", 1)
        cls.addClassCleanup(daemon.stop)
        cls.connection = Connection(uri, Threads())
        cls.addClassCleanup(cls.connection.close)
        images = ImageCache(files.images_directory(cls.state_dir), Threads(), cls.open_image)
        cls.driver = LibvirtDriver(cls.state_dir, cls.connection, images, Machine("lxc"), Clock(), shares=Shares(),
                                   image_cache_bytes=0, console_log_bytes=MIB)

    @classmethod
    def open_image(cls, image: Any) -> BinaryIO:
        """Stand in for the image service."""
        return cls.image.open("rb")

    def facts(self) -> dict[str, Any]:
        """Return what the scheduler would say of a server."""
        server_id = str(uuid.uuid4())
        self.addCleanup(self.driver.remove, server_id)
        image = {"id": str(uuid.uuid4()), "disk_format": "raw", "container_format": "bare", "size": SIZE, "properties": {},
                 "checksum": None, "os_hash_algo": None, "os_hash_value": None}
        flavor = {"vcpus": 1, "memory_mib": 64, "root_gib": 1, "ephemeral_gib": 0, "swap_mib": 0}
        return {"id": server_id, "name": "box", "hostname": "box", "image": image, "flavor": flavor, "ports": [],
                "config_drive": False}

    def until(self, server_id: str, power: Power) -> None:
        """Wait for a container to run, or not."""
        deadline = time.monotonic() + 15
        while self.driver.power(server_id) is not power:
            self.assertLess(time.monotonic(), deadline, self.driver.power(server_id))
            time.sleep(0.1)

    def test_life(self) -> None:
        facts = self.facts()
        server_id = facts["id"]
        for _ in range(2):  # each call may be repeated
            self.driver.create(facts, lambda percent: None)
            self.driver.start(server_id)
        self.until(server_id, Power.RUNNING)
        self.assertEqual({server_id: Power.RUNNING}, self.driver.servers())
        console = self.driver.open_console(server_id, "serial")
        self.assertIn(b"container is up", console.recv(100))
        console.close()
        self.driver.pause(server_id)
        self.until(server_id, Power.PAUSED)
        self.driver.unpause(server_id)
        measured = self.driver.diagnostics(server_id)
        self.assertEqual(("running", "lxc", 64), (measured["state"], measured["hypervisor"], measured["memory"]["maximum_mib"]))
        self.assertEqual(1024 ** 3, files.server_files(self.state_dir, server_id).disk.stat().st_size)
        self.driver.press_power_button(server_id)
        self.until(server_id, Power.OFF)
        self.driver.redefine(facts)
        self.driver.start(server_id)
        self.until(server_id, Power.RUNNING)
        self.driver.cut_power(server_id)
        self.driver.take_snapshot(server_id, "qcow2", lambda percent: None)
        with self.driver.open_snapshot(server_id) as saved:
            self.assertEqual(b"QFI\xfb", saved.read(4))
        self.driver.drop_snapshot(server_id)
        self.driver.remove(server_id)
        self.assertEqual(({}, None), (self.driver.servers(), self.driver.power(server_id)))
        self.assertEqual((), self.driver.holdings().servers)
        self.assertFalse((container.LINKS / server_id).is_symlink())

    def test_what_it_says_it_cannot_it_refuses(self) -> None:
        facts = self.facts()
        self.assertEqual(sorted(support.LXC), self.driver.inventory().hypervisor["supports"])
        server_id = facts["id"]
        for feature, call in (
                ("suspend", lambda: self.driver.suspend(server_id)), ("password", lambda: self.driver.set_password(facts)),
                ("rescue", lambda: self.driver.rescue(facts, None, lambda percent: None)),
                ("cards", lambda: self.driver.plug_card(facts, "port")), ("volumes", lambda: self.driver.plug_disk(facts, {"id": "v"})),
                ("live_migrate", lambda: self.driver.survey(facts)),
                ("config_drive", lambda: self.driver.create({**facts, "config_drive": True}, lambda percent: None))):
            self.assertNotIn(feature, support.LXC)
            with self.assertRaisesRegex(errors.Conflict, "cannot do that", msg=feature):
                call()

    def test_a_container_sees_none_of_the_hosts_network(self) -> None:
        facts = self.facts()
        self.driver.create(facts, lambda percent: None)
        self.driver.start(facts["id"])
        pid = self.connection.run(lambda connection: connection.lookupByUUIDString(facts["id"]).ID())
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], check=True, capture_output=True, text=True).stdout.split()
        devices = pathlib.Path(f"/proc/{children[0]}/net/dev").read_text(encoding="utf-8")
        self.assertEqual(["lo"], [line.split(":")[0].strip() for line in devices.splitlines()[2:]])
        self.driver.cut_power(facts["id"])


if __name__ == "__main__":
    libvirt.registerErrorHandler(lambda context, error: None, None)
    unittest.main()
