"""What libvirt and the kernel say of this host: processors, memory, disk, versions."""

import os
import pathlib
import socket
from typing import Any
from xml.etree import ElementTree

import libvirt

from cumulo.compute.agent.driver import Inventory

GIB = 1024 ** 3


def inventory(connection: libvirt.virConnect, state_dir: pathlib.Path, virt_type: str,
              consoles: list[str]) -> Inventory:
    """Return the host's inventory. The version is QEMU's, as libvirt counts: major * 1,000,000 + minor * 1,000."""
    model, memory_mib, vcpus, *_ = connection.getInfo()
    space = os.statvfs(state_dir)
    return Inventory(
        vcpus=vcpus, memory_mib=memory_mib, disk_gib=space.f_blocks * space.f_frsize // GIB,
        hypervisor={
            "type": "QEMU", "version": connection.getVersion(), "virt_type": virt_type,
            "hostname": socket.gethostname(), "cpu_info": processor(connection.getCapabilities(), model),
            "disk_free_gib": space.f_bavail * space.f_frsize // GIB, "uptime_s": _uptime_s(),
            "consoles": consoles,
        })


def processor(capabilities: str, architecture: str) -> dict[str, Any]:
    """Return the processor of a host from its capabilities XML, in the compute API's terms for cpu_info."""
    found = ElementTree.fromstring(capabilities).find("./host/cpu")
    if found is None:
        return {"arch": architecture}
    topology = found.find("topology")
    return {
        "arch": found.findtext("arch") or architecture, "model": found.findtext("model"),
        "vendor": found.findtext("vendor"),
        "topology": {} if topology is None else {
            name: int(topology.get(name, "1")) for name in ("sockets", "cores", "threads")},
        "features": sorted(feature.get("name", "") for feature in found.findall("feature")),
    }


def _uptime_s() -> int:
    return int(float(pathlib.Path("/proc/uptime").read_text().split()[0]))
