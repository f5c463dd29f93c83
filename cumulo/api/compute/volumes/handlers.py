"""os-volumes and os-snapshots: the block storage API's volumes and snapshots in this API's words, as of its version 3.0."""

from collections.abc import Mapping
from typing import Any

from cumulo.api.volume.snapshots import handlers as snapshots_api
from cumulo.api.volume.volumes import handlers as volumes_api
from cumulo.api.wsgi.route import Request

Shown = dict[str, Any]


def list_volumes(request: Request) -> Shown:
    """List volumes with everything, also where no details are asked for."""
    return {"volumes": [_volume(each) for each in volumes_api.list_full(request)["volumes"]]}


def show_volume(request: Request) -> Shown:
    """Show a volume."""
    return {"volume": _volume(volumes_api.show(request)["volume"])}


def create_volume(request: Request) -> Shown:
    """Begin to make a volume."""
    return {"volume": _volume(volumes_api.create(request)["volume"])}


def delete_volume(request: Request) -> None:
    """Begin to delete a volume."""
    volumes_api.delete(request)


def list_snapshots(request: Request) -> Shown:
    """List snapshots with everything, also where no details are asked for."""
    return {"snapshots": [_snapshot(each) for each in snapshots_api.list_full(request)["snapshots"]]}


def show_snapshot(request: Request) -> Shown:
    """Show a snapshot."""
    return {"snapshot": _snapshot(snapshots_api.show(request)["snapshot"])}


def create_snapshot(request: Request) -> Shown:
    """Begin to make a snapshot."""
    return {"snapshot": _snapshot(snapshots_api.create(request)["snapshot"])}


def delete_snapshot(request: Request) -> None:
    """Begin to delete a snapshot."""
    snapshots_api.delete(request)


def _volume(of: Mapping[str, Any]) -> Shown:
    return {"id": of["id"], "status": of["status"], "size": of["size"], "availabilityZone": of["availability_zone"] or "",
            "createdAt": of["created_at"], "displayName": of["name"], "displayDescription": of["description"],
            "volumeType": of["volume_type"], "snapshotId": of["snapshot_id"], "metadata": of["metadata"],
            # A volume that nothing uses has one attachment that says nothing: older clients look at the first.
            "attachments": [_attachment(each) for each in of["attachments"]] or [{}]}


def _attachment(of: Mapping[str, Any]) -> Shown:
    shown = {"id": of["volume_id"], "volumeId": of["volume_id"], "serverId": of["server_id"], "device": of["device"]}
    return {key: value for key, value in shown.items() if value}


def _snapshot(of: Mapping[str, Any]) -> Shown:
    return {"id": of["id"], "volumeId": of["volume_id"], "status": of["status"], "size": of["size"],
            "createdAt": of["created_at"], "displayName": of["name"], "displayDescription": of["description"]}
