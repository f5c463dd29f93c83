"""Servers of a simulated cloud that boot from volumes, or are built with some, and what must become of these.

A volume that is made for a server has no name of its own, and mostly no user learns of it. Then it is known what must
become of it: it is the server's for as long as there is one; afterwards it is gone, or stays, as the server's name says.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tests.simulation.disks import B, V

if TYPE_CHECKING:
    from tests.simulation.calls import Users

GOES, STAYS = "goes", "stays"
PATIENCE_S = 20.0
SIZE_GIB = 9  # enough for whatever it is made of
Device = dict[str, Any]
Row = Mapping[str, Any]


def _boot(users: "Users", dice: random.Random) -> None:
    """Ask for servers that boot from a volume, or have an empty one beside their own disk."""
    root = dice.choice((_of_image, _of_volume, _of_snapshot, _beside_a_disk))(users, dice)
    if root is None:
        return
    goes, count = dice.random() < 0.5, 1 if root["source_type"] == "volume" else dice.choice((1, 1, 1, 2))
    server: dict[str, Any] = {"name": f"{users.name('server')}-{GOES if goes else STAYS}", "flavorRef": users.setting.flavor}
    server |= {"min_count": count, "max_count": count} if count > 1 else {}
    server |= {"imageRef": users.setting.image} if root["boot_index"] != 0 else {}
    if goes and root["source_type"] == "volume":  # nobody knows when, if at all
        users.deleting |= {root["uuid"], f"volume {root['uuid']}"}
    devices = [root | {"destination_type": "volume", "delete_on_termination": goes}]
    if root["boot_index"] != 0:
        devices = [{"source_type": "image", "uuid": users.setting.image, "boot_index": 0}, *devices]
    made = users.create("server", f"{V}/servers", {"server": server | {"block_device_mapping_v2": devices}}, dice, count=count,
                        may_be=(400,))
    if made is not None and dice.random() < 0.4:
        _learn(users, made)


def _of_image(users: "Users", dice: random.Random) -> Device:
    return {"source_type": "image", "uuid": users.setting.image, "volume_size": dice.randint(1, 3), "boot_index": 0}


def _beside_a_disk(users: "Users", dice: random.Random) -> Device:
    return {"source_type": "blank", "volume_size": dice.randint(1, 3), "boot_index": None}


def _of_volume(users: "Users", dice: random.Random) -> Device | None:
    """A volume that is made of an image, and may still be in the making."""
    volume = {"name": users.name("volume"), "size": 2, "imageRef": users.setting.image}
    volume_id = users.create("volume", f"{B}/volumes", {"volume": volume}, dice)
    if volume_id is not None and dice.random() < 0.9:
        _await(users, "volume", volume_id)
    return {"source_type": "volume", "uuid": volume_id, "boot_index": 0} if volume_id else None


def _of_snapshot(users: "Users", dice: random.Random) -> Device | None:
    of = _of_volume(users, dice)
    if of is None:
        return None
    snapshot = {"name": users.name("snapshot"), "volume_id": of["uuid"]}
    snapshot_id = users.create("snapshot", f"{B}/snapshots", {"snapshot": snapshot}, dice, may_be=(400,),
                               owners=(f"volume {of['uuid']}",))
    if snapshot_id is None:
        return None
    _await(users, "snapshot", snapshot_id)
    return {"source_type": "snapshot", "uuid": snapshot_id, "volume_size": SIZE_GIB, "boot_index": 0}


def _await(users: "Users", kind: str, its_id: str) -> None:
    """Wait a while for something to be available."""
    until = users.cloud.kernel.elapsed_s + PATIENCE_S
    while users.cloud.kernel.elapsed_s < until:
        answer = users.send("GET", f"{B}/{kind}s/{its_id}", again=False)
        if answer is not None and (answer.status == 404 or answer.body[kind]["status"] not in ("creating", "downloading")):
            return
        users.cloud.kernel.wait(0.5)


def _learn(users: "Users", server_id: str) -> None:
    """Let users know of the volumes of a server, who do with them what they do with all."""
    answer = users.send("GET", f"{V}/servers/{server_id}/os-volume_attachments", again=False)
    found = answer.body["volumeAttachments"] if answer is not None and answer.status == 200 else []
    users.known["volume"] += [each["volumeId"] for each in found if each["volumeId"] not in users.known["volume"]]


def findings(builds: Iterable[Row], servers: Iterable[Row], rows: Iterable[Row], attached: Iterable[Row], known: Iterable[str],
             ) -> Iterator[str]:
    """Say which volumes that were made for servers are not what became of these; those that users know of are theirs."""
    by_id, named = {row["id"]: row for row in servers}, set(known)
    there, users_of = {row["id"]: row for row in rows}, {row["volume_id"]: row["server_id"] for row in attached}
    for build in builds:
        server = by_id[build["resource_id"]]
        for volume_id in (each["volume_id"] for each in build["state"].get("new_volumes") or () if each["volume_id"] not in named):
            has, is_gone = users_of.get(volume_id), server["deleted_at"] is not None
            stays = build["phase"] == "done" and (not is_gone or STAYS in server["name"].split("-"))
            if stays != (volume_id in there):
                yield (f"volume {volume_id} of server {server['name']}, whose build is {build['phase']}"
                       f"{' and which is deleted' if is_gone else ''}, is {'gone' if stays else 'there'}")
            if stays and has != (None if is_gone else server["id"]):
                yield f"volume {volume_id} of server {server['id']} is attached to {has}"


KINDS: dict[str, Callable[["Users", random.Random], None]] = {"boot from volume": _boot}
