"""What volumes are opened with, as libvirt keeps it: in memory alone, told to nobody but the QEMU of a guest.

Each takes an open connection and runs in a native thread (connection.py).
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

import libvirt

from cumulo.compute.agent.libvirt.volumes import secret_id

_USAGES = {"iscsi": ("iscsi", "target"), "ceph": ("ceph", "name"), "luks": ("volume", "volume")}
"""What a secret is for, as libvirt calls it, and where its definition names the volume."""


def keep(connection: libvirt.virConnect, volumes: Iterable[Mapping[str, Any]]) -> None:
    """Have those of some volumes, with their values of now."""
    for volume in volumes:
        for purpose, value in sorted((volume.get("secrets") or {}).items()):
            secret = connection.secretDefineXML(description(purpose, volume["id"]))
            secret.setValue(base64.b64decode(value) if purpose == "ceph" else value.encode())


def forget(connection: libvirt.virConnect, ids: Iterable[str]) -> None:
    """Have some no more; idempotent."""
    for its_id in ids:
        try:
            connection.secretLookupByUUIDString(its_id).undefine()
        except libvirt.libvirtError as failure:
            if failure.get_error_code() != libvirt.VIR_ERR_NO_SECRET:
                raise


def of_volume(volume_id: str) -> list[str]:
    """Return the ids of a volume's; pure."""
    return [secret_id(purpose, volume_id) for purpose in _USAGES]


def of_domain(domain: libvirt.virDomain | None) -> list[str]:
    """Return the ids of those that a domain's definition names."""
    if domain is None:
        return []
    root = ElementTree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    return sorted({secret.get("uuid", "") for secret in root.findall("./devices/disk//secret")})


def description(purpose: str, volume_id: str) -> str:
    """Return the definition of a secret; pure."""
    secret = ElementTree.Element("secret", ephemeral="yes", private="yes")
    ElementTree.SubElement(secret, "uuid").text = secret_id(purpose, volume_id)
    ElementTree.SubElement(secret, "description").text = f"volume {volume_id}"
    kind, names = _USAGES[purpose]
    usage = ElementTree.SubElement(secret, "usage", type=kind)
    ElementTree.SubElement(usage, names).text = volume_id
    return ElementTree.tostring(secret, encoding="unicode")
