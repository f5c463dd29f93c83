"""Having a running guest use another volume in the place of one: QEMU's own copy of a block device, and its pivot to it.

The guest goes on meanwhile, and what it writes goes to both, so that the copy is whole at some moment whatever it writes.
Until the pivot it is the old volume that counts, from then on the new one, and the domain's description says which. Each
function takes an open connection and runs in a native thread (connection.py).
"""

import dataclasses
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import libvirt

from cumulo.common import errors
from cumulo.compute.agent.libvirt import domain as domains
from cumulo.compute.agent.libvirt.volumes import opens_the_same

_FLAGS = (libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB
          | libvirt.VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES)
_ENDED = (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG,
          libvirt.VIR_ERR_BLOCK_COPY_ACTIVE)
"""What libvirt says of a copy that has ended, or turned to something else, a moment ago."""


@dataclasses.dataclass(frozen=True)
class Copying:
    """A disk of a running domain: its name, what it is copied to, and whether the copy is whole."""

    name: str
    target: Element | None
    is_whole: bool


def is_replaced(connection: libvirt.virConnect, server_id: str, xml: str) -> bool:
    """Say whether a disk of a domain, running or not, is opened as this definition says."""
    wanted, domain = ElementTree.fromstring(xml).find("source"), domains.find(connection, server_id)
    return domain is not None and any(opens_the_same(disk.find("source"), wanted)
                                      for disk in ElementTree.fromstring(domain.XMLDesc()).findall("./devices/disk"))


def look(connection: libvirt.virConnect, server_id: str, volume_id: str) -> Copying:
    """Return how far the copy of a volume is; raises Conflict for a domain that is off, or has no such volume."""
    domain = domains.known(connection, server_id)
    disk = domains.disk(domain, volume_id) if domain.isActive() else None
    if disk is None:
        raise errors.Conflict(f"the guest {'does not have' if domain.isActive() else 'is off and cannot copy'} the volume",
                              server_id=server_id)
    mirror = disk.find("mirror")
    target = None if mirror is None else mirror.find("source")
    return Copying(disk.find("target").get("dev", ""), target, mirror is not None and mirror.get("ready") == "yes")


def begin(connection: libvirt.virConnect, server_id: str, name: str, xml: str) -> None:
    """Begin to copy a disk to what a definition opens."""
    domains.known(connection, server_id).blockCopy(name, xml, {}, _FLAGS)


def percent(connection: libvirt.virConnect, server_id: str, name: str) -> float:
    """Return how much of a disk is copied; nothing of one that is not being copied."""
    job = domains.known(connection, server_id).blockJobInfo(name, 0)
    return 100 * float(job.get("cur", 0)) / max(1, job.get("end", 0)) if job else 0.0


def end(connection: libvirt.virConnect, server_id: str, name: str, *, pivot: bool) -> None:
    """End a copy, with or without going over to it; one that has ended is no error."""
    domain = domains.find(connection, server_id)
    if domain is None or not domain.isActive():
        return
    try:
        domain.blockJobAbort(name, libvirt.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT if pivot else 0)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() not in _ENDED:
            raise
