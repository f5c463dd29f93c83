"""Letting a guest that runs see that a volume of its has become larger. Each function runs in a native thread.

QEMU learns how large an export is when it connects, and connects again when it is next asked for something (QEMU's
block/nbd.c). A volume that has grown is served anew, which ends its connections: so QEMU is asked to read a little,
without waiting for it, and told the new size when it has seen that. What is read is thrown away.
"""

import json
from typing import Any
from xml.etree.ElementTree import Element

import libvirt
import libvirt_qemu

from cumulo.common import errors
from cumulo.compute.agent.libvirt import domain as domains

GIB = 1024**3
_READ = "aio_read -q 0 512"


def grow_volume(connection: libvirt.virConnect, server_id: str, volume_id: str, size: int) -> None:
    """Let a domain that runs see that a volume has so many bytes; raises Retry while its QEMU has not seen them itself."""
    domain = domains.find(connection, server_id)
    disk = domains.disk(domain, volume_id) if domain is not None and domain.isActive() else None
    if domain is None or disk is None:
        return
    domains.refuse_copied(domain)
    name = disk.find("target").get("dev")
    # What encryption takes of a volume the guest does not see: it stays as it is when the volume grows.
    hidden = -domain.blockInfo(name)[0] % GIB if disk.find("./source/encryption") is not None else 0
    if disk.get("type") == "network":
        _ask_for_a_sector(domain, disk)
    try:
        domain.blockResize(name, size - hidden, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
    except libvirt.libvirtError as failure:
        if disk.get("type") == "network" and domain.isActive():
            raise errors.Retry("the guest's QEMU has not connected again to what serves the volume") from failure
        raise


def _ask_for_a_sector(domain: libvirt.virDomain, disk: Element) -> None:
    alias = disk.find("alias").get("name", "")  # type: ignore[union-attr]
    for device in _monitor(domain, "query-block"):
        if alias in (each := str(device.get("qdev", ""))).split("/"):
            _monitor(domain, "human-monitor-command", **{"command-line": f'qemu-io -d {each} "{_READ}"'})


def _monitor(domain: libvirt.virDomain, name: str, **arguments: str) -> Any:
    return json.loads(libvirt_qemu.qemuMonitorCommand(domain, json.dumps({"execute": name, "arguments": arguments}), 0))["return"]
