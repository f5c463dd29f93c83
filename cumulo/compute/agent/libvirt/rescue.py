"""The disk that a server is rescued with beside its own, as an element of its domain XML. Pure.

The format is libvirt's "Domain XML format" page. Disks have addresses on their bus by the letters of their names, so a letter
is free only if no disk of that bus has it.
"""

import pathlib
import string
from xml.etree.ElementTree import Element, SubElement

from cumulo.compute.hardware import CDROM, Hardware, RescueDisk

_PREFIXES = {"virtio": "vd", "ide": "hd"}
_OTHERS = "sd"


def add_disk(domain: Element, path: pathlib.Path, rescue: RescueDisk, guest: Hardware, *, cache: str) -> None:
    """Add a rescue disk (an overlay) after the server's own, and have the machine boot from it first, then from its own."""
    devices, (own, *_) = domain.findall("devices")[0], domain.findall("devices/disk")
    bus = rescue.bus or (_cdrom_bus(domain) if rescue.device == CDROM else guest.disk_bus)
    disk = Element("disk", type="file", device=rescue.device)
    SubElement(disk, "driver", name="qemu", type="qcow2", cache=cache)
    SubElement(disk, "source", file=str(path))
    SubElement(disk, "target", dev=_name(devices, bus), bus=bus)
    if rescue.device == CDROM:
        SubElement(disk, "readonly")
    for order, each in enumerate((disk, own), start=1):
        SubElement(each, "boot", order=str(order))
    devices.insert(list(devices).index(devices.findall("disk")[-1]) + 1, disk)
    if bus == "scsi" and not any(each.get("type") == "scsi" for each in devices.findall("controller")):
        devices.insert(0, Element("controller", type="scsi", model="virtio-scsi"))


def _cdrom_bus(domain: Element) -> str:
    machine = domain.find("os/type")
    name = "" if machine is None else str(machine.get("machine"))
    return "ide" if name == "pc" or name.startswith("pc-i440fx") else "sata"


def _name(devices: Element, bus: str) -> str:
    targets = [(target.get("dev", ""), target.get("bus")) for target in devices.findall("disk/target")]
    taken = {name for name, _ in targets}
    letters = {name[-1:] for name, other in targets if other == bus}
    prefix = _PREFIXES.get(bus, _OTHERS)
    return next(f"{prefix}{letter}" for letter in string.ascii_lowercase
                if letter not in letters and f"{prefix}{letter}" not in taken)
