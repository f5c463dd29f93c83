"""Server rows as JSON: each key from the microversion that brought it. Pure but for the caller's rights.

    2.1 the body   2.3 extended attributes for administrators   2.9 locked
    2.16 host_status for administrators   2.19 description   2.26 tags   2.47 the flavor itself, no link to it
    2.63 trusted_image_certificates   2.73 locked_reason   2.75 PUT answers as GET does   2.90 hostname for everybody
    2.96 pinned_availability_zone   2.98 the image's properties   2.71 server_groups, but not in lists
    2.100 scheduler_hints
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.compute import states
from cumulo.compute.servers import Row

Addresses = Sequence[Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What belongs to the servers of an answer, by server id; host_status and zones by host, default_zone for the others."""

    operations: Mapping[str, Mapping[str, Any]]
    addresses: Mapping[str, Addresses]
    tags: Mapping[str, list[str]]
    host_status: Mapping[str, str]
    security_groups: Mapping[str, list[str]]
    zones: Mapping[str, str]
    default_zone: str
    volumes: Mapping[str, Sequence[Row]] = dataclasses.field(default_factory=dict)


def brief(request: Request, row: Row) -> dict[str, Any]:
    """Return what a plain list shows."""
    return {"id": row["id"], "name": row["name"], "links": common.links(request, "servers", row["id"])}


def full(request: Request, row: Row, around: Surroundings, *, listed: bool = False) -> dict[str, Any]:
    """Return a server as GET shows it, or as one of a list."""
    running = around.operations.get(row["id"])
    shown = _core(request, row, around.addresses.get(row["id"], ()), states.status_of(row["status"], running)) | {
        "key_name": row["key_name"],
        "config_drive": "True" if row["config_drive"] else "",
        "os-extended-volumes:volumes_attached": [_volume(request, each) for each in around.volumes.get(row["id"], ())],
        "OS-SRV-USG:launched_at": times.iso_micro(row["launched_at"]),
        "OS-SRV-USG:terminated_at": times.iso_micro(row["terminated_at"]),
        "OS-EXT-AZ:availability_zone": _zone(row, around),
        "OS-EXT-STS:task_state": states.task_of(running),
        "OS-EXT-STS:vm_state": states.vm_state(row["status"]),
        "OS-EXT-STS:power_state": row["power_state"],
    }
    if around.security_groups.get(row["id"]):
        shown["security_groups"] = [{"name": name} for name in around.security_groups[row["id"]]]
    if request.may("compute:servers:show_host"):
        shown |= _host_attributes(request, row)
        if request.is_at_least("2.16"):
            shown["host_status"] = around.host_status.get(row["host"], "UNKNOWN") if row["host"] else ""
    return shown | _versioned(request, row, around, listed=listed)


def _volume(request: Request, row: Row) -> dict[str, Any]:
    shown = {"id": row["volume_id"]}
    return shown | {"delete_on_termination": row["delete_on_termination"]} if request.is_at_least("2.3") else shown


def updated(request: Request, row: Row, around: Surroundings) -> dict[str, Any]:
    """Return a server as PUT shows it: below 2.75 with fewer keys than GET."""
    if request.is_at_least("2.75"):
        return full(request, row, around)
    running = around.operations.get(row["id"])
    shown = _core(request, row, around.addresses.get(row["id"], ()), states.status_of(row["status"], running),
                  with_network_details=False)
    return shown | _versioned(request, row, around, listed=False)


def _core(request: Request, row: Row, addresses: Addresses, status: str, *,
          with_network_details: bool = True) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row["id"], "name": row["name"], "status": status, "tenant_id": row["project_id"],
        "user_id": row["user_id"], "metadata": row["metadata"], "hostId": host_id(row["project_id"], row["host"]),
        "image": _image(request, row), "flavor": _flavor(request, row),
        "created": times.iso_z(row["created_at"]), "updated": times.iso_z(row["updated_at"]),
        "addresses": by_network(addresses, details=with_network_details),
        "accessIPv4": row["access_ipv4"] or "", "accessIPv6": row["access_ipv6"] or "",
        "OS-DCF:diskConfig": row["disk_config"], "links": common.links(request, "servers", row["id"]),
    }
    if status in (states.ACTIVE, states.BUILD, states.REBOOT, states.HARD_REBOOT):
        shown["progress"] = 0 if status == states.BUILD else 100
    if row["fault"] and row["status"] in (states.ERROR, states.DELETED):
        shown["fault"] = _fault(request, row["fault"])
    return shown


def _bookmark(request: Request, collection: str, entry_id: str) -> dict[str, Any]:
    return {"id": entry_id, "links": [{"rel": "bookmark", "href": f"{request.url}/{collection}/{entry_id}"}]}


def _image(request: Request, row: Row) -> dict[str, Any] | str:
    if not row["image_id"]:
        return ""
    shown = _bookmark(request, "images", row["image_id"])
    return shown | {"properties": row["image_properties"] or {}} if request.is_at_least("2.98") else shown


def _flavor(request: Request, row: Row) -> dict[str, Any]:
    """The server's own copy: the flavor may have been deleted, or be another one of that name by now."""
    if not request.is_at_least("2.47"):
        return _bookmark(request, "flavors", row["flavor_id"])
    copy = row["flavor"]
    shown = {"original_name": copy["name"], "vcpus": copy["vcpus"], "ram": copy["memory_mib"], "disk": copy["root_gib"],
             "ephemeral": copy.get("ephemeral_gib", 0), "swap": copy.get("swap_mib", 0)}
    if _may_see_extra_specs(request, row["project_id"]):
        shown["extra_specs"] = copy.get("extra_specs", {})
    return shown


def _may_see_extra_specs(request: Request, project_id: str) -> bool:
    rule = "compute:flavors:extra_specs"
    return bool(request.once(f"{rule} {project_id}", lambda: request.may(rule, {"project_id": project_id})))


def _fault(request: Request, fault: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"code": fault["code"], "message": fault["message"], "created": times.iso_z(fault["created_at"])}
    if fault.get("details") and request.may(common.ADMIN):
        shown["details"] = fault["details"]
    return shown


def _zone(row: Row, around: Surroundings) -> str:
    """The zone of the host where there is one, else the one that was asked for."""
    return around.zones.get(row["host"], around.default_zone) if row["host"] else row["availability_zone"] or ""


def host_id(project_id: str, host: str | None) -> str:
    """Return a name for the host that means nothing to another project."""
    return hashlib.sha224(f"{project_id}{host}".encode()).hexdigest() if host else ""


def by_network(addresses: Addresses, *, details: bool = True) -> dict[str, list[dict[str, Any]]]:
    """Return the addresses below the names of their networks."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in addresses:
        shown = {"version": each["ip_version"], "addr": each["ip_address"]}
        if details:
            shown |= {"OS-EXT-IPS:type": each["type"], "OS-EXT-IPS-MAC:mac_addr": each["mac_address"]}
        found.setdefault(each["network_name"], []).append(shown)
    return found


def instance_name(row: Row) -> str:
    """Return the name of the server's domain on its host."""
    return f"instance-{row['id']}"


def _host_attributes(request: Request, row: Row) -> dict[str, Any]:
    shown = {
        "OS-EXT-SRV-ATTR:host": row["host"], "OS-EXT-SRV-ATTR:hypervisor_hostname": row["host"],
        "OS-EXT-SRV-ATTR:instance_name": instance_name(row)}
    if request.is_at_least("2.3"):
        shown |= {
            "OS-EXT-SRV-ATTR:hostname": row["hostname"], "OS-EXT-SRV-ATTR:kernel_id": row["kernel_id"] or "",
            "OS-EXT-SRV-ATTR:ramdisk_id": row["ramdisk_id"] or "",
            "OS-EXT-SRV-ATTR:launch_index": row["launch_index"],
            "OS-EXT-SRV-ATTR:reservation_id": row["reservation_id"],
            "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda", "OS-EXT-SRV-ATTR:user_data": row["user_data"]}
    return shown


def _versioned(request: Request, row: Row, around: Surroundings, *, listed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if request.is_at_least("2.9"):
        shown["locked"] = row["locked"]
    if request.is_at_least("2.19"):
        shown["description"] = row["description"]
    if request.is_at_least("2.26"):
        shown["tags"] = around.tags.get(row["id"], [])
    if request.is_at_least("2.63"):
        shown["trusted_image_certificates"] = row["trusted_certificates"]
    if request.is_at_least("2.71") and not listed:
        shown["server_groups"] = [row["group_id"]] if row["group_id"] else []
    if request.is_at_least("2.73"):
        shown["locked_reason"] = row["locked_reason"]
    if request.is_at_least("2.90"):
        shown["OS-EXT-SRV-ATTR:hostname"] = row["hostname"]
    if request.is_at_least("2.96"):
        shown["pinned_availability_zone"] = row["availability_zone"]
    if request.is_at_least("2.100"):
        shown["scheduler_hints"] = row["scheduler_hints"] or {}
    return shown
