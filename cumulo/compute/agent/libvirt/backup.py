"""Copying the root disk of a domain that runs: QEMU's own backup job, which the guest does not notice.

The copy is the disk as it was when the job began; what the guest writes meanwhile is kept aside. The format is libvirt's
"Domain backup XML" page. Each function takes an open connection and runs in a native thread (connection.py).
"""

import pathlib
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import libvirt

from cumulo.common import errors
from cumulo.compute.agent.libvirt import domain as domains

ROOT = "vda"
_COMPLETED = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED


def begin(connection: libvirt.virConnect, server_id: str, target: pathlib.Path, disk_format: str) -> None:
    """Begin to copy the root disk into a new file; a copy left half way by another process is begun anew."""
    abort(connection, server_id)
    target.unlink(missing_ok=True)
    domain = connection.lookupByUUIDString(server_id)
    names = [disk.get("dev", "") for disk in ElementTree.fromstring(domain.XMLDesc()).findall("./devices/disk/target")]
    domain.backupBegin(description(names, target, disk_format), None, 0)


def percent(connection: libvirt.virConnect, server_id: str) -> float | None:
    """Return how much is copied, None when all is; raises InternalError for a copy that failed."""
    domain = connection.lookupByUUIDString(server_id)
    job = domain.jobStats()
    if job["type"] != libvirt.VIR_DOMAIN_JOB_NONE:
        return 100 * float(job.get("disk_processed", 0)) / max(1, job.get("disk_total", 0))
    ended = domain.jobStats(_COMPLETED)
    if ended.get("type") != libvirt.VIR_DOMAIN_JOB_COMPLETED:
        raise errors.InternalError(f"the disk was not copied: {ended.get('errmsg', 'no reason was given')}")
    return None


def abort(connection: libvirt.virConnect, server_id: str) -> None:
    """End a copy that is being made, if there is one."""
    domain = domains.find(connection, server_id)
    if domain is None or not domain.isActive():
        return
    try:
        if domain.jobStats().get("operation") == libvirt.VIR_DOMAIN_JOB_OPERATION_BACKUP:
            domain.abortJob()
    except libvirt.libvirtError as failure:
        if failure.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:
            raise


def description(names: list[str], target: pathlib.Path, disk_format: str) -> str:
    """Return what is to be copied: the root disk of all the domain's disks."""
    job = Element("domainbackup", mode="push")
    disks = SubElement(job, "disks")
    for name in names:
        if name == ROOT:
            disk = SubElement(disks, "disk", name=name, backup="yes", type="file")
            SubElement(disk, "target", file=str(target))
            SubElement(disk, "driver", type=disk_format)
        else:
            SubElement(disks, "disk", name=name, backup="no")
    return ElementTree.tostring(job, encoding="unicode")
