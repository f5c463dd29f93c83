"""Moving a domain that runs to another libvirt daemon: the daemons do it between them, disks and all.

The format is libvirt's "Guest migration" page. Each function takes an open connection and runs in a native thread
(connection.py).
"""

import urllib.parse
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import libvirt

from cumulo.compute.agent.driver import Facts
from cumulo.compute.agent.libvirt import domain as domains
from cumulo.compute.agent.libvirt import placing
from cumulo.compute.agent.libvirt.volumes import volume_of
from cumulo.compute.fits import fit

ALL, TOP, NOTHING = "all", "top", "nothing"
"""What is copied of disks: all of them, or what they hold over a base that is on both hosts; a server may have none."""
_FLAGS = (libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER | libvirt.VIR_MIGRATE_PERSIST_DEST
          | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE | libvirt.VIR_MIGRATE_AUTO_CONVERGE)
_COPY = {ALL: libvirt.VIR_MIGRATE_NON_SHARED_DISK, TOP: libvirt.VIR_MIGRATE_NON_SHARED_INC, NOTHING: 0}
_OPENED_BY = ("source", "auth", "encryption", "driver")
"""The parts of a disk that say how it is opened."""
_COUNTS = tuple(f"{what}_{which}" for what in ("memory", "disk") for which in ("total", "processed", "remaining"))


def how(base_format: str | None, sizes: Facts) -> str:
    """Return what is to be copied of the disks of these sizes, over a base of this format on both hosts (None: there is none)."""
    return NOTHING if not sizes else TOP if base_format else ALL


def begin(connection: libvirt.virConnect, server_id: str, directory: str, to: Facts) -> None:
    """Move a domain, and return when it has gone; its files are below another directory there."""
    domain = connection.lookupByUUIDString(server_id)
    place = urllib.parse.urlsplit(to["uri"])
    flags = _FLAGS | _COPY[to["copy"]] | (libvirt.VIR_MIGRATE_TLS if place.scheme.endswith("+tls") else 0)
    described = libvirt.VIR_DOMAIN_XML_MIGRATABLE | libvirt.VIR_DOMAIN_XML_SECURE
    host = f"[{place.hostname}]" if ":" in (place.hostname or "") else place.hostname
    parameters: dict[str, Any] = {
        libvirt.VIR_MIGRATE_PARAM_URI: f"tcp://{host}",
        libvirt.VIR_MIGRATE_PARAM_LISTEN_ADDRESS: place.hostname,
        libvirt.VIR_MIGRATE_PARAM_DEST_XML: _there(domain.XMLDesc(described), directory, to),
        libvirt.VIR_MIGRATE_PARAM_PERSIST_XML: _there(
            domain.XMLDesc(described | libvirt.VIR_DOMAIN_XML_INACTIVE), directory, to)}
    own = own_disks(domain.XMLDesc())
    if own is not None and to["copy"] != NOTHING:
        parameters[libvirt.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = own
    domain.migrateToURI3(to["uri"], parameters, flags)


def _there(description: str, directory: str, to: Facts) -> str:
    """A domain's description as it is to be on the other host."""
    whole = moved(description, directory, to["directory"], to.get("volumes") or {})
    return placing.placed_anew(whole, fit(to.get("fit")), to.get("shared_processors", ""))


def own_disks(description: str) -> list[str] | None:
    """Return the names of the disks that go along with a domain that has volumes, which stay where they are; pure.

    None for a domain without volumes: then libvirt knows itself what is to be copied.
    """
    disks = ElementTree.fromstring(description).findall("./devices/disk")
    if all(disk.find("serial") is None for disk in disks):
        return None
    return [target.get("dev", "") for disk in disks if (target := disk.find("target")) is not None
            and disk.find("serial") is None and disk.find("readonly") is None]


def moved(description: str, directory: str, to: str, volumes: Mapping[str, str]) -> str:
    """Return a domain's description with its files below another directory, and its volumes as defined there; pure."""
    root = ElementTree.fromstring(description)
    for disk in root.findall("./devices/disk"):
        if (defined := volumes.get(volume_of(disk) or "")) is not None:
            _open_as(disk, ElementTree.fromstring(defined))
    for element in root.iter():
        for name in ("file", "path"):
            if element.get(name, "").startswith(f"{directory}/"):
                element.set(name, to + element.get(name, "").removeprefix(directory))
        if (element.text or "").startswith(f"{directory}/"):
            element.text = to + (element.text or "").removeprefix(directory)
    return ElementTree.tostring(root, encoding="unicode")


def _open_as(disk: ElementTree.Element, other: ElementTree.Element) -> None:
    disk.set("type", other.get("type", "file"))
    for name in _OPENED_BY:
        for part in disk.findall(name):
            disk.remove(part)
        disk.extend(other.findall(name))


def is_under_way(connection: libvirt.virConnect, server_id: str) -> bool:
    """Say whether a domain is on its way to another host."""
    return bool(_job(connection, server_id))


def progress(connection: libvirt.virConnect, server_id: str) -> dict[str, int]:
    """Return the percent and the bytes of a domain on its way; nothing of one that is not."""
    job = _job(connection, server_id)
    if not job:
        return {}
    counts = {f"{name}_bytes": int(job.get(name, 0)) for name in _COUNTS}
    left = counts["memory_remaining_bytes"] + counts["disk_remaining_bytes"]
    total = counts["memory_total_bytes"] + counts["disk_total_bytes"]
    return counts | {"percent": 100 - 100 * left // total if total else 0}


def stop(connection: libvirt.virConnect, server_id: str) -> None:
    """Have a domain on its way stay."""
    domain = domains.find(connection, server_id)
    if domain is not None and _job(connection, server_id):
        try:
            domain.abortJob()
        except libvirt.libvirtError as failure:
            if failure.get_error_code() not in (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN):
                raise


def _job(connection: libvirt.virConnect, server_id: str) -> dict[str, Any]:
    domain = domains.find(connection, server_id)
    try:
        job = domain.jobStats() if domain is not None and domain.isActive() else {}
    except libvirt.libvirtError as failure:
        if failure.get_error_code() in (libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN):
            return {}  # it has gone off, or away, a moment ago
        raise
    return dict(job) if job.get("operation") == libvirt.VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT and job.get(
        "type") != libvirt.VIR_DOMAIN_JOB_NONE else {}
