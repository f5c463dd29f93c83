"""What libvirt and the kernel say of this host: processors, memory, disk, versions."""

import os
import pathlib
import socket
from typing import Any
from xml.etree import ElementTree

import libvirt

from cumulo.compute.agent import host_cells, support
from cumulo.compute.agent.driver import Inventory
from cumulo.compute.agent.host_cells import Shares
from cumulo.compute.agent.libvirt import container, topology
from cumulo.compute.fits import Device

GIB = 1024 ** 3


def inventory(connection: libvirt.virConnect, state_dir: pathlib.Path, virt_type: str, consoles: list[str],
              shares: Shares) -> Inventory:
    """Return the host's inventory. The version is QEMU's, as libvirt counts: major * 1,000,000 + minor * 1,000."""
    model, memory_mib, vcpus, *_ = connection.getInfo()
    space = os.statvfs(state_dir)
    is_lxc = virt_type == container.LXC
    cells = [] if is_lxc else host_cells.parted(topology.cells(connection.getCapabilities()), shares)
    return Inventory(
        vcpus=host_cells.processors(cells) or vcpus, memory_mib=memory_mib, disk_gib=space.f_blocks * space.f_frsize // GIB,
        hypervisor={
            "type": "LXC" if is_lxc else "QEMU", "version": connection.getVersion(), "virt_type": virt_type,
            "hostname": socket.gethostname(), "cpu_info": processor(connection.getCapabilities(), model),
            "disk_free_gib": space.f_bavail * space.f_frsize // GIB, "uptime_s": _uptime_s(),
            "consoles": consoles, "cells": [each.to_json() for each in cells],
            "devices": [] if is_lxc else [
                each.to_json() for each in host_cells.given_away(_devices(connection, shares), shares)],
            "abilities": [] if is_lxc else abilities(
                connection.getCapabilities(), _domain_capabilities(connection, virt_type)),
            "supports": sorted(support.LXC if is_lxc else support.QEMU),
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


def abilities(capabilities: str, of_domains: str) -> list[str]:
    """Return what machines this host can make, in the words of cumulo.compute.hardware, from both XML documents."""
    machines = {each.text for each in ElementTree.fromstring(capabilities).findall(
        "./guest/arch[@name='x86_64']/machine")} | {each.get("canonical") for each in ElementTree.fromstring(
            capabilities).findall("./guest/arch[@name='x86_64']/machine")}
    offered = ElementTree.fromstring(of_domains)
    found = {f"machine:{name}" for name in machines if name}
    if "efi" in [each.text for each in offered.findall("./os/enum[@name='firmware']/value")]:
        found.add("uefi")
        if "yes" in [each.text for each in offered.findall("./os/loader/enum[@name='secure']/value")]:
            found.add("secure-boot")
    if "emulator" in [each.text for each in offered.findall("./devices/tpm/enum[@name='backendModel']/value")]:
        found.add("tpm")
    return sorted(found)


def _devices(connection: libvirt.virConnect, shares: Shares) -> list[Device]:
    """The host's PCI devices; nobody looks where none is given away."""
    if not shares.devices:
        return []
    return topology.devices(each.XMLDesc() for each in connection.listAllDevices(libvirt.VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV))


def _domain_capabilities(connection: libvirt.virConnect, virt_type: str) -> str:
    # q35 is asked about: it alone has secure boot, and what else it has the others have too.
    return connection.getDomainCapabilities(None, "x86_64", "q35", virt_type)


def _uptime_s() -> int:
    return int(float(pathlib.Path("/proc/uptime").read_text().split()[0]))
