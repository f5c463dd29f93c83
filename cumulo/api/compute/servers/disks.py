"""The disks of new servers: what a body names is looked up and held, then every server gets its own volumes.

    find    the image that a server's own disk is made of, or the volume that it boots from; what they say of the machine
    plug    the rows of new volumes, and the attachments of all; the build makes the volumes once a host is chosen
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.servers import block_devices, choices
from cumulo.api.compute.servers.block_devices import Device
from cumulo.api.volume.volumes import sources
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import flavors
from cumulo.volume import attachments, server_volumes, snapshots, types, volumes

Body = Mapping[str, Any]
Row = Mapping[str, Any]
State = dict[str, Any]
MOST_VOLUMES = 24
"""Disks have the names vda to vdy, and the cards of a machine are limited too."""
_NOT_OF_THE_MACHINE = ("image_id", "image_name", *sources.SAID, block_devices.PROPERTY, "bdm_v2", "root_device_name")
"""What a volume keeps of its image that says nothing of the machine that boots from it."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """The disks of each new server; image None: it boots from a volume. properties say what the machine is."""

    image: Row | None
    properties: Mapping[str, Any]
    volumes: tuple[Device, ...]
    local_sizes: dict[str, int] | None


def find(request: Request, connection: sa.Connection, asked: Body, flavor: flavors.Row, count: int) -> Plan:
    """Return the disks that a body asks for; raises BadRequest for what cannot be had."""
    devices = block_devices.read(asked)
    image_id = str(asked.get("imageRef") or "").rsplit("/", 1)[-1] or next(
        (each.its_id for each in devices if _is_local_root(each)), None)
    image = choices.visible_image(request, connection, image_id)
    of_the_image = block_devices.of_image(image["properties"]) if image else []
    if image is not None and of_the_image:
        if image["status"] != "active":
            raise errors.BadRequest(f"Image {image['id']} is not active.")
        devices = block_devices.merged(devices, of_the_image)
    elif image is not None and not asked.get("block_device_mapping_v2") and not any(each.boot_index == 0 for each in devices):
        devices = [Device(block_devices.IMAGE, block_devices.LOCAL, image["id"], boot_index=0), *devices]
    if not devices:
        raise errors.BadRequest("Invalid imageRef provided: a server boots from an image or a volume.")
    block_devices.check(devices, flavor)
    own = tuple(each for each in devices if each.destination != block_devices.LOCAL)
    _check_count(own, count)
    root = next(each for each in devices if each.boot_index == 0)
    if _is_local_root(root):
        if root.its_id != image_id:
            raise errors.BadRequest("The image of imageRef and that of the block device mapping are not the same.")
        local = choices.checked_image(image, flavor)
        return Plan(local, local["properties"], own, block_devices.local_sizes(devices))
    said = _said(request, connection, root)
    if int(said.get("min_ram") or 0) > flavor["memory_mib"]:
        raise errors.BadRequest("Flavor's memory is too small for requested image.")
    properties = {name: value for name, value in said.items() if name not in _NOT_OF_THE_MACHINE}
    return Plan(None, properties, own, block_devices.local_sizes(devices))


def _is_local_root(device: Device) -> bool:
    return device.source == block_devices.IMAGE and device.destination == block_devices.LOCAL


def _check_count(own: tuple[Device, ...], count: int) -> None:
    if len(own) > MOST_VOLUMES:
        raise errors.BadRequest(f"A server can have {MOST_VOLUMES} volumes, not {len(own)}.")
    if count > 1 and any(each.source == block_devices.VOLUME for each in own):
        raise errors.BadRequest("Cannot attach one or more volumes to multiple instances")


def _said(request: Request, connection: sa.Connection, root: Device) -> Mapping[str, Any]:
    """What the image of a server's root volume said of itself; raises BadRequest for a volume that does not boot."""
    if root.source == block_devices.BLANK:
        return {}  # whoever rescues it installs something there
    if root.source == block_devices.VOLUME:
        of = _volume(request, connection, root)
        bootable, said = of["bootable"], of["image_metadata"]
    else:
        columns = _source(request, connection, root).columns
        bootable, said = columns["bootable"], columns["image_metadata"]
    if not bootable:
        raise errors.BadRequest(f"Block Device {root.its_id} is not bootable.")
    return said or {}


def _volume(request: Request, connection: sa.Connection, device: Device) -> Row:
    """The volume of the caller's project that a device is, held."""
    try:
        return volumes.get_volume(connection, str(device.its_id), project_id=request.context.project_id or "", lock=True)
    except errors.NotFound as failure:
        raise errors.BadRequest(f"Block Device Mapping is Invalid: failed to get volume {str(device.its_id)[:64]}.") from failure


def _source(request: Request, connection: sa.Connection, device: Device) -> sources.Source:
    """What a new volume is to be made of, held; a snapshot must be the caller's project's."""
    if device.source == block_devices.BLANK:
        return sources.Source()
    named = {block_devices.SNAPSHOT: "snapshot_id", block_devices.IMAGE: "imageRef"}[device.source]
    try:
        if device.source == block_devices.SNAPSHOT:
            snapshots.get_snapshot(connection, str(device.its_id), project_id=request.context.project_id or "")
        return sources.find(request, connection, {named: device.its_id})
    except errors.NotFound as failure:
        raise errors.BadRequest(
            f"Block Device Mapping is Invalid: failed to get {device.source} {str(device.its_id)[:64]}.") from failure


def plug(request: Request, connection: sa.Connection, now: float, plan: Plan) -> Callable[[str], State]:
    """Return the function that gives one server its volumes, and returns what its build's state says of them."""

    def attach_all(row: Row) -> State:
        made: list[State] = []
        taken = own_names(row)
        for device in plan.volumes:
            name = "/dev/vda" if device.boot_index == 0 else free_name(taken, device.name)
            taken.add(name)
            _attach(request, connection, now, device, row["id"], name, made)
        state: State = {"volumes": server_volumes.entries(connection, row["id"])} if plan.volumes else {}
        return state | ({"new_volumes": made, "asked_by": request.context.to_dict()} if made else {})

    return attach_all


def _attach(request: Request, connection: sa.Connection, now: float, device: Device, server_id: str, name: str,
            made: list[State]) -> None:
    ids, is_new = request.services.ids, device.source != block_devices.VOLUME
    of = _make(request, connection, now, device, made) if is_new else _volume(request, connection, device)
    if not is_new:
        check_shared(request, of)
    attachments.attach(
        connection, ids, now, of, attachments.ATTACHING, is_new=is_new, server_id=server_id, managed=True, device=name,
        tag=device.tag, delete_on_termination=device.goes_with_server, boot_index=device.boot_index,
        disk_bus=device.bus or None)


def check_shared(request: Request, of: Row) -> None:
    """Raise Conflict for a volume that several servers may use where the version does not know of such (2.60)."""
    if of["multiattach"] and not request.is_at_least("2.60"):
        raise errors.Conflict("Multiattach volumes are only supported starting with compute API version 2.60.")


def _make(request: Request, connection: sa.Connection, now: float, device: Device, made: list[State]) -> Row:
    """The row of a new volume; the operation that makes it follows from the build."""
    source = _source(request, connection, device)
    size = device.size_gib or source.size_gib or source.least_gib
    if size < source.least_gib:
        raise errors.BadRequest(f"Volume is smaller than the minimum size: what it is made of has {source.least_gib} GiB, more "
                                f"than {size}.")
    own_type = _type(request, connection, device, source)
    columns = source.columns | {
        "name": "", "metadata": {}, "type_id": own_type["id"] if own_type else None,
        "multiattach": own_type is not None and types.is_multiattach(own_type["extra_specs"])}
    wish = volumes.Wish(size, columns, own_type["name"] if own_type else None, source.state)
    try:
        row = volumes.make_row(connection, request.services.ids, now, conf=request.services.conf, context=request.context,
                               wish=wish)
    except errors.TooLarge as failure:
        raise errors.QuotaExceeded(failure.message) from failure  # as this API answers for quotas
    made.append({"volume_id": row["id"], "source": source.state})
    return row


def _type(request: Request, connection: sa.Connection, device: Device, source: sources.Source) -> types.Row | None:
    """The type that is asked for, else that of the snapshot, else the configured one."""
    wanted = device.volume_type or ("" if source.type_id else request.services.conf.volume.default_type)
    if not wanted:
        return types.get_type(connection, source.type_id, None) if source.type_id else None
    try:
        return types.named(connection, wanted, request.context.project_id or "")
    except errors.NotFound as failure:
        raise errors.BadRequest(f"Volume type {wanted[:64]} could not be found.") from failure


def own_names(row: Row) -> set[str]:
    """Return the names of the disks that a server has on its host, and of the one it boots from."""
    own = {**row["flavor"], **(row.get("local_disks") or {})}
    count = 1 + bool(own.get("ephemeral_gib")) + bool(own.get("swap_mib"))
    return {f"/dev/vd{letter}" for letter in "abc"[:count]}


def free_name(taken: set[str], wanted: str | None) -> str:
    """Return the name that the next disk gets: the one that is asked for if it can have it. Raises Forbidden for one too many."""
    free = [name for name in (f"/dev/vd{letter}" for letter in "bcdefghijklmnopqrstuvwxy") if name not in taken]
    if not free:
        raise errors.Forbidden("The server has as many volumes as a server can have.")
    return wanted if wanted is not None and wanted in free else free[0]
