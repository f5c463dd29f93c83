"""How a guest's QEMU opens a volume, by the kind of its connection: pure.

    file     {"path", "format"}
    nbd      {"address", "port", "export", "tls"}            by qemu-storage-daemon
    iscsi    {"address", "port", "target", "unit", "auth"}   by tgtd, with the volume's secret
    rbd      {"pool", "image", "monitors", "user", "auth"}   by a Ceph cluster, with the key of the volumes' user

Each may be encrypted besides ("encryption": "luks"): then what is read is decrypted here, with the volume's secret.

Those over the network wait for a server that is away, and go on when it is back: the guest notices a pause.
"""

import re
import uuid
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

RECONNECT_S = 600  # for longer a guest's write does not wait for a server that is away
INITIATOR = "iqn.2024-01.org.cumulo:guest"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMESPACE = uuid.UUID("5d7c2f5e-9a0b-4f43-8a54-1f0a8f1f4c11")


def disk_of(devices: Element, volume: Mapping[str, Any], **driver: str) -> Element:
    """Begin a volume's disk: how it is opened, and with which driver."""
    connection = volume["connection"]
    kind = connection.get("kind", "file")
    disk = SubElement(devices, "disk", type="file" if kind == "file" else "network", device="disk")
    SubElement(disk, "driver", {"name": "qemu", "type": connection["format"], **driver})
    source = {"file": _file, "nbd": _nbd, "iscsi": _iscsi, "rbd": _rbd}[kind](disk, volume["id"], connection)
    if connection.get("encryption"):
        encryption = SubElement(source, "encryption", format=connection["encryption"])
        SubElement(encryption, "secret", type="passphrase", uuid=secret_id("luks", volume["id"]))
    return disk


def volume_of(disk: Element) -> str | None:
    """Return the id of the volume that a disk of a domain shows; None for a disk that shows none.

    What it is opened as tells it: a guest knows a volume that took another one's place by the serial of that one.
    """
    serial, source = disk.findtext("serial"), disk.find("source")
    if serial is None or source is None:
        return serial
    named = _ID.findall(source.get("file") or source.get("name") or "")
    return named[-1] if named else serial


def opens_the_same(one: Element | None, other: Element | None) -> bool:
    """Say whether two sources of disks are one thing: the same file, or the same export of the same server."""
    return one is not None and other is not None and _identity(one) == _identity(other)


def _identity(source: Element) -> tuple[str | None, ...]:
    host = source.find("host")
    place = (None, None) if host is None else (host.get("name"), host.get("port"))
    return source.get("file"), source.get("protocol"), source.get("name"), *place


def secret_id(purpose: str, volume_id: str) -> str:
    """Return the id of what a volume is opened with, of this purpose: the same on every host."""
    return str(uuid.uuid5(_NAMESPACE, f"{purpose}:{volume_id}"))


def _file(disk: Element, volume_id: str, connection: Mapping[str, Any]) -> Element:
    return SubElement(disk, "source", file=connection["path"])


def _nbd(disk: Element, volume_id: str, connection: Mapping[str, Any]) -> Element:
    tls = "yes" if connection["tls"] else "no"
    source = SubElement(disk, "source", protocol="nbd", name=connection["export"], tls=tls)
    SubElement(source, "host", name=connection["address"], port=str(connection["port"]))
    SubElement(source, "reconnect", delay=str(RECONNECT_S))
    return source


def _iscsi(disk: Element, volume_id: str, connection: Mapping[str, Any]) -> Element:
    source = SubElement(disk, "source", protocol="iscsi", name=f"{connection['target']}/{connection['unit']}")
    SubElement(source, "host", name=connection["address"], port=str(connection["port"]))
    auth = SubElement(source, "auth", username=volume_id)
    SubElement(auth, "secret", type="iscsi", uuid=secret_id("iscsi", volume_id))
    SubElement(SubElement(source, "initiator"), "iqn", name=INITIATOR)
    return source


def _rbd(disk: Element, volume_id: str, connection: Mapping[str, Any]) -> Element:
    source = SubElement(disk, "source", protocol="rbd", name=f"{connection['pool']}/{connection['image']}")
    for each in connection["monitors"]:
        SubElement(source, "host", name=each["address"], port=str(each["port"]))
    auth = SubElement(source, "auth", username=connection["user"])
    SubElement(auth, "secret", type="ceph", uuid=secret_id("ceph", volume_id))
    return source
