"""Domain XML against golden files. After a wanted change: CUMULO_WRITE_GOLDEN=1, then read the difference."""

import dataclasses
import os
import pathlib
import unittest
from typing import Any
from xml.etree import ElementTree

from cumulo.common import errors
from cumulo.compute.agent.files import ServerFiles
from cumulo.compute.agent.libvirt import placing
from cumulo.compute.agent.libvirt.container import container_xml
from cumulo.compute.agent.libvirt.xml import Machine, domain_xml
from cumulo.compute.fits import Fit, FitCell, fit
from cumulo.compute.hardware import RescueDisk
from tests.fixtures.compute_agent import SERVER_ID, server_facts

GOLDEN = pathlib.Path(__file__).parent / "golden"
FILES = ServerFiles(pathlib.Path("/state/servers") / SERVER_ID)


class DomainXmlTest(unittest.TestCase):
    """Each case is one file."""

    def assert_golden(self, name: str, facts: dict[str, Any], machine: Machine, **more: Any) -> None:
        """Compare a definition with its file."""
        made, path = domain_xml(facts, FILES, machine, **more), GOLDEN / f"{name}.xml"
        if os.environ.get("CUMULO_WRITE_GOLDEN"):
            path.write_text(made)
        self.assertEqual(made, path.read_text())

    def test_plain(self) -> None:
        """One disk, one card, emulated."""
        self.assert_golden("plain", server_facts(), Machine())

    def test_a_volume_with_limits(self) -> None:
        """What its type allows is said of the disk."""
        volume = {"id": "d15c0000-0000-4000-8000-000000000001", "device": "/dev/vdb", "read_only": False, "size_gib": 1,
                  "connection": {"kind": "file", "path": "/volumes/one", "format": "raw"},
                  "limits": {"write_bytes_sec": 1000, "read_iops_sec": 50}}
        self.assert_golden("volume-limits", server_facts(volumes=[volume]), Machine())

    def test_everything_under_kvm(self) -> None:
        """All disks, two processors, no card."""
        flavor = server_facts()["flavor"] | {"vcpus": 2, "ephemeral_gib": 5, "swap_mib": 512}
        self.assert_golden("everything-kvm", server_facts(flavor=flavor, config_drive=True, ports=[]), Machine("kvm"))

    def test_q35_has_no_ide(self) -> None:
        """The config drive is a virtio disk there."""
        self.assert_golden("q35", server_facts(config_drive=True), Machine(machine_type="q35"))

    def test_machine_that_flavor_and_image_ask_for(self) -> None:
        """Secure boot, a TPM, a watchdog, a topology, queues and a limit on randomness."""
        specs = {"hw:cpu_cores": "2", "hw:watchdog_action": "reset", "hw:vif_multiqueue_enabled": "true",
                 "hw_rng:rate_bytes": "1024", "hw_rng:rate_period": "500", "hw:boot_menu": "true"}
        properties = {"os_secure_boot": "required", "hw_firmware_type": "uefi", "hw_tpm_version": "2.0",
                      "hw_tpm_model": "tpm-crb", "hw_video_model": "virtio", "hw_qemu_guest_agent": "yes"}
        facts = server_facts(config_drive=True)
        facts |= {"flavor": facts["flavor"] | {"vcpus": 4, "extra_specs": specs},
                  "image": facts["image"] | {"properties": properties}}
        self.assert_golden("machine", facts, Machine("kvm"))

    def test_volumes_however_they_are_opened(self) -> None:
        """A file, an NBD export with certificates, an encrypted iSCSI target, a cluster's image: secrets are only named."""
        connections = (
            {"kind": "file", "path": "/state/volume-1", "format": "raw"},
            {"kind": "nbd", "format": "raw", "address": "10.0.0.5", "port": 10809, "export": "volume-2", "tls": True},
            {"kind": "iscsi", "format": "raw", "address": "10.0.0.5", "port": 3260, "target": "iqn.2024-01.org.cumulo:volume-3",
             "unit": 1, "auth": True, "encryption": "luks"},
            {"kind": "rbd", "format": "raw", "pool": "volumes", "image": "volume-4", "user": "cumulo", "auth": True,
             "monitors": [{"address": "10.0.0.6", "port": 6789}, {"address": "10.0.0.7", "port": 3300}]})
        volumes = [{"id": f"{number}0000000-0000-4000-8000-000000000000", "device": f"/dev/vd{letter}", "read_only": False,
                    "connection": connection, "secrets": {"iscsi": "never-told"}}
                   for number, letter, connection in zip((1, 2, 3, 4), "bcde", connections, strict=True)]
        self.assert_golden("volumes", server_facts() | {"volumes": volumes}, Machine())

    def test_own_processors_pages_and_devices(self) -> None:
        """Two cells, pinned but for one processor, in large pages, an emulator set apart, and a device."""
        specs = {"hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "0-2", "hw:numa_nodes": "2", "hw:mem_page_size": "large",
                 "hw:emulator_threads_policy": "isolate", "pci_passthrough:alias": "gpu:1"}
        own = Fit((FitCell(0, (0, 1), 256, 2048, ((0, 4), (1, 5))), FitCell(1, (2, 3), 256, 2048, ((2, 9),), (), (0, 1, 2))),
                  (6,), (("0000:81:00.1", "gpu"),))
        facts = server_facts(ports=[])
        facts |= {"flavor": facts["flavor"] | {"vcpus": 4, "memory_mib": 512, "extra_specs": specs}, "fit": own.to_json()}
        self.assert_golden("own", facts, Machine("kvm", shared_processors="0-3"))
        with self.assertRaisesRegex(errors.Conflict, "has to be migrated"):
            domain_xml({**facts, "fit": None}, FILES, Machine())

    def test_what_images_want_of_buses_and_the_like(self) -> None:
        """A guest of an old system: no virtio, a tablet, a clock of local time, no sign of a hypervisor."""
        properties = {"hw_disk_bus": "scsi", "hw_cdrom_bus": "sata", "hw_vif_model": "e1000", "hw_pointer_model": "usbtablet",
                      "os_type": "windows", "img_hide_hypervisor_id": "true", "hw_video_model": "qxl", "hw_video_ram": "16"}
        facts = server_facts(config_drive=True)
        facts |= {"image": facts["image"] | {"properties": properties},
                  "flavor": facts["flavor"] | {"swap_mib": 64, "extra_specs": {"hw_video:ram_max_mb": "64"}}}
        self.assert_golden("old", facts, Machine("kvm"))
        facts["image"]["properties"] = {"hw_disk_bus": "ide"}
        self.assertIn('<target dev="hdd" bus="ide" />', domain_xml(facts, FILES, Machine()))
        facts["image"]["properties"] = {"hw_disk_bus": "sata"}  # QEMU has no read-only disks on it
        self.assertIn('<target dev="hde" bus="sata" />', domain_xml(facts, FILES, Machine(machine_type="q35")))
        self.assertIn('device="cdrom"', domain_xml(facts, FILES, Machine(machine_type="q35")))

    def test_a_processor_of_the_hosts_choice(self) -> None:
        """A named model with features more and less; none of that where QEMU chooses."""
        machine = Machine("kvm", cpu_mode="custom", cpu_model="Skylake-Server", cpu_features=("pcid", "-vmx"))
        found = ElementTree.fromstring(domain_xml(server_facts(), FILES, machine)).find("cpu")
        self.assertEqual(("custom", "exact", "Skylake-Server"), (found.get("mode"), found.get("match"), found.findtext("model")))
        self.assertEqual([("require", "pcid"), ("disable", "vmx")],
                         [(each.get("policy"), each.get("name")) for each in found.findall("feature")])
        for mode, count in (("none", 0), ("host-model", 2)):
            machine = Machine("kvm", cpu_mode=mode, cpu_features=("pcid", "-vmx"))
            found = ElementTree.fromstring(domain_xml(server_facts(), FILES, machine)).find("cpu")
            self.assertEqual((None, count), (found.find("model"), len(found.findall("feature"))))

    def test_rescued_beside_its_own_disks(self) -> None:
        """Every disk has the name that it had; the rescue disk comes first, and no kernel of the server's own."""
        own = server_facts(config_drive=True, kernel={"id": "k"}, ramdisk={"id": "r"})
        own["flavor"] = own["flavor"] | {"swap_mib": 64}
        self.assert_golden("rescue-usb", own, Machine(), rescued=True, beside=RescueDisk("disk", "usb"))
        before = [each.attrib for each in ElementTree.fromstring(domain_xml(own, FILES, Machine())).iter("target")]
        volume = {"id": "d15c0000-0000-4000-8000-000000000001", "device": "/dev/vda", "read_only": False, "size_gib": 1,
                  "connection": {"kind": "file", "path": "/volumes/one", "format": "raw"}, "boot_index": 0}
        for disk, machine, facts, wanted in (
                (RescueDisk("disk", "usb"), "pc", own, ("disk", "usb", "sda")), (RescueDisk("disk", None), "pc", own, ("disk", "virtio", "vdc")),
                (RescueDisk("disk", "ide"), "pc", own, ("disk", "ide", "hdb")), (RescueDisk("cdrom", None), "pc", own, ("cdrom", "ide", "hdb")),
                (RescueDisk("cdrom", "sata"), "q35", own, ("cdrom", "sata", "sda")),
                (RescueDisk("disk", "scsi"), "pc", server_facts(image=None, volumes=[volume]), ("disk", "scsi", "sda"))):
            with self.subTest(disk=disk, machine=machine):
                made = ElementTree.fromstring(domain_xml(facts, FILES, Machine(machine_type=machine), rescued=True, beside=disk))
                rescue = next(each for each in made.findall("devices/disk") if each.find("source").get("file") == str(FILES.rescue))
                target = rescue.find("target")
                self.assertEqual(wanted, (rescue.get("device"), target.get("bus"), target.get("dev")))
                self.assertEqual(["1", "2"], sorted(each.get("order") for each in made.findall("devices/disk/boot")))
                self.assertEqual("2", made.find("devices/disk/boot").get("order"), "its own first disk is the second to boot from")
                self.assertEqual([], made.findall("os/boot") + made.findall("os/kernel"))
                if facts is own and machine == "pc":
                    self.assertEqual(before, [each.attrib for each in made.iter("target") if each is not target])

    def test_container(self) -> None:
        """A card, an init that the image names, and no network of the host's."""
        image = server_facts()["image"] | {"properties": {"os_command_line": "/bin/start --as 'the one'"}}
        made, path = container_xml(server_facts(image=image), Machine("lxc")), GOLDEN / "container.xml"
        if os.environ.get("CUMULO_WRITE_GOLDEN"):
            path.write_text(made)
        self.assertEqual(made, path.read_text())

    def test_shared_processors(self) -> None:
        """Guests without own processors stay off those that others have."""
        self.assertIn('<vcpu cpuset="0-3,8">1</vcpu>', domain_xml(server_facts(), FILES, Machine(shared_processors="0-3,8")))

    def test_a_guest_that_moves_has_the_processors_of_its_new_host(self) -> None:
        """What was said of the old host is gone, for guests with own processors and without."""
        own = Fit((FitCell(1, (0,), 512, None, ((0, 7),)),))
        facts = server_facts(ports=[])
        facts |= {"flavor": facts["flavor"] | {"extra_specs": {"hw:cpu_policy": "dedicated"}}, "fit": own.to_json()}
        there = placing.placed_anew(domain_xml(facts, FILES, Machine(shared_processors="0-3")), fit(
            dataclasses.replace(own, cells=(dataclasses.replace(own.cells[0], host_cell=0, pins=((0, 2),)),)).to_json()), "")
        self.assertIn('<vcpupin vcpu="0" cpuset="2" />', there)
        self.assertIn('<memnode cellid="0" mode="strict" nodeset="0" />', there)
        self.assertNotIn('cpuset="7"', there)
        self.assertNotIn('cpuset="0-3"', there)
        plain = placing.placed_anew(domain_xml(server_facts(), FILES, Machine(shared_processors="0-3")), None, "5")
        self.assertIn('<vcpu cpuset="5">1</vcpu>', plain)

    def test_direct_kernel(self) -> None:
        """Kernel, ramdisk and the image's command line, whose markup characters stay harmless."""
        image = server_facts()["image"] | {"properties": {"os_command_line": "root=/dev/vda1 a=<b>&\"c\""}}
        facts = server_facts(image=image, kernel={"id": "k"}, ramdisk={"id": "r"})
        self.assert_golden("direct-kernel", facts, Machine())

    def test_kernel_of_deleted_image_gets_default_command_line(self) -> None:
        """The facts of a server outlive its image."""
        text = domain_xml(server_facts(image=None, kernel={"id": "k"}), FILES, Machine())
        self.assertIn("<cmdline>root=/dev/vda1 console=ttyS0</cmdline>", text)
        self.assertNotIn("initrd", text)
