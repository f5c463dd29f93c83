"""The machine that flavor and image ask for, and what it needs of a host."""

import unittest
from typing import Any

from cumulo.common import errors
from cumulo.compute import hardware
from cumulo.compute.hardware import Topology, Tpm


def machine(vcpus: int = 4, image: dict[str, Any] | None = None, **specs: str) -> hardware.Hardware:
    """Return the machine of a flavor with specs, whose names have a colon for each double underscore."""
    named = {name.replace("__", ":"): value for name, value in specs.items()}
    return hardware.of({"vcpus": vcpus, "extra_specs": named}, image)


class HardwareTest(unittest.TestCase):
    """of and needs"""

    def test_nothing_said(self) -> None:
        for image in (None, {}):
            self.assertEqual(hardware.Hardware(Topology(4, 1, 1)), machine(image=image))
        self.assertEqual(frozenset(), hardware.needs(machine()))

    def test_topologies(self) -> None:
        cases = (({}, (4, 1, 1)), ({"hw__cpu_cores": "2"}, (2, 2, 1)), ({"hw__cpu_sockets": "1"}, (1, 4, 1)),
                 ({"hw__cpu_threads": "2"}, (2, 1, 2)), ({"hw__cpu_sockets": "1", "hw__cpu_threads": "2"}, (1, 2, 2)))
        for specs, expected in cases:
            self.assertEqual(Topology(*expected), machine(**specs).topology, specs)
        for wrong in ({"hw__cpu_cores": "3"}, {"hw__cpu_sockets": "8"}, {"hw__cpu_cores": "0"}, {"hw__cpu_cores": "x"},
                      {"hw__cpu_sockets": "2", "hw__cpu_cores": "4"}):
            with self.assertRaises(errors.BadRequest, msg=str(wrong)):
                machine(**wrong)

    def test_the_flavors_word_counts(self) -> None:
        image = {"hw_cpu_cores": "4", "hw_watchdog_action": "poweroff", "hw_vif_multiqueue_enabled": "yes"}
        self.assertEqual((Topology(1, 4, 1), "poweroff", 4), (
            machine(image=image).topology, machine(image=image).watchdog, machine(image=image).queues))
        own = machine(image=image, hw__cpu_cores="2", hw__watchdog_action="disabled", hw__vif_multiqueue_enabled="no")
        self.assertEqual((Topology(2, 2, 1), None, 1), (own.topology, own.watchdog, own.queues))

    def test_firmware(self) -> None:
        for image, specs, expected in (
                ({"hw_firmware_type": "uefi"}, {}, ("uefi", False, None)),
                ({"os_secure_boot": "required"}, {}, ("uefi", True, "q35")),
                ({"os_secure_boot": "optional"}, {}, ("bios", False, None)),
                ({"os_secure_boot": "required"}, {"os__secure_boot": "disabled"}, ("bios", False, None)),
                ({"hw_machine_type": "pc-q35-7.2"}, {"os__secure_boot": "required"}, ("uefi", True, "pc-q35-7.2"))):
            made = machine(image=image, **specs)
            self.assertEqual(expected, (made.firmware, made.secure_boot, made.machine_type), image)
        for wrong in ({"hw_firmware_type": "bios", "os_secure_boot": "required"}, {"hw_firmware_type": "openfirmware"},
                      {"hw_machine_type": "pc", "os_secure_boot": "required"}):
            with self.assertRaises(errors.BadRequest, msg=str(wrong)):
                machine(image=wrong)

    def test_devices(self) -> None:
        made = machine(hw_rng__rate_bytes="10", hw_rng__rate_period="20", hw__tpm_version="1.2")
        self.assertEqual((True, 10, 20, Tpm("1.2", "tpm-tis")), (made.has_random, made.random_bytes, made.random_period_ms, made.tpm))
        self.assertFalse(machine(hw_rng__allowed="False").has_random)
        for wrong in ({"hw_video_model": "cga"}, {"hw_vif_model": "x"}, {"hw_watchdog_action": "bark"},
                      {"hw_tpm_version": "1.2", "hw_tpm_model": "tpm-crb"}, {"hw_disk_bus": "xen"}, {"hw_cdrom_bus": "virtio"},
                      {"hw_pointer_model": "paw"}, {"hw_video_ram": "16"}):
            with self.assertRaises(errors.BadRequest, msg=str(wrong)):
                machine(image=wrong)

    def test_what_is_not_here_is_refused(self) -> None:
        for specs, image in (({"hw:cpu_realtime": "yes"}, {}), ({}, {"hw_locked_memory": "true"}), ({"hw:pmem": "small"}, {}),
                             ({"hw:numa_nodes": "3"}, {}), ({"hw:cpu_cores": "3"}, {})):
            with self.assertRaises(errors.BadRequest, msg=f"{specs} {image}"):
                hardware.check({"vcpus": 4, "memory_mib": 512, "extra_specs": specs}, image)
        hardware.check({"vcpus": 4, "memory_mib": 512, "extra_specs": {
            "hw:cpu_policy": "shared", "hw:mem_page_size": "any", "hw:locked_memory": "No"}}, {})

    def test_names_that_nobody_knows_say_nothing(self) -> None:
        unknown = {"hw_anything": "x", "os_distro": "debian", "hw:disk_bus": "xen", "HW_DISK_BUS": "xen", "": ""}
        self.assertEqual(machine(), machine(image=unknown))
        hardware.check({"vcpus": 4, "memory_mib": 512, "extra_specs": {}}, unknown)

    def test_which_hypervisor(self) -> None:
        for image, hosts in (({}, {"QEMU", "KVM", "LXC"}), ({"img_hv_type": "lxc"}, {"LXC"}), ({"img_hv_type": "qemu"}, {"QEMU", "KVM"}),
                             ({"img_hv_type": "kvm"}, {"KVM"}), ({"hw_vm_mode": "exe"}, {"LXC"}), ({"hw_vm_mode": "hvm"}, {"QEMU", "KVM"})):
            there = {"QEMU": {"type": "QEMU", "virt_type": "qemu"}, "KVM": {"type": "QEMU", "virt_type": "kvm"}, "LXC": {"type": "LXC"}}
            wanted = hardware.needs(machine(image=image))
            self.assertEqual(hosts, {name for name, inventory in there.items() if wanted <= hardware.kinds(inventory)}, image)
        with self.assertRaises(errors.BadRequest):
            machine(image={"img_hv_type": "xen"})

    def test_needs(self) -> None:
        made = machine(image={"os_secure_boot": "required", "hw_tpm_version": "2.0", "hw_machine_type": "q35"})
        self.assertEqual({"machine:q35", "uefi", "secure-boot", "tpm"}, hardware.needs(made))
