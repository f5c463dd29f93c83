"""Every kind of machine that a flavor, an image or a rescue can ask for is one that QEMU starts.

Needs root, libvirtd and qemu; what needs the packages ovmf or swtpm, or a host that gives large pages, is left out without them.
Starts a libvirtd of its own. Guests have an empty disk: what is tried is the machine.
"""

import dataclasses
import os
import pathlib
import shutil
import tempfile
import unittest
import uuid
from typing import Any, BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from cumulo.cloud.libvirtd import Libvirtd
from cumulo.common.clock import Clock
from cumulo.common.image_files import ImageCache
from cumulo.common.threads import Threads
from cumulo.compute import fits, hardware
from cumulo.compute.agent import files, probe
from cumulo.compute.agent.driver import Power
from cumulo.compute.agent.host_cells import Shares
from cumulo.compute.agent.libvirt import domain
from cumulo.compute.agent.libvirt.connection import Connection
from cumulo.compute.agent.libvirt.driver import LibvirtDriver
from cumulo.compute.agent.libvirt.xml import Machine
from cumulo.compute.fits import Fit, FitCell
from tests.real.test_libvirt_driver import make_bridge, remove_bridge

BRIDGE = "cutestmachine"
MIB = 1024 ** 2
PAGES = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
MEMORY_MIB = 64
missing = [name for name in ("libvirtd", "qemu-system-x86_64", "qemu-img") if shutil.which(name) is None]


@dataclasses.dataclass(frozen=True)
class Case:
    """What is asked for, and the paths by which it is to be found in the description of the running domain."""

    seen: tuple[str, ...]
    specs: dict[str, str] = dataclasses.field(default_factory=dict)
    properties: dict[str, str] = dataclasses.field(default_factory=dict)
    vcpus: int = 1
    flavor: dict[str, int] = dataclasses.field(default_factory=dict)
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


# What does not contradict is asked of one machine: each costs a start.
CASES = {
    "what flavors ask for": Case(
        ("devices/rng/rate[@bytes='1024']", "cpu/topology[@sockets='2'][@cores='2']", "devices/watchdog[@action='reset']",
         "os/bootmenu[@enable='yes']", "features/kvm/hidden[@state='on']", "devices/interface/driver[@queues='4']",
         "devices/video/model[@vram='16384']", "devices/input[@type='tablet'][@bus='usb']", "clock[@offset='localtime']",
         "devices/channel/target[@name='org.qemu.guest_agent.0']", "devices/controller[@model='pci-root']"),
        {"hw_rng:rate_bytes": "1024", "hw_rng:rate_period": "500", "hw:cpu_sockets": "2", "hw:cpu_cores": "2",
         "hw:watchdog_action": "reset", "hw:boot_menu": "true", "hw:hide_hypervisor_id": "true", "hw:vif_multiqueue_enabled": "true",
         "hw_video:ram_max_mb": "64"},
        {"hw_machine_type": "pc", "hw_video_model": "vga", "hw_video_ram": "16", "hw_pointer_model": "usbtablet", "os_type": "windows",
         "hw_qemu_guest_agent": "yes"}, vcpus=4),
    "secure boot and a TPM": Case(
        ("os/loader[@secure='yes']", "os/nvram", "devices/tpm[@model='tpm-crb']", "features/smm[@state='on']"),
        {"os:secure_boot": "required", "hw:tpm_version": "2.0", "hw:tpm_model": "tpm-crb"}, {"hw_firmware_type": "uefi"}),
    "UEFI and an old TPM": Case(("os/nvram", "devices/tpm[@model='tpm-tis']", "devices/input[@bus='virtio']"), {"hw:tpm_version": "1.2"}, {
        "hw_firmware_type": "uefi", "hw_pointer_model": "usbtablet", "hw_input_bus": "virtio"}),
    "cells and threads": Case(("cpu/numa/cell[@id='1']", "cpu/topology[@threads='2']"), {"hw:numa_nodes": "2", "hw:cpu_threads": "2"}, vcpus=4),
    "q35, a small screen": Case(("devices/controller[@model='pcie-root']", "devices/video/model[@type='bochs']", "devices/interface/model[@type='e1000e']",
                                 "devices/disk/target[@bus='sata']"), {"hw_rng:allowed": "false"}, {
        "hw_machine_type": "q35", "hw_video_model": "bochs", "hw_vif_model": "e1000e", "hw_disk_bus": "sata"}),
    "an old guest": Case(("devices/disk/target[@bus='ide']", "devices/interface/model[@type='rtl8139']", "devices/video/model[@type='cirrus']"), {}, {
        "hw_disk_bus": "ide", "hw_vif_model": "rtl8139", "hw_video_model": "cirrus"}, flavor={"swap_mib": 8}),
    "SCSI": Case(("devices/disk/target[@bus='scsi']", "devices/interface/model[@type='e1000']", "devices/video/model[@type='virtio']"), {}, {
        "hw_disk_bus": "scsi", "hw_cdrom_bus": "scsi", "hw_vif_model": "e1000", "hw_video_model": "virtio"}, flavor={"swap_mib": 8}),
    "USB, and nothing to see": Case(("devices/disk/target[@bus='usb']", "devices/video/model[@type='none']"), {}, {
        "hw_disk_bus": "usb", "hw_video_model": "none"}, flavor={"swap_mib": 8}),
}
RESCUES = (("disk", "virtio"), ("disk", "scsi"), ("disk", "usb"), ("disk", "sata"), ("disk", "ide"), ("cdrom", "ide"), ("cdrom", "sata"),
           ("cdrom", "scsi"), ("cdrom", "usb"), ("disk", ""), ("cdrom", ""))


@unittest.skipIf(os.geteuid() != 0 or missing, f"needs root and programs (missing: {missing})")
class MachinesTest(unittest.TestCase):
    """LibvirtDriver's definitions, started."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.state_dir = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-machines-"))
        cls.addClassCleanup(shutil.rmtree, cls.state_dir, ignore_errors=True)
        cls.state_dir.chmod(0o711)
        cls.image = cls.state_dir / "empty.raw"
        cls.image.write_bytes(bytes(MIB))
        daemon = Libvirtd(cls.state_dir / "libvirt")
        uri = daemon.start()
        cls.addClassCleanup(daemon.stop)
        make_bridge(BRIDGE)
        cls.addClassCleanup(remove_bridge, BRIDGE)
        cls.connection = Connection(uri, Threads())
        cls.addClassCleanup(cls.connection.close)
        cls.driver = cls.driver_with(Machine(probe.probe().virt_type))
        cls.abilities = set(cls.driver.inventory().hypervisor["abilities"])

    @classmethod
    def open_image(cls) -> BinaryIO:
        """Stand in for the image service."""
        return cls.image.open("rb")

    def facts(self, case: Case) -> dict[str, Any]:
        """Return what the scheduler would say of a server."""
        server_id = str(uuid.uuid4())
        self.addCleanup(self.driver.remove, server_id)
        image = {"id": str(uuid.uuid4()), "disk_format": "raw", "container_format": "bare", "size": MIB, "properties": case.properties,
                 "checksum": None, "os_hash_algo": None, "os_hash_value": None}
        flavor = {"name": "tiny", "vcpus": case.vcpus, "memory_mib": MEMORY_MIB, "root_gib": 1, "ephemeral_gib": 0, "swap_mib": 0,
                  "extra_specs": case.specs, **case.flavor}
        port = {"id": str(uuid.uuid4()), "mac_address": "fa:16:3e:00:00:01", "network_id": "n", "bridge": BRIDGE, "mtu": 1400,
                "fixed_ips": []}
        facts = {"id": server_id, "name": "one", "hostname": "one", "project_id": "p", "user_id": "u", "image": image, "flavor": flavor,
                 "ports": [port], "config_drive": True, "availability_zone": "nova", "metadata": {}, "public_keys": {},
                 "user_data": None}
        if "hw:numa_nodes" in case.specs or "hw:mem_page_size" in case.specs:
            facts["fit"] = _fit(case.vcpus, int(case.specs.get("hw:numa_nodes", "1")),
                                int(case.specs.get("hw:mem_page_size", "4"))).to_json()
        return facts | case.facts

    @classmethod
    def driver_with(cls, machine: Machine) -> LibvirtDriver:
        """Return a driver whose host runs guests so."""
        images = ImageCache(files.images_directory(cls.state_dir), Threads(), lambda image: cls.open_image())
        return LibvirtDriver(cls.state_dir, cls.connection, images, machine, Clock(), shares=Shares(), image_cache_bytes=0,
                             console_log_bytes=MIB)

    def started(self, facts: dict[str, Any], driver: LibvirtDriver | None = None) -> Element:
        """Make and start a server; return its running domain's description."""
        (driver or self.driver).create(facts, lambda percent: None)
        self.driver.start(facts["id"])
        self.assertIs(Power.RUNNING, self.driver.power(facts["id"]))
        return self.description(facts["id"])

    def description(self, server_id: str) -> Element:
        """Return how libvirt describes a server."""
        return ElementTree.fromstring(self.connection.run(lambda connection: domain.known(connection, server_id).XMLDesc()))

    def test_machines(self) -> None:
        for name, case in CASES.items():
            with self.subTest(name):
                facts = self.facts(case)
                lacks = hardware.needs(hardware.of(facts["flavor"], case.properties)) & {"uefi", "secure-boot", "tpm"} - self.abilities
                if lacks:
                    self.skipTest(f"this host has no {', '.join(sorted(lacks))}")
                found = self.started(facts)
                for path in case.seen:
                    self.assertIsNotNone(found.find(path), f"{path}: {ElementTree.tostring(found, encoding='unicode')}")
                self.assertEqual(case.specs.get("hw_rng:allowed") != "false", found.find("devices/rng") is not None)
                self.driver.remove(facts["id"])
                self.assertIsNone(self.driver.power(facts["id"]))

    def test_a_named_processor(self) -> None:
        facts = self.facts(Case(()))
        machine = Machine(probe.probe().virt_type, cpu_mode="custom", cpu_model="Nehalem", cpu_features=("-syscall",))
        found = self.started(facts, self.driver_with(machine)).find("cpu")
        self.assertEqual("Nehalem", found.findtext("model"))
        self.assertIsNotNone(found.find("feature[@name='syscall'][@policy='disable']"))

    def test_rescue_disks_of_every_kind(self) -> None:
        """The server's own disks stay where they are, and go on being there when it is well again."""
        facts = self.facts(Case((), flavor={"swap_mib": 8}))
        before = self.targets(self.started(facts))
        for device, bus in RESCUES:
            with self.subTest(device=device, bus=bus):
                asked = {"hw_rescue_device": device} | ({"hw_rescue_bus": bus} if bus else {})
                self.driver.rescue(facts, facts["image"] | {"id": str(uuid.uuid4()), "properties": asked}, lambda percent: None)
                self.driver.start(facts["id"])
                disks = self.description(facts["id"]).findall("devices/disk")
                rescue = next(each for each in disks if each.find("boot[@order='1']") is not None)
                target = rescue.find("target")
                self.assertEqual((device, bus or {"disk": "virtio", "cdrom": "ide"}[device]), (rescue.get("device"), target.get("bus")))
                self.assertEqual(before, [each.find("target").attrib for each in disks if each is not rescue])
                self.driver.cut_power(facts["id"])
                self.driver.redefine(facts)  # as a hard reboot does, which knows of no image
                self.assertIsNotNone(self.description(facts["id"]).find("devices/disk/boot[@order='1']"))
                self.driver.unrescue(facts)
                self.assertEqual(before, self.targets(self.description(facts["id"])))
                left = [path.name for path in files.server_files(self.state_dir, facts["id"]).directory.iterdir()]
                self.assertEqual([], [name for name in left if name.startswith("rescue")])

    def targets(self, found: Element) -> list[dict[str, str]]:
        """Return the names and buses of a machine's disks."""
        return [each.attrib for each in found.findall("devices/disk/target")]

    def test_large_pages(self) -> None:
        """Taken while the guest runs, and given back."""
        before = int(PAGES.read_text()) if PAGES.exists() else 0
        try:
            PAGES.write_text(str(before + MEMORY_MIB // 2))
        except OSError as failure:
            self.skipTest(f"this host gives no large pages: {failure}")
        self.addCleanup(PAGES.write_text, str(before))
        if int(PAGES.read_text()) < before + MEMORY_MIB // 2:
            self.skipTest("this host has no room for large pages")
        free = PAGES.with_name("free_hugepages")
        facts = self.facts(Case((), {"hw:mem_page_size": "2048", "hw:numa_nodes": "1"}))
        there = int(free.read_text())
        found = self.started(facts)
        self.assertEqual(("2048", "KiB"), tuple(found.find("memoryBacking/hugepages/page").get(name) for name in ("size", "unit")))
        self.assertEqual(there - MEMORY_MIB // 2, int(free.read_text()))
        cell = fits.host_cells(self.driver.inventory().hypervisor["cells"])[0]
        self.assertIn(2048, cell.pages)
        self.driver.remove(facts["id"])
        self.assertEqual(there, int(free.read_text()))


def _fit(vcpus: int, cells: int, page_kib: int) -> Fit:
    """As the scheduler gives it: every cell on the first one of the host, floating over its first processor."""
    share = vcpus // cells
    return Fit(tuple(FitCell(0, tuple(range(number * share, (number + 1) * share)), MEMORY_MIB // cells, page_kib, (), (), (0,))
                     for number in range(cells)))
