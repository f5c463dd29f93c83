"""The machine that a guest sees, read from its flavor's extra specs and its image's properties. Pure.

    hw:machine_type   is the image's alone (hw_machine_type), as are firmware, video and network card models
    hw:cpu_sockets, hw:cpu_cores, hw:cpu_threads      and the image's hw_cpu_sockets ...
    hw:watchdog_action, hw:boot_menu, hw:vif_multiqueue_enabled, hw:tpm_version, hw:tpm_model      and the image's hw_...
    img_hv_type (qemu, kvm, lxc), hw_vm_mode (hvm, exe)      the image's alone: which hosts it can go to
    hw_disk_bus, hw_cdrom_bus, hw_pointer_model, hw_input_bus, hw_video_ram, os_type       the image's alone
    hw:hide_hypervisor_id and the image's img_hide_hypervisor_id, hw_video:ram_max_mb      how much the image may ask for
    hw_rng:allowed, hw_rng:rate_bytes, hw_rng:rate_period      the flavor's alone
    os:secure_boot    and the image's os_secure_boot
    hw_rescue_device, hw_rescue_bus      the rescue image's alone: the server keeps its disks where they are

Where both speak the flavor's word counts: who pays for the server chose it. The API refuses what cannot be, placement
asks hosts for what a machine needs of them, and the agent builds it: all by these functions. What a guest has of its host
for itself (processors, pages, cells, devices) is in cells.py and passthrough.py.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors
from cumulo.compute import cells

BIOS, UEFI = "bios", "uefi"
_WATCHDOG = ("none", "pause", "poweroff", "reset", "disabled")
_VIDEO = ("vga", "virtio", "qxl", "cirrus", "bochs", "none")
_CARDS = ("virtio", "e1000", "e1000e", "rtl8139")
_BUSES = ("virtio", "scsi", "sata", "ide", "usb")
DISK, CDROM = "disk", "cdrom"
_RESCUE_DEVICES = (DISK, CDROM)
_CDROM_BUSES = ("ide", "sata", "scsi", "usb")
_POINTERS, _INPUT_BUSES = ("ps2mouse", "usbtablet"), ("usb", "virtio")
_HYPERVISORS, _MODES = ("qemu", "kvm", "lxc"), ("hvm", "exe")
_SECURE = ("required", "optional", "disabled")
_TPM_VERSIONS, _TPM_MODELS = ("1.2", "2.0"), ("tpm-tis", "tpm-crb")
_YES = ("1", "t", "true", "on", "y", "yes")
_NO = ("0", "f", "false", "off", "n", "no")
#: What is not built here, by flavor and image, and the words that ask for nothing of it.
_NOT_HERE = (
    ("hw:cpu_realtime", "", _NO), ("hw:mem_encryption", "hw_mem_encryption", _NO),
    ("hw:locked_memory", "hw_locked_memory", _NO), ("hw:pmem", "", ()), ("accel:device_profile", "", ()))
MOST_QUEUES = 256  # of a virtio card
Words = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Topology:
    """How processors are shown to a guest."""

    sockets: int
    cores: int
    threads: int


@dataclasses.dataclass(frozen=True)
class Tpm:
    """An emulated trusted platform module."""

    version: str
    model: str


@dataclasses.dataclass(frozen=True)
class RescueDisk:
    """What a server is rescued with where its own disks stay in their places; bus None: what such a device has."""

    device: str
    bus: str | None


@dataclasses.dataclass(frozen=True)
class Hardware:
    """What is not the same for every guest; machine_type None is the host's own."""

    topology: Topology
    machine_type: str | None = None
    firmware: str = BIOS
    secure_boot: bool = False
    boot_menu: bool = False
    watchdog: str | None = None
    has_random: bool = True
    random_bytes: int | None = None  # a period; None is no limit
    random_period_ms: int = 1000
    queues: int = 1
    card_model: str = "virtio"
    video_model: str = "vga"
    tpm: Tpm | None = None
    disk_bus: str = "virtio"
    cdrom_bus: str | None = None  # None: what the machine type has
    tablet_bus: str | None = None  # a pointer that says where it is, not how it moved
    video_mib: int | None = None
    hides_hypervisor: bool = False
    local_time: bool = False  # the guest takes its clock for local time
    hypervisor: str | None = None  # qemu, kvm or lxc
    mode: str | None = None  # hvm, or exe for a container


def of(flavor: Words, properties: Words | None) -> Hardware:
    """Return the machine of a server; raises BadRequest for words that it cannot read, or that contradict one another."""
    image: Words = properties or {}
    said = _Said(flavor.get("extra_specs") or {}, image)
    secure = said.choice("os:secure_boot", "os_secure_boot", _SECURE) == "required"
    firmware = said.choice("", "hw_firmware_type", (BIOS, UEFI)) or (UEFI if secure else BIOS)
    if secure and firmware != UEFI:
        raise errors.BadRequest("Secure boot needs UEFI firmware (image property hw_firmware_type).")
    machine = image.get("hw_machine_type") or ("q35" if secure else None)
    if secure and not str(machine).startswith(("q35", "pc-q35")):
        raise errors.BadRequest("Secure boot needs a machine of type q35 (image property hw_machine_type).")
    watchdog = said.choice("hw:watchdog_action", "hw_watchdog_action", _WATCHDOG)
    version = said.choice("hw:tpm_version", "hw_tpm_version", _TPM_VERSIONS)
    model = said.choice("hw:tpm_model", "hw_tpm_model", _TPM_MODELS) or "tpm-tis"
    if version == "1.2" and model == "tpm-crb":
        raise errors.BadRequest("A TPM of version 1.2 has no CRB interface.")
    many = said.flag("hw:vif_multiqueue_enabled", "hw_vif_multiqueue_enabled")
    return Hardware(
        topology=_topology(said, flavor["vcpus"]), machine_type=None if machine is None else str(machine),
        firmware=firmware, secure_boot=secure, boot_menu=said.flag("hw:boot_menu", "hw_boot_menu"),
        watchdog=None if watchdog == "disabled" else watchdog, has_random=said.flag("hw_rng:allowed", "", default=True),
        random_bytes=said.number("hw_rng:rate_bytes", ""), random_period_ms=said.number("hw_rng:rate_period", "") or 1000,
        queues=min(flavor["vcpus"], MOST_QUEUES) if many else 1,
        card_model=said.choice("", "hw_vif_model", _CARDS) or "virtio",
        video_model=said.choice("", "hw_video_model", _VIDEO) or "vga", tpm=Tpm(version, model) if version else None,
        disk_bus=said.choice("", "hw_disk_bus", _BUSES) or "virtio", cdrom_bus=said.choice("", "hw_cdrom_bus", _CDROM_BUSES),
        tablet_bus=_tablet(said), video_mib=_video_memory(said),
        hides_hypervisor=said.flag("hw:hide_hypervisor_id", "img_hide_hypervisor_id"),
        local_time=image.get("os_type") == "windows", hypervisor=said.choice("", "img_hv_type", _HYPERVISORS),
        mode=said.choice("", "hw_vm_mode", _MODES))


def rescue_disk(properties: Words | None) -> RescueDisk | None:
    """Return what a rescue image wants to be; None where it takes the place of the server's first disk. Raises BadRequest."""
    said = _Said({}, properties or {})
    device, bus = said.choice("", "hw_rescue_device", _RESCUE_DEVICES), said.choice("", "hw_rescue_bus", _BUSES)
    if device is None and bus is None:
        return None
    if device == CDROM and bus is not None and bus not in _CDROM_BUSES:
        raise errors.BadRequest(f"A CD-ROM drive is not on the bus {bus} (hw_rescue_bus): it can be {', '.join(_CDROM_BUSES)}.")
    return RescueDisk(device or DISK, bus)


def _tablet(said: "_Said") -> str | None:
    wanted = said.choice("", "hw_pointer_model", _POINTERS) == "usbtablet"
    bus = said.choice("", "hw_input_bus", _INPUT_BUSES)
    return bus or ("usb" if wanted else None)


def _video_memory(said: "_Said") -> int | None:
    """What the image asks for, as far as the flavor lets it."""
    asked, most = said.number("", "hw_video_ram"), said.number("hw_video:ram_max_mb", "")
    if asked is not None and asked > (most or 0):
        raise errors.BadRequest(f"hw_video_ram is {asked} MiB, the flavor allows {most or 0} (hw_video:ram_max_mb).")
    return asked


def check(flavor: Words, properties: Words | None) -> None:
    """Raise BadRequest for a machine that no host here can make, or that contradicts itself.

    A server that was made before something was refused still runs: the agent asks `of` alone.
    """
    said = _Said(flavor.get("extra_specs") or {}, properties or {})
    for spec, name, harmless in _NOT_HERE:
        found = said.word(spec, name)
        if found is not None and found.lower() not in harmless:
            raise errors.BadRequest(f"{spec} is {found[:64]!r}: no host here gives servers that.")
    of(flavor, properties)
    cells.of(flavor, properties)


def needs(hardware: Hardware) -> frozenset[str]:
    """Return what a host must be able to do for a machine, by the words that inventories say it with."""
    wanted = {f"{what}:{named}" for what, named in (
        ("machine", hardware.machine_type), ("hypervisor", hardware.hypervisor), ("mode", hardware.mode)) if named}
    for ability, is_wanted in ((UEFI, hardware.firmware == UEFI), ("secure-boot", hardware.secure_boot),
                               ("tpm", hardware.tpm is not None)):
        wanted |= {ability} if is_wanted else set()
    return frozenset(wanted)


def kinds(inventory: Words) -> frozenset[str]:
    """Return what a host is, by what its agent tells of its hypervisor, in the same words."""
    if inventory.get("type") == "LXC":
        return frozenset(("hypervisor:lxc", "mode:exe"))
    return frozenset(("hypervisor:qemu", "mode:hvm", *(("hypervisor:kvm",) if inventory.get("virt_type") in ("kvm", "fake") else ())))


@dataclasses.dataclass(frozen=True)
class _Said:
    """What flavor and image say, by the name that each has for it; "" is no name."""

    specs: Words
    image: Words

    def word(self, spec: str, name: str) -> str | None:
        """The flavor's word, else the image's."""
        found = self.specs.get(spec) if spec else None
        if found is None and name:
            found = self.image.get(name)
        return None if found is None else str(found)

    def choice(self, spec: str, name: str, among: tuple[str, ...]) -> str | None:
        """One of some words."""
        found = self.word(spec, name)
        if found is not None and found not in among:
            raise errors.BadRequest(f"{name or spec} is {found[:64]!r}: it can be {', '.join(among)}.")
        return found

    def flag(self, spec: str, name: str, *, default: bool = False) -> bool:
        """Yes or no."""
        found = self.word(spec, name)
        return default if found is None else found.lower() in _YES

    def number(self, spec: str, name: str) -> int | None:
        """A number from 1 on."""
        found = self.word(spec, name)
        if found is None:
            return None
        if not (found.isascii() and found.isdigit() and len(found) < 10 and int(found)):
            raise errors.BadRequest(f"{name or spec} is {found[:64]!r}: it must be a number from 1 on.")
        return int(found)


def _topology(said: _Said, vcpus: int) -> Topology:
    """Sockets, cores and threads: those that are named, and for the rest as many as are left; threads are 1 unasked."""
    sockets, cores, threads = (said.number(f"hw:cpu_{part}", f"hw_cpu_{part}") for part in ("sockets", "cores", "threads"))
    threads = threads or 1
    if sockets is None:
        cores = cores or 1
        sockets = vcpus // (cores * threads)
    elif cores is None:
        cores = vcpus // (sockets * threads)
    if sockets * cores * threads != vcpus:
        raise errors.BadRequest(f"{vcpus} processors cannot be shown as {sockets} sockets of {cores} cores of {threads} threads.")
    return Topology(sockets, cores, threads)
