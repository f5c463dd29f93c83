"""How a user starts each flow, and what is to be seen of the server afterwards: one line for each page.

A flow without a line fails the suite, which names this file.
"""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from cumulo.compute import servers
from tests.fixtures.fleet import wait_for

IMAGE, SNAPSHOT, ELSEWHERE = "IMAGE", "SNAPSHOT", "ELSEWHERE"
VOLUME_S = 120.0
UNMANAGED, UNMANAGE = "unmanaged", {"os-unmanage": {}}
"""What a volume or snapshot is that was given up, and how it is given up."""
Ask = Callable[[Any, Any, str], None]  # the user's client, what servers are made of, a server's id


def attach(client: Any, furniture: Any, server_id: str) -> None:
    """Give a server another card."""
    client.post(f"/compute/v2.1/servers/{server_id}/os-interface", {
        "interfaceAttachment": {"net_id": furniture.network_id}})


def detach(client: Any, furniture: Any, server_id: str) -> None:
    """Take a card from a server."""
    path = f"/compute/v2.1/servers/{server_id}/os-interface"
    client.delete(f"{path}/{client.get(path)['interfaceAttachments'][0]['port_id']}")


def move(client: Any, furniture: Any, server_id: str) -> None:
    """Give every other server another size where it is, and the rest another host."""
    action: dict[str, Any] = {"migrate": None}
    if server_id[-1] in "02468ace":
        flavors = client.get("/compute/v2.1/flavors")["flavors"]
        if "larger" not in [each["id"] for each in flavors]:
            client.post("/compute/v2.1/flavors", {"flavor": {
                "name": "larger", "id": "larger", "ram": 1024, "vcpus": 1, "disk": 2}})
        action = {"resize": {"flavorRef": "larger"}}
    client.post(f"/compute/v2.1/servers/{server_id}/action", action)


def evacuate(client: Any, furniture: Any, server_id: str) -> None:
    """Declare a server's host down, have it evacuated, and take that back; the host removes what it still has then."""
    path = f"/compute/v2.1/servers/{server_id}"
    host = client.get(path)["server"]["OS-EXT-SRV-ATTR:host"]
    service = {"host": host, "binary": "nova-compute"}
    client.request("PUT", "/compute/v2.1/os-services/force-down", {**service, "forced_down": True},
                   version="compute 2.11")
    client.post(f"{path}/action", {"evacuate": {"onSharedStorage": False}})
    wait_for(lambda: _is_settled(client, path), "an end of the evacuation", 60.0)
    client.request("PUT", "/compute/v2.1/os-services/force-down", {**service, "forced_down": False},
                   version="compute 2.11")


def _is_settled(client: Any, path: str) -> bool:
    return not client.has(path) or client.get(path)["server"]["OS-EXT-STS:task_state"] is None


def rebuild_onto_volume(client: Any, furniture: Any, server_id: str) -> None:
    """Rebuild a server that boots from a volume."""
    client.request("POST", f"/compute/v2.1/servers/{server_id}/action", {"rebuild": {"imageRef": furniture.image_id}},
                   version="compute 2.93")


def delete_port(client: Any, furniture: Any, server_id: str) -> None:
    """Delete the port of a server."""
    found = client.get(f"/compute/v2.1/servers/{server_id}/os-interface")["interfaceAttachments"]
    client.delete(f"/network/v2.0/ports/{found[0]['port_id']}")


def attach_volume(client: Any, furniture: Any, server_id: str) -> None:
    """Give a server a volume of its own."""
    made = client.post("/volume/v3/volumes", {"volume": {"size": 1, "name": server_id}})["volume"]["id"]
    _until(client, made, "available")
    client.post(f"/compute/v2.1/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": made}})


def detach_volume(client: Any, furniture: Any, server_id: str) -> None:
    """Take a volume from a server that was given it a moment ago."""
    attach_volume(client, furniture, server_id)
    path = f"/compute/v2.1/servers/{server_id}/os-volume_attachments"
    volume_id = client.get(path)["volumeAttachments"][0]["volumeId"]
    _until(client, volume_id, "in-use")
    client.delete(f"{path}/{volume_id}")


def swap_volume(client: Any, furniture: Any, server_id: str) -> None:
    """Swap the volume of a server that was given it a moment ago for another one."""
    attach_volume(client, furniture, server_id)
    path = f"/compute/v2.1/servers/{server_id}/os-volume_attachments"
    volume_id = client.get(path)["volumeAttachments"][0]["volumeId"]
    _until(client, volume_id, "in-use")
    wait_for(lambda: _is_settled(client, f"/compute/v2.1/servers/{server_id}"), "an end of the attachment", VOLUME_S)
    made = client.post("/volume/v3/volumes", {"volume": {"size": 2, "name": f"other {server_id}"}})["volume"]["id"]
    _until(client, made, "available")
    client.request("PUT", f"{path}/{volume_id}", {"volumeAttachment": {"volumeId": made}})


def move_volume(client: Any, furniture: Any, server_id: str) -> None:
    """Move the volume of a server that was given it a moment ago to another backend; every other server is off meanwhile."""
    attach_volume(client, furniture, server_id)
    path = f"/compute/v2.1/servers/{server_id}"
    volume_id = client.get(f"{path}/os-volume_attachments")["volumeAttachments"][0]["volumeId"]
    _until(client, volume_id, "in-use")
    wait_for(lambda: _is_settled(client, path), "an end of the attachment", VOLUME_S)
    is_off = server_id[-1] in "02468ace"
    if is_off:
        client.post(f"{path}/action", {"os-stop": None})
        wait_for(lambda: not client.has(path) or client.get(path)["server"]["status"] == "SHUTOFF", "a stop", VOLUME_S)
    host, _, backend = client.get(f"/volume/v3/volumes/{volume_id}")["volume"]["os-vol-host-attr:host"].partition("@")
    other = "fake" if backend.startswith("other") else "other"
    client.request("POST", f"/volume/v3/volumes/{volume_id}/action", {"os-migrate_volume": {"host": f"{host}@{other}"}})
    wait_for(lambda: _is_settled(client, path), "an end of the move", VOLUME_S)
    if is_off and client.has(path):
        client.post(f"{path}/action", {"os-start": None})


def _until(client: Any, volume_id: str, status: str) -> None:
    deadline = time.monotonic() + VOLUME_S
    while client.get(f"/volume/v3/volumes/{volume_id}")["volume"]["status"] != status:
        if time.monotonic() > deadline:
            raise TimeoutError(f"volume {volume_id} is not {status} within {VOLUME_S:g} s")
        time.sleep(0.1)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """`action` is the body of POST /servers/{id}/action, or that of a volume, in which IMAGE stands for an image's id and
    SNAPSHOT for that of a snapshot of the volume, ELSEWHERE for a backend that it is not on; a flow that makes or deletes servers has none. `change` is begun in its stead by the suite, where only users of a cloud with other
    options can; `ask` asks for it at another path; `from_volume`: of servers that boot from one; `goes_off`: nobody begins it but the guest, which shuts itself down.

    A server in `begins` becomes one in `ends`, or in one of `undone` when a step failed for good; "" is no server.
    """

    begins: str
    ends: str
    undone: tuple[str, ...] = ()
    action: dict[str, Any] | None = None
    change: servers.Change | None = None
    ask: "Ask | None" = None
    goes_off: bool = False
    from_volume: bool = False


#: How a server that is ACTIVE comes to be in the state that a flow begins with.
PREPARE: dict[str, tuple[dict[str, Any] | servers.Change, ...]] = {
    "SHELVED": ({"shelve": None},), "SHELVED_OFFLOADED": ({"shelve": None}, {"shelveOffload": None}),
    "VERIFY_RESIZE": ({"migrate": None},),
    "RESCUE": ({"rescue": None},), "SOFT_DELETED": (servers.SOFT_DELETE,), "SHUTOFF": ({"os-stop": None},), "PAUSED": ({"pause": None},), "SUSPENDED": ({"suspend": None},),
}

LIVE = {"os-migrateLive": {"host": None, "block_migration": True, "disk_over_commit": False}}

RECIPES: dict[str, Recipe] = {
    "build_server": Recipe("", "ACTIVE", ("ERROR",)),
    "stop_server": Recipe("ACTIVE", "SHUTOFF", ("ACTIVE", "SHUTOFF"), {"os-stop": None}),
    "start_server": Recipe("SHUTOFF", "ACTIVE", ("ACTIVE", "SHUTOFF"), {"os-start": None}),
    "reboot_server": Recipe("ACTIVE", "ACTIVE", ("ERROR",), {"reboot": {"type": "HARD"}}),
    "pause_server": Recipe("ACTIVE", "PAUSED", ("ACTIVE", "PAUSED"), {"pause": None}),
    "unpause_server": Recipe("PAUSED", "ACTIVE", ("ACTIVE", "PAUSED"), {"unpause": None}),
    "suspend_server": Recipe("ACTIVE", "SUSPENDED", ("ACTIVE", "SUSPENDED"), {"suspend": None}),
    "resume_server": Recipe("SUSPENDED", "ACTIVE", ("ACTIVE", "SUSPENDED"), {"resume": None}),
    "create_image": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), {"createBackup": {
        "name": "storm", "backup_type": "daily", "rotation": 1}}),
    "rebuild_server": Recipe("SHUTOFF", "SHUTOFF", ("ERROR",), {"rebuild": {"imageRef": IMAGE}}),
    "rebuild_volume_server": Recipe("ACTIVE", "ACTIVE", ("ERROR",), ask=rebuild_onto_volume, from_volume=True),
    "change_password": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), {"changePassword": {"adminPass": "another"}}),
    "rescue_server": Recipe("ACTIVE", "RESCUE", ("ACTIVE",), {"rescue": {"rescue_image_ref": IMAGE}}),
    "unrescue_server": Recipe("RESCUE", "ACTIVE", ("RESCUE",), {"unrescue": None}),
    "soft_delete_server": Recipe("ACTIVE", "SOFT_DELETED", ("ACTIVE", "SHUTOFF"), change=servers.SOFT_DELETE),
    "restore_server": Recipe("SOFT_DELETED", "ACTIVE", (), {"restore": None}),
    "shelve_server": Recipe("ACTIVE", "SHELVED", ("ACTIVE",), {"shelve": None}),
    "offload_server": Recipe("SHELVED", "SHELVED_OFFLOADED", (), {"shelveOffload": None}),
    "wake_server": Recipe("SHELVED", "ACTIVE", (), {"unshelve": None}),
    "delete_moved_server": Recipe("VERIFY_RESIZE", ""),
    "unshelve_server": Recipe("SHELVED_OFFLOADED", "ACTIVE", ("SHELVED_OFFLOADED",), {"unshelve": None}),
    "resize_server": Recipe("ACTIVE", "VERIFY_RESIZE", ("ACTIVE",), ask=move),
    "confirm_resize": Recipe("VERIFY_RESIZE", "ACTIVE", (), {"confirmResize": None}),
    "revert_resize": Recipe("VERIFY_RESIZE", "ACTIVE", (), {"revertResize": None}),
    "live_migrate_server": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), LIVE),
    "land_server": Recipe("ACTIVE", "ACTIVE", (), LIVE),
    "evacuate_server": Recipe("ACTIVE", "ACTIVE", ("ERROR",), ask=evacuate),
    "clear_leftover": Recipe("ACTIVE", "ACTIVE", (), ask=evacuate),
    "attach_interface": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), ask=attach),
    "detach_interface": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), ask=detach),
    "drop_card": Recipe("ACTIVE", "ACTIVE", ask=delete_port),
    "attach_volume": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), ask=attach_volume),
    "detach_volume": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), ask=detach_volume),
    "swap_volume": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), ask=swap_volume),
    "move_volume": Recipe("ACTIVE", "ACTIVE", ("ACTIVE",), ask=move_volume),
    "sync_power": Recipe("ACTIVE", "SHUTOFF", ("SHUTOFF",), goes_off=True),
    "delete_server": Recipe("any", ""),
    # Of volumes: the status and the size.
    "create_volume": Recipe("", "available 1", ("error 1",)),
    "extend_volume": Recipe("available 1", "available 2", ("available 1",), {"os-extend": {"new_size": 2}}),
    "upload_volume": Recipe("available 1", "available 1", ("available 1",), {"os-volume_upload_image": {"image_name": "storm"}}),
    "migrate_volume": Recipe("available 1", "available 1", ("available 1",), {"os-migrate_volume": {"host": ELSEWHERE}}),
    "retype_volume": Recipe("available 1", "available 1", ("available 1",), {"os-retype": {
        "new_type": ELSEWHERE, "migration_policy": "on-demand"}}),
    "clear_volume": Recipe("available 1", "available 1", (), {"os-migrate_volume": {"host": ELSEWHERE}}),
    "revert_volume": Recipe("available 1", "available 1", ("available 1",), {"revert": {"snapshot_id": SNAPSHOT}}),
    "reimage_volume": Recipe("available 1", "available 1", ("available 1",), {"os-reimage": {"image_id": IMAGE}}),
    "unmanage_volume": Recipe("available 1", "", (), UNMANAGE),
    "manage_volume": Recipe(UNMANAGED, "available 1", ("error_managing 1",)),
    "delete_volume": Recipe("available 1", ""),
    # Of snapshots: the status and the size.
    "create_snapshot": Recipe("", "available 1", ("error 1",)),
    "delete_snapshot": Recipe("available 1", ""),
    "unmanage_snapshot": Recipe("available 1", "", (), UNMANAGE),
    "manage_snapshot": Recipe(UNMANAGED, "available 1", ("error 1",)),
    # Of backups: the status and the size; of restored volumes theirs.
    "create_backup": Recipe("", "available 1", ("error 1",)),
    "delete_backup": Recipe("available 1", ""),
    "import_backup": Recipe("imported", "available 1", ("error 1",)),
    "restore_backup": Recipe("available 1", "available 1", ("available 1",)),
    # Of images: the status, and the stores that have the data.
    "import_image": Recipe("", "active file", ("queued ",)),
    "add_location": Recipe("", "active web", ("queued web",)),
    "copy_image": Recipe("active file", "active fast,file", ("active file",)),
}
