"""What a body says of a server's disks, as devices that are checked against one another. Pure: nothing is looked up here.

    block_device_mapping_v2   every device says what it is made of (source) and where it is then (destination)
    block_device_mapping      the old way: volumes, and volumes of snapshots; vda is what the server boots from
    an image's own            block_device_mapping among its properties: what createImage of a server with volumes made

    source     destination   is
    image      local         the disk on the server's host; the only one that may be
    blank      local         the ephemeral disk, or swap (guest_format swap)
    volume     volume        a volume that is there
    others     volume        a volume that is made for the server
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cumulo.api.compute.common import flag
from cumulo.common import errors

IMAGE, VOLUME, SNAPSHOT, BLANK, LOCAL = "image", "volume", "snapshot", "blank", "local"
SWAP = "swap"
BUSES = ("virtio", "scsi", "sata", "ide", "usb")
FORMATS = (None, "", "ext2", "ext3", "ext4", "ephemeral")
"""What an ephemeral disk may be asked to hold: it holds ext4, unless swap is asked for."""
PROPERTY = "block_device_mapping"
Body = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Device:
    """One disk that is asked for; boot_index None: the server does not boot from it."""

    source: str
    destination: str
    its_id: str | None = None
    boot_index: int | None = None
    size_gib: int | None = None
    is_swap: bool = False
    goes_with_server: bool = False
    name: str | None = None
    tag: str | None = None
    bus: str | None = None
    volume_type: str | None = None


def read(asked: Body) -> list[Device]:
    """Return the devices that a body asks for, in its order; raises BadRequest."""
    old, new = asked.get("block_device_mapping"), asked.get("block_device_mapping_v2")
    if old and new:
        raise errors.BadRequest("Block device mappings are given once: block_device_mapping or block_device_mapping_v2.")
    if old:
        return [_old(each) for each in old if not _is_no_device(each)]
    return of_list(new or ())


def of_list(listed: Iterable[Body]) -> list[Device]:
    """Return the devices of a list of the newer form; raises BadRequest."""
    return [_new(each) for each in listed if not _is_no_device(each)]


def of_image(properties: Mapping[str, Any]) -> list[Device]:
    """Return the devices that an image names; raises BadRequest for what is none."""
    text = properties.get(PROPERTY)
    if not text:
        return []
    try:
        listed = json.loads(text)
    except ValueError as failure:
        raise errors.BadRequest("The image's block_device_mapping is not JSON.") from failure
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise errors.BadRequest("The image's block_device_mapping is not a list of devices.")
    return of_list(listed)


def merged(own: Sequence[Device], of_the_image: Sequence[Device]) -> list[Device]:
    """Return the image's devices with those of the body, which stand in place of the image's of their name or boot index."""
    names = {each.name for each in own if each.name}
    indexes = {each.boot_index for each in own if each.boot_index is not None and each.destination != LOCAL}
    kept = [each for each in of_the_image if each.name not in names and each.boot_index not in indexes]
    boots = any(each.boot_index == 0 for each in kept)
    return [*kept, *(each for each in own if not (boots and each.source == IMAGE and each.destination == LOCAL))]


def check(devices: Sequence[Device], flavor: Mapping[str, Any]) -> None:
    """Raise BadRequest unless a server of a flavor can have these devices together, and boot."""
    indexes = sorted(each.boot_index for each in devices if each.boot_index is not None)
    if not indexes or indexes != list(range(len(indexes))):
        raise errors.BadRequest("Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping "
                                "combination is not valid.")
    volumes = [each.its_id for each in devices if each.source == VOLUME]
    if len(volumes) != len(set(volumes)):
        raise errors.BadRequest("Block Device Mapping is Invalid: a volume is named twice.")
    ephemeral = [each for each in devices if is_ephemeral(each)]
    swap = [each for each in devices if each.is_swap]
    if len(ephemeral) > 1 or len(swap) > 1:
        raise errors.BadRequest("Block Device Mapping is Invalid: a server has one ephemeral disk and one swap disk at most.")
    if any((each.size_gib or 0) > flavor["ephemeral_gib"] for each in ephemeral):
        raise errors.BadRequest("Ephemeral disks requested are larger than the instance type allows. If no size is given in one "
                                "block device mapping, flavor ephemeral size will be used.")
    if any((each.size_gib or 0) > flavor["swap_mib"] for each in swap):  # the size of swap is in MiB, as in flavors
        raise errors.BadRequest("Swap drive requested is larger than instance type allows.")


def is_ephemeral(device: Device) -> bool:
    """Say whether a device is an empty disk of the host's."""
    return device.source == BLANK and device.destination == LOCAL and not device.is_swap


def local_sizes(devices: Sequence[Device]) -> dict[str, int] | None:
    """Return the sizes of the host's disks that are asked for instead of the flavor's; None where none is."""
    found = {("swap_mib" if each.is_swap else "ephemeral_gib"): each.size_gib for each in devices
             if each.source == BLANK and each.destination == LOCAL and each.size_gib is not None}
    return found or None  # type: ignore[return-value]


def _is_no_device(asked: Body) -> bool:
    """One that only takes away what the image names is not made."""
    return flag(str(asked.get("no_device") or False), "no_device")


def _old(asked: Body) -> Device:
    """A device of the old form: a volume, or a volume of a snapshot."""
    if bool(asked.get("volume_id")) == bool(asked.get("snapshot_id")):
        raise errors.BadRequest("Block Device Mapping is Invalid: each names either a volume_id or a snapshot_id.")
    name = _name(asked)
    return Device(
        VOLUME if asked.get("volume_id") else SNAPSHOT, VOLUME, asked.get("volume_id") or asked.get("snapshot_id"),
        boot_index=0 if name in ("/dev/vda", "/dev/sda", "/dev/hda") else None, size_gib=_size(asked), name=name,
        goes_with_server=flag(str(asked.get("delete_on_termination") or False), "delete_on_termination"))


def _new(asked: Body) -> Device:
    source = str(asked.get("source_type") or _source_of(asked))
    destination = str(asked.get("destination_type") or (LOCAL if source in (IMAGE, BLANK) else VOLUME))
    its_id = asked.get("uuid") or asked.get(f"{source}_id")
    device = Device(
        source, destination, its_id, boot_index=_index(asked.get("boot_index")), size_gib=_size(asked),
        is_swap=source == BLANK and destination == LOCAL and asked.get("guest_format") == SWAP,
        goes_with_server=flag(str(asked.get("delete_on_termination") or False), "delete_on_termination"),
        name=_name(asked), tag=asked.get("tag"), bus=asked.get("disk_bus"), volume_type=asked.get("volume_type"))
    _check_one(device, asked)
    return device


def _source_of(asked: Body) -> str:
    for source in (VOLUME, SNAPSHOT, IMAGE):
        if asked.get(f"{source}_id"):
            return source
    raise errors.BadRequest("Block Device Mapping is Invalid: source_type is missing.")


def _check_one(device: Device, asked: Body) -> None:
    """Raise BadRequest for a device that nothing can be."""
    source, destination = device.source, device.destination
    if source == BLANK and device.its_id:
        raise errors.BadRequest("Block Device Mapping is Invalid: a blank device has no uuid.")
    if source != BLANK and not device.its_id:
        raise errors.BadRequest(f"Missing device UUID: a device of the source {source} needs a uuid.")
    if source in (VOLUME, SNAPSHOT) and destination == LOCAL:
        raise errors.BadRequest(f"Mapping of a {source} to a local disk is not supported.")
    if source == IMAGE and destination == LOCAL and device.boot_index != 0:
        raise errors.BadRequest("Mapping image to local is not supported.")
    if source in (BLANK, IMAGE) and destination == VOLUME and not device.size_gib:
        raise errors.BadRequest(f"A device of the source {source} that becomes a volume needs a volume_size above zero.")
    if device.volume_type and (source == VOLUME or destination == LOCAL):
        raise errors.BadRequest("Specifying volume type to existing volume, or to a disk that is none, is not supported.")
    if device.bus not in (None, "", *BUSES):
        raise errors.BadRequest(f"Disk bus {device.bus!r} is invalid: choose from {', '.join(BUSES)}.")
    if (asked.get("device_type") or "disk") != "disk":
        raise errors.BadRequest(f"Device type {asked['device_type']!r} is not supported: servers have disks.")
    if source == BLANK and destination == LOCAL and asked.get("guest_format") not in (*FORMATS, SWAP):
        raise errors.BadRequest(f"Guest format {asked['guest_format']!r} is not supported: ext4 or swap.")
    if destination == LOCAL and device.bus not in (None, "", "virtio"):
        raise errors.BadRequest("The disks of a server's host are virtio: disk_bus is for volumes.")


def _index(value: Any) -> int | None:
    """The boot index; a negative one, or none, means that nothing boots from it."""
    if value is None or value == "":
        return None
    try:
        return int(value) if int(value) >= 0 else None
    except ValueError as failure:
        raise errors.BadRequest(f"Invalid boot_index {str(value)[:32]!r}.") from failure


def _size(asked: Body) -> int | None:
    value = asked.get("volume_size")
    if value is None or value == "":
        return None
    if int(value) < 1:
        raise errors.BadRequest("Block Device Mapping is Invalid: volume_size must be 1 or more.")
    return int(value)


def _name(asked: Body) -> str | None:
    """The device's name as a path; clients leave /dev/ out now and then."""
    name: str | None = asked.get("device_name")
    return name if not name or name.startswith("/dev/") else f"/dev/{name}"
