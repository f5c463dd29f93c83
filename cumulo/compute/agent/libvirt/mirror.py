"""Copying a volume that a domain has open: QEMU's own block copy, which the guest does not notice.

What the guest writes meanwhile goes to both, and the copy is the volume as it is at the moment at which it ends. Holes
stay holes. A copy outlives the process that began it, and is known by the file that it goes to. The format is that of
disks on libvirt's "Domain XML" page. Each function takes an open connection and runs in a native thread (connection.py).
"""

import pathlib
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import libvirt

from cumulo.common import errors
from cumulo.common.volume_copies import COPIED, COPYING, LOST, SHUT, Copying
from cumulo.compute.agent.libvirt import domain as domains

_FLAGS = (libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB
          | libvirt.VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES)
_NO_JOB = libvirt.VIR_ERR_INVALID_ARG
# It is being moved or saved, or has just ended.
_BUSY = (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_OPERATION_TIMEOUT, libvirt.VIR_ERR_BLOCK_COPY_ACTIVE)


def advance(connection: libvirt.virConnect, server_id: str, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
    """Say how far the copy into a file is, begin it where that is asked, and end it once it is whole.

    Raises Retry while the volume is being copied into another one.
    """
    domain, disk = _open(connection, server_id, volume_id)
    if domain is None or disk is None:
        return Copying(SHUT)
    name, mirror = _name(disk), disk.find("mirror")
    if mirror is None:
        if not begin:
            return Copying(LOST)
        _begin(domain, name, target)
        return Copying(COPYING)
    _require_own(mirror, target)
    if mirror.get("ready") == "yes":
        return Copying(COPIED if _end(domain, name) else LOST)
    job = domain.blockJobInfo(name) or {}
    return Copying(COPYING, 100 * float(job.get("cur", 0)) / max(1, job.get("end", 0)))


def stop(connection: libvirt.virConnect, server_id: str, volume_id: str, target: pathlib.Path) -> None:
    """End the copy into a file, if there is one."""
    domain, disk = _open(connection, server_id, volume_id)
    mirror = disk.find("mirror") if disk is not None else None
    if domain is not None and disk is not None and mirror is not None and mirror.get("file") == str(target):
        _end(domain, _name(disk))


def description(target: pathlib.Path) -> str:
    """Return the disk that is copied to; pure."""
    disk = Element("disk", type="file")
    SubElement(disk, "driver", type="raw", discard="unmap")
    SubElement(disk, "source", file=str(target))
    return ElementTree.tostring(disk, encoding="unicode")


def _open(connection: libvirt.virConnect, server_id: str, volume_id: str) -> tuple[libvirt.virDomain | None, Element | None]:
    domain = domains.find(connection, server_id)
    if domain is None or not domain.isActive():
        return None, None
    return domain, domains.disk(domain, volume_id)


def _begin(domain: libvirt.virDomain, name: str, target: pathlib.Path) -> None:
    try:
        domain.blockCopy(name, description(target), {}, _FLAGS)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() in _BUSY:
            raise errors.Retry(f"the guest cannot copy its volume now: {failure.get_error_message()}") from failure
        raise


def _require_own(mirror: Element, target: pathlib.Path) -> None:
    if mirror.get("file") != str(target):
        raise errors.Retry("the volume is being copied for something else")


def _end(domain: libvirt.virDomain, name: str) -> bool:
    """End a copy; False where it has ended by itself, and is not whole."""
    try:
        domain.blockJobAbort(name, 0)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() not in (_NO_JOB, libvirt.VIR_ERR_OPERATION_INVALID):
            raise
        return False
    return True


def _name(disk: Element) -> str:
    target = disk.find("target")
    return "" if target is None else target.get("dev", "")
