"""rebuild: new disks from an image for a server that stays what it is otherwise."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.servers import choices, view
from cumulo.api.compute.servers.handlers import surroundings
from cumulo.api.volume.volumes import sources
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.compute import cells, injected_files, quotas, servers, states
from cumulo.volume import server_volumes, volumes

ALLOWED = (states.ACTIVE, states.SHUTOFF, states.ERROR)
Body = Mapping[str, Any]
_NAMED = {"name": "name", "description": "description", "OS-DCF:diskConfig": "disk_config", "metadata": "metadata",
          "hostname": "hostname", "trusted_image_certificates": "trusted_certificates"}
_ADDRESSES = {"accessIPv4": "access_ipv4", "accessIPv6": "access_ipv6"}


def rebuild(request: Request, asked: Body) -> Reply:
    """Begin to rebuild a server; its row names the new image at once."""
    services = request.services
    password = asked.get("adminPass") or services.ids.password(12)
    with services.database.write() as connection:
        row = common.own_server(request, connection, "compute:servers:action", lock=True)
        state = {
            "ends": states.SHUTOFF if row["status"] == states.SHUTOFF else states.ACTIVE,
            "keep_ephemeral": common.flag(str(asked.get("preserve_ephemeral", False)), "preserve_ephemeral")}
        root = _reimaged(request, connection, row, asked) if row["image_id"] is None else {}
        change = servers.Change("rebuild", "rebuild_volume_server" if root else "rebuild_server", ALLOWED, state | root)
        now = services.database.now(connection)
        servers.request_change(connection, services.ids, now, context=request.context, row=row, change=change,
                               may_override_lock=common.may_override_lock(request))
        values = _values(request, connection, row, asked) | {"admin_password": password}
        servers.update_server(connection, now, row["id"], **values)
        row = servers.get_server(connection, row["id"])
        around = surroundings(request, connection, [row])
    common.ring_scheduler(request)
    shown = _shown(request, row, around) | {"adminPass": password}
    return Reply({"server": shown}, headers={"Location": shown["links"][0]["href"]})


def _reimaged(request: Request, connection: sa.Connection, row: servers.Row, asked: Body) -> dict[str, Any]:
    """What the operation is told of the volume that a server boots from; below 2.93 it stays as it is."""
    if asked.get("trusted_image_certificates"):
        raise errors.BadRequest("Image certificate validation is not supported when booting from volume.")
    found = server_volumes.root_of(connection, row["id"])
    if found is None or found["backend"] is None:  # the latter: it is just being built, and its volume is nowhere yet
        raise errors.Conflict(f"Instance {row['id']} has no volume to boot from now.")
    volume = volumes.get_volume(connection, found["volume_id"], lock=True)
    image_id = asked["imageRef"].rsplit("/", 1)[-1]
    if not request.is_at_least("2.93"):
        if volume["image_id"] != image_id:
            raise errors.BadRequest(f"Image {image_id[:64]} is unacceptable: Unable to rebuild with a different image for a "
                                    "volume-backed server.")
        return {"volumes": [server_volumes.entry(found)], "image": None}
    image = sources.of_image(request, connection, image_id)
    if image.least_gib > volume["size_gib"]:
        raise errors.BadRequest(f"Image {image_id} needs {image.least_gib} GiB, and volume {volume['id']} has {volume['size_gib']}.")
    volumes.refuse_encrypted(volume, "give it the data of an image")
    if len(volumes.attachments_of(connection, [volume["id"]])[volume["id"]]) > 1:
        raise errors.BadRequest(f"Volume {volume['id']} is attached to others, too: detach it from them to rebuild the server.")
    return {"volumes": [server_volumes.entry(found)], "image": {"source": image.state, "about": image.columns},
            "asked_by": request.context.to_dict()}


def _values(request: Request, connection: sa.Connection, row: servers.Row, asked: Body) -> dict[str, Any]:
    """The columns that change: what the body names, and what the image says."""
    boots_from_volume = row["image_id"] is None  # then its flavor's disk is none
    flavor = {**row["flavor"], "root_gib": 0} if boots_from_volume else row["flavor"]
    image = choices.find_image(request, connection, asked["imageRef"], flavor)
    choices.check_machine(request, row["flavor"], image["properties"])
    if cells.of(row["flavor"], image["properties"]) != cells.of(row["flavor"], row["image_properties"]):
        raise errors.BadRequest("The image asks for other processors or pages of its host than the server has: it is not placed anew.")
    for name in ("kernel_id", "ramdisk_id"):
        choices.visible_image(request, connection, image["properties"].get(name))
    values = {column: asked[name] for name, column in _NAMED.items() if name in asked}
    values |= {column: common.address(asked[name]) for name, column in _ADDRESSES.items() if name in asked}
    limits = common.limits(request, connection)
    quotas.check_metadata(limits, values.get("metadata", {}))
    values["injected_files"] = injected_files.checked(limits, asked.get("personality") or ())  # those before went with its disk
    if values["injected_files"]:
        values["config_drive"] = True
    if "key_name" in asked:
        key = choices.find_key(request, connection, dict(asked)) if asked["key_name"] is not None else None
        values |= {"key_name": key and key["name"], "public_key": key and key["public_key"]}
    if "user_data" in asked:
        values["user_data"] = choices.checked_user_data(asked["user_data"])
    return values | {"image_id": None if boots_from_volume else image["id"], "image_properties": image["properties"], "kernel_id": image["properties"].get("kernel_id"),
                     "ramdisk_id": image["properties"].get("ramdisk_id")}


def _shown(request: Request, row: servers.Row, around: view.Surroundings) -> dict[str, Any]:
    """The server as PUT shows it, with what may be given here."""
    shown = view.updated(request, row, around)
    if request.is_at_least("2.54"):
        shown["key_name"] = row["key_name"]
    if request.is_at_least("2.57"):
        shown["user_data"] = row["user_data"]
        shown.pop("OS-EXT-SRV-ATTR:user_data", None)  # from 2.75 on the server is shown whole, and this is said once
    return shown
