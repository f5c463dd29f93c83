"""Volume rows as JSON: each key from the microversion that brought it. Pure but for the caller's rights.

    3.0 the body   3.13 group_id   3.21 provider_id for administrators   3.48 shared_targets, service_uuid
    3.61 cluster_name for administrators   3.63 volume_type_id   3.64 encryption_key_id   3.65 consumes_quota   3.69 shared_targets may be null
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from cumulo.api.volume import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.volume import backends
from cumulo.volume.volumes import Row


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What belongs to the volumes of an answer: names of types by id, attachments by volume, ids of backends by name,
    and those of their groups that older clients know."""

    type_names: Mapping[str, str]
    attachments: Mapping[str, Sequence[Row]]
    backend_ids: Mapping[str, str]
    older_groups: frozenset[str] = frozenset()


def brief(request: Request, row: Row) -> dict[str, Any]:
    """Return what a plain list shows."""
    return {"id": row["id"], "name": row["name"], "links": common.links(request, "volumes", row["id"])}


def created(request: Request, row: Row, around: Surroundings) -> dict[str, Any]:
    """Return a volume as POST and PUT show it: without what only administrators see."""
    return _core(request, row, around) | _versioned(request, row, around)


def full(request: Request, row: Row, around: Surroundings) -> dict[str, Any]:
    """Return a volume as GET shows it."""
    shown = _core(request, row, around) | _versioned(request, row, around)
    shown["os-vol-tenant-attr:tenant_id"] = row["project_id"]
    if row["image_metadata"] is not None:
        shown["volume_image_metadata"] = row["image_metadata"]
    if request.may("volume:volumes:show_host"):
        shown |= {"os-vol-host-attr:host": backends.pool_name(row["backend"]) if row["backend"] else None,
                  "os-vol-mig-status-attr:migstat": row["migration_status"], "os-vol-mig-status-attr:name_id": None,
                  "migration_status": row["migration_status"]}
        if request.is_at_least("3.21"):
            shown["provider_id"] = None
        if request.is_at_least("3.61"):
            shown["cluster_name"] = None
    return shown


def metadata_of(row: Row) -> dict[str, str]:
    """Return a volume's metadata, and whether it is read-only where somebody has said it."""
    said = {} if row["read_only"] is None else {"readonly": str(bool(row["read_only"]))}
    return {**row["metadata"], **said}


def attachment(row: Row) -> dict[str, Any]:
    """Return one attachment as a volume shows it."""
    return {"id": row["volume_id"], "attachment_id": row["id"], "volume_id": row["volume_id"], "server_id": row["server_id"],
            "host_name": row["host"], "device": row["device"], "attached_at": times.iso_micro(row["attached_at"])}


def _core(request: Request, row: Row, around: Surroundings) -> dict[str, Any]:
    return {
        "id": row["id"], "name": row["name"], "description": row["description"], "status": row["shown_status"],
        "size": row["size_gib"], "user_id": row["user_id"], "availability_zone": row["availability_zone"],
        "volume_type": around.type_names.get(row["type_id"]), "metadata": metadata_of(row),
        "bootable": "true" if row["bootable"] else "false", "multiattach": row["multiattach"],
        "encrypted": row["encryption_key_id"] is not None,
        "snapshot_id": row["snapshot_id"], "source_volid": row["source_id"],
        "consistencygroup_id": row["group_id"] if row["group_id"] in around.older_groups else None,
        "replication_status": None, "migration_status": None, "created_at": times.iso_micro(row["created_at"]),
        "updated_at": times.iso_micro(row["updated_at"]), "links": common.links(request, "volumes", row["id"]),
        "attachments": [attachment(each) for each in around.attachments.get(row["id"], ())
                        if each["status"] in ("attached", "detaching") and each["server_id"]],
    }


def _versioned(request: Request, row: Row, around: Surroundings) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if request.is_at_least("3.13"):
        shown["group_id"] = row["group_id"]
    if request.is_at_least("3.48"):
        # Nobody has to take turns with others on the way to a volume: each has a way of its own.
        shown |= {"service_uuid": around.backend_ids.get(row["backend"]), "shared_targets": False}
    if request.is_at_least("3.63"):
        shown["volume_type_id"] = row["type_id"]
    if request.is_at_least("3.64") and row["encryption_key_id"] is not None:
        shown["encryption_key_id"] = row["encryption_key_id"]
    if request.is_at_least("3.65"):
        shown["consumes_quota"] = True
    return shown
