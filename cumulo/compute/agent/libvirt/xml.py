"""A server as libvirt domain XML: a pure function of its facts, its files and the host.

The format is libvirt's "Domain XML format" page. The same input gives the same text; the golden files
in tests/unit/compute/agent/libvirt/golden hold examples.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cumulo.common.names import tap_name
from cumulo.compute import cells, hardware, passthrough
from cumulo.compute.agent.driver import Facts
from cumulo.compute.agent.files import ServerFiles
from cumulo.compute.agent.libvirt import placing, rescue
from cumulo.compute.agent.libvirt.volumes import disk_of
from cumulo.compute.fits import Fit, fit
from cumulo.compute.hardware import Hardware, RescueDisk

DEFAULT_COMMAND_LINE = "root=/dev/vda1 console=ttyS0"
# cloud-init takes a machine of this name for one with an OpenStack metadata service.
PRODUCT = "OpenStack Compute"
MANUFACTURER = "Cumulo"


@dataclasses.dataclass(frozen=True)
class Machine:
    """How guests are run on this host."""

    virt_type: str = "qemu"
    machine_type: str = "pc"
    cpu_mode: str = "auto"
    disk_cache: str = "writeback"
    emulation_cache_mib: int = 128
    graphics: str = "vnc"
    cpu_model: str = ""  # with cpu_mode custom
    cpu_features: tuple[str, ...] = ()  # -NAME: one that guests have not
    shared_processors: str = ""  # where guests run that have no processors of their own; empty: everywhere


def domain_xml(facts: Facts, files: ServerFiles, machine: Machine, *, rescued: bool = False,
               beside: RescueDisk | None = None) -> str:
    """Return the definition of a server's domain; rescued: with the rescue disk first and its own disks after it.

    beside: a rescue disk that is booted from while its own disks stay in their places.
    """
    guest = hardware_of(facts)
    machine = dataclasses.replace(machine, machine_type=guest.machine_type or machine.machine_type)
    domain = Element("domain", type=machine.virt_type)
    _text(domain, "name", facts["id"])
    _text(domain, "uuid", facts["id"])
    _text(domain, "memory", facts["flavor"]["memory_mib"], unit="MiB")
    _text(domain, "vcpu", facts["flavor"]["vcpus"])
    smbios(domain, facts)
    _boot(domain, facts, files, machine, guest, beside)
    given = placing.fit_of(facts, needs=_needs_place(facts))
    _processor(domain, machine, guest, given)
    placing.tune(domain, given, machine.shared_processors)
    SubElement(domain, "clock", offset="localtime" if guest.local_time else "utc")
    for event, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _text(domain, f"on_{event}", action)
    _devices(SubElement(domain, "devices"), facts, files, machine, guest, rescued and beside is None)
    if rescued and beside is not None:
        rescue.add_disk(domain, files.rescue, beside, guest, cache=machine.disk_cache)
    ElementTree.indent(domain)
    return ElementTree.tostring(domain, encoding="unicode") + "\n"


def _needs_place(facts: Facts) -> bool:
    """Whether the server has to have something of its host for itself."""
    return cells.of(facts["flavor"], properties_of(facts)) is not None or passthrough.has_devices(facts["flavor"])


def hardware_of(facts: Facts) -> Hardware:
    """Return the machine that a server's guest sees."""
    return hardware.of(facts["flavor"], properties_of(facts))


def consoles(machine: Machine) -> list[str]:
    """Return the kinds of consoles that guests of a host have, by the API's names."""
    if machine.virt_type == "lxc":
        return ["serial"]
    return [*{"vnc": ["novnc"], "spice": ["spice-html5"]}.get(machine.graphics, []), "serial"]


def has_agent(properties: Mapping[str, str]) -> bool:
    """Say whether an image says that QEMU's agent runs in its guests."""
    return str(properties.get("hw_qemu_guest_agent", "")).lower() in ("yes", "true", "1", "on")


def administrator(properties: Mapping[str, str]) -> str:
    """Return the name of the user who administers a guest, by what its image says."""
    return properties.get("os_admin_user") or ("Administrator" if properties.get("os_type") == "windows" else "root")


def card_xml(port: Facts, guest: Hardware) -> str:
    """Return the definition of one network card."""
    devices = Element("devices")
    _card(devices, port, guest)
    return ElementTree.tostring(devices[0], encoding="unicode")


def volume_xml(disk: Facts, target: str, machine: Machine) -> str:
    """Return the definition of a volume's disk."""
    devices = Element("devices")
    _volume(devices, disk, target, machine)
    return ElementTree.tostring(devices[0], encoding="unicode")


def smbios(domain: Element, facts: Facts) -> None:
    """Say who made a machine, and which it is."""
    system = SubElement(SubElement(domain, "sysinfo", type="smbios"), "system")
    for name, value in (("manufacturer", MANUFACTURER), ("product", PRODUCT), ("serial", facts["id"]),
                        ("uuid", facts["id"]), ("family", "Virtual Machine")):
        _text(system, "entry", value, name=name)


def _boot(domain: Element, facts: Facts, files: ServerFiles, machine: Machine, guest: Hardware,
          beside: RescueDisk | None) -> None:
    system = SubElement(domain, "os", firmware="efi") if guest.firmware == hardware.UEFI else SubElement(domain, "os")
    _text(system, "type", "hvm", arch="x86_64", machine=machine.machine_type)
    if guest.firmware == hardware.UEFI:  # libvirt finds the firmware's files, and keeps its variables
        firmware, word = SubElement(system, "firmware"), "yes" if guest.secure_boot else "no"
        for feature in ("secure-boot", "enrolled-keys"):
            SubElement(firmware, "feature", enabled=word, name=feature)
        if guest.secure_boot:
            SubElement(system, "loader", secure="yes")
    if beside is None:  # else the disks say for themselves which comes first
        SubElement(system, "boot", dev="hd")
    if guest.boot_menu:
        SubElement(system, "bootmenu", enable="yes")
    SubElement(system, "smbios", mode="sysinfo")
    if facts.get("kernel") and beside is None:
        _text(system, "kernel", files.kernel)
        if facts.get("ramdisk"):
            _text(system, "initrd", files.ramdisk)
        _text(system, "cmdline", properties_of(facts).get("os_command_line") or DEFAULT_COMMAND_LINE)


def _processor(domain: Element, machine: Machine, guest: Hardware, given: Fit | None) -> None:
    features = SubElement(domain, "features")
    SubElement(features, "acpi")
    SubElement(features, "apic")
    if guest.secure_boot:
        SubElement(features, "smm", state="on")
    if guest.hides_hypervisor:
        SubElement(SubElement(features, "kvm"), "hidden", state="on")
    emulated = machine.virt_type == "qemu"
    if emulated:
        _text(SubElement(features, "tcg"), "tb-cache", machine.emulation_cache_mib, unit="MiB")
    mode = machine.cpu_mode
    if mode == "auto":
        mode = "maximum" if emulated else "host-model"
    processor = Element("cpu") if mode == "none" else Element("cpu", mode=mode)
    if mode == "custom":
        processor.set("match", "exact")
        _text(processor, "model", machine.cpu_model, fallback="forbid")
    SubElement(processor, "topology", {name: str(each) for name, each in dataclasses.asdict(guest.topology).items()})
    for feature in machine.cpu_features if mode != "none" else ():
        SubElement(processor, "feature", policy="disable" if feature.startswith("-") else "require", name=feature.lstrip("-"))
    placing.guest_cells(processor, given)
    domain.append(processor)


def _devices(devices: Element, facts: Facts, files: ServerFiles, machine: Machine, guest: Hardware, rescued: bool) -> None:
    _disks(devices, facts, files, machine, rescued)
    _buses(devices, guest)
    for port in facts.get("ports") or ():
        _card(devices, port, guest)
    serial = SubElement(devices, "serial", type="pty")
    # Appending: the log goes on over reboots, and can be trimmed while QEMU has it open.
    SubElement(serial, "log", file=str(files.console), append="on")
    SubElement(serial, "target", port="0")
    if machine.graphics != "none":
        # It listens nowhere: libvirt connects whom the API has let in.
        SubElement(SubElement(devices, "graphics", type=machine.graphics), "listen", type="none")
        memory = {"vram": str(guest.video_mib * 1024)} if guest.video_mib else {}
        SubElement(SubElement(devices, "video"), "model", type=guest.video_model, **memory)
    if guest.tablet_bus:
        SubElement(devices, "input", type="tablet", bus=guest.tablet_bus)
    if has_agent(properties_of(facts)):
        SubElement(SubElement(devices, "channel", type="unix"), "target", type="virtio", name="org.qemu.guest_agent.0")
    if guest.has_random:
        _random(devices, guest)
    if guest.watchdog:
        SubElement(devices, "watchdog", model="i6300esb", action=guest.watchdog)
    placing.host_devices(devices, fit(facts.get("fit")))
    if guest.tpm:
        SubElement(SubElement(devices, "tpm", model=guest.tpm.model), "backend", type="emulator", version=guest.tpm.version)
    SubElement(devices, "memballoon", model="virtio")


def _random(devices: Element, guest: Hardware) -> None:
    random = SubElement(devices, "rng", model="virtio")
    if guest.random_bytes:
        SubElement(random, "rate", bytes=str(guest.random_bytes), period=str(guest.random_period_ms))
    _text(random, "backend", "/dev/urandom", model="random")


def _disks(devices: Element, facts: Facts, files: ServerFiles, machine: Machine, rescued: bool) -> None:
    flavor, letters = facts["flavor"], iter("abcd")
    if rescued:
        _disk(devices, f"vd{next(letters)}", files.rescue, "qcow2", machine)
    volumes = list(facts.get("volumes") or ())
    root = next((each for each in volumes if each.get("boot_index") == 0), None)
    if root is None:
        _disk(devices, f"vd{next(letters)}", files.disk, "qcow2", machine)
    else:
        bus = root.get("disk_bus") or hardware_of(facts).disk_bus
        _volume(devices, {**root, "disk_bus": bus}, f"vd{next(letters)}", machine)
        volumes.remove(root)
    if flavor.get("ephemeral_gib"):
        _disk(devices, f"vd{next(letters)}", files.ephemeral, "raw", machine)
    if flavor.get("swap_mib"):
        _disk(devices, f"vd{next(letters)}", files.swap, "raw", machine)
    if facts.get("config_drive"):
        _config_drive(devices, files, machine, hardware_of(facts).disk_bus)
    taken = {target.get("dev") for target in devices.iter("target")}
    for volume in volumes:
        name = volume_target(volume, taken)
        taken.add(name)
        _volume(devices, volume, name, machine)


def volume_target(volume: Facts, taken: Collection[str | None]) -> str:
    """Return the name of a volume's disk: its own unless a disk of the server's has it, as one that it is rescued from."""
    own = volume["device"].rpartition("/")[2]
    free = (f"vd{letter}" for letter in "bcdefghijklmnopqrstuvwxy")
    return own if own not in taken else next(name for name in free if name not in taken)


def _volume(devices: Element, volume: Facts, name: str, machine: Machine) -> None:
    """The guest's QEMU opens the volume itself; its serial is what the guest knows the volume by."""
    disk = disk_of(devices, volume, cache=machine.disk_cache, discard="unmap")
    SubElement(disk, "target", dev=name, bus=volume.get("disk_bus") or "virtio")
    if volume["read_only"]:
        SubElement(disk, "readonly")
    _text(disk, "serial", volume["id"])
    if volume.get("limits"):
        tuned = SubElement(disk, "iotune")
        for limit, most in sorted(volume["limits"].items()):
            _text(tuned, limit, str(most))


def _buses(devices: Element, guest: Hardware) -> None:
    """Put the host's disks on the bus that the image wants: their names stay, only volumes have buses of their own."""
    for disk in devices.findall("disk"):
        target = disk.find("target")
        if target is None or disk.find("serial") is not None:
            continue
        if disk.get("device") == "cdrom" and guest.cdrom_bus:
            target.set("bus", guest.cdrom_bus)
        if disk.get("device") == "cdrom" and target.get("bus") == guest.disk_bus:  # the first places are the disks'
            target.set("dev", "hdd" if guest.disk_bus == "ide" else "hde")
        elif disk.get("device") == "disk":
            target.set("bus", guest.disk_bus)
    if any(target.get("bus") == "scsi" for target in devices.iter("target")):
        devices.insert(0, Element("controller", type="scsi", model="virtio-scsi"))


def _disk(devices: Element, name: str, path: Any, disk_format: str, machine: Machine) -> None:
    disk = SubElement(devices, "disk", type="file", device="disk")
    SubElement(disk, "driver", name="qemu", type=disk_format, cache=machine.disk_cache, discard="unmap")
    SubElement(disk, "source", file=str(path))  # an overlay names its base and the base's format itself
    SubElement(disk, "target", dev=name, bus="virtio")


def _config_drive(devices: Element, files: ServerFiles, machine: Machine, disk_bus: str) -> None:
    # pc has IDE, which every guest kernel knows. The virtio name is last, out of the way of volumes. A guest without virtio
    # has SATA elsewhere: QEMU has no disks of it that are read only, but drives.
    has_ide = machine.machine_type == "pc" or machine.machine_type.startswith("pc-i440fx")
    is_drive = has_ide or disk_bus != "virtio"
    disk = SubElement(devices, "disk", type="file", device="cdrom" if is_drive else "disk")
    SubElement(disk, "driver", name="qemu", type="raw", cache=machine.disk_cache)
    SubElement(disk, "source", file=str(files.config_drive))
    bus = "ide" if has_ide else "sata" if is_drive else "virtio"
    SubElement(disk, "target", dev="hda" if is_drive else "vdz", bus=bus)
    SubElement(disk, "readonly")


def card(devices: Element, port: Facts) -> Element:
    """Connect a guest with a port, by a device that is named for it."""
    made = SubElement(devices, "interface", type="bridge")
    SubElement(made, "mac", address=port["mac_address"])
    SubElement(made, "source", bridge=port["bridge"])
    SubElement(made, "target", dev=tap_name(port["id"]))
    return made


def _card(devices: Element, port: Facts, guest: Hardware) -> None:
    made = card(devices, port)
    SubElement(made, "model", type=guest.card_model)
    if guest.queues > 1 and guest.card_model == "virtio":
        SubElement(made, "driver", queues=str(guest.queues))
    if port.get("mtu"):
        SubElement(made, "mtu", size=str(port["mtu"]))


def properties_of(facts: Facts) -> Mapping[str, str]:
    """Return what the image of a server says, or its root volume's."""
    return (facts.get("image") or {}).get("properties") or facts.get("image_properties") or {}


def _text(parent: Element, tag: str, content: Any, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = str(content)
