"""Bodies of servers, one for each microversion that changed them.

POST   2.19 description   2.32 to 2.36, and from 2.42 on, cards have tags; at 2.32, and from 2.42 on, disks have   2.67 volume_type
        2.37 networks must be named, or be auto or none   2.52 tags   2.57 no personality
       2.63 certificates   2.74 host   2.90 hostname   2.94 a whole domain name as hostname
PUT    2.19 description   2.90 hostname   2.94 a whole domain name as hostname   2.104 the zone it is pinned to
Rebuild 2.19 description   2.54 key_name   2.57 user_data, no personality   2.63 certificates   2.90, 2.94 hostname
"""

from typing import Any

from cumulo.api.compute import schema_parts as parts
from cumulo.api.compute.servers import hints

Properties = dict[str, Any]
_TEXT = {"type": "string", "maxLength": 255}
_UUID = {"type": "string", "format": "uuid"}
_NETWORK: dict[str, Any] = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "uuid": _UUID,
        "port": {"type": ["string", "null"], "format": "uuid"},
        "fixed_ip": {"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]}}}
_ACCESS = {
    "accessIPv4": {"anyOf": [{"type": "string", "format": "ipv4"}, {"enum": ["", None]}]},
    "accessIPv6": {"anyOf": [{"type": "string", "format": "ipv6"}, {"enum": ["", None]}]},
    "OS-DCF:diskConfig": {"enum": ["AUTO", "MANUAL"]}}
_HOSTNAME = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": r"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$"}
_FQDN = {"type": "string", "minLength": 1, "maxLength": 255,
         "pattern": r"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$"}
_NETWORKS = {"type": "array", "maxItems": 64, "items": _NETWORK}
_TAGGED = {**_NETWORKS, "items": {**_NETWORK, "properties": {**_NETWORK["properties"], "tag": parts.TAG}}}
_ITS_ID = {"type": ["string", "null"], "maxLength": 255}
_SIZE = {"anyOf": [parts.integer(0), {"enum": ["", None]}]}
_OLD_DEVICE: Properties = {
    "device_name": {"type": ["string", "null"], "maxLength": 255, "pattern": r"^[a-zA-Z0-9._/-]*$"},
    "volume_id": _ITS_ID, "snapshot_id": _ITS_ID, "volume_size": _SIZE, "virtual_name": _ITS_ID, "no_device": {
        "anyOf": [parts.BOOLEAN, {"enum": ["", None]}]}, "delete_on_termination": {"anyOf": [parts.BOOLEAN, {"type": "null"}]}}
_DEVICE: Properties = {
    **{name: each for name, each in _OLD_DEVICE.items() if name != "virtual_name"}, "image_id": _ITS_ID, "uuid": _ITS_ID,
    "source_type": {"enum": ["volume", "image", "snapshot", "blank", None]},
    "destination_type": {"enum": ["volume", "local", None]}, "boot_index": {
        "anyOf": [{"type": "integer", "minimum": -1, "maximum": 255}, {"type": "string", "pattern": "^(-1|[0-9]{1,3})?$"}, {"type": "null"}]},
    "guest_format": {"type": ["string", "null"], "maxLength": 255}, "device_type": _ITS_ID, "disk_bus": _ITS_ID}


def _list_of(device: Properties, **more: Any) -> dict[str, Any]:
    return {"type": "array", "maxItems": 255, "items": {
        "type": "object", "additionalProperties": False, "properties": device | more}}


_FIRST: Properties = {
    "name": parts.NAME, "imageRef": {"type": "string", "maxLength": 255},
    "flavorRef": {"type": ["string", "integer"], "minLength": 1, "maxLength": 255},
    "key_name": _TEXT | {"minLength": 1}, "metadata": parts.METADATA,
    "networks": _NETWORKS,
    "security_groups": {"type": "array", "maxItems": 64, "items": {
        "type": "object", "properties": {"name": _TEXT | {"minLength": 1}}, "additionalProperties": False}},
    "availability_zone": _TEXT | {"minLength": 1}, "user_data": {"type": ["string", "null"], "maxLength": 65535},
    "config_drive": {"anyOf": [parts.BOOLEAN, {"enum": ["", None]}]},
    "min_count": parts.integer(1), "max_count": parts.integer(1), "return_reservation_id": parts.BOOLEAN,
    "adminPass": {"type": "string", "maxLength": 255},
    "personality": {"type": "array", "maxItems": 64, "items": {
        "type": "object", "required": ["path", "contents"], "additionalProperties": False, "properties": {
            "path": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": r"^[^\p{Cc}]*$"},
            "contents": {"type": "string", "maxLength": 262144}}}},
    "block_device_mapping": _list_of(_OLD_DEVICE), "block_device_mapping_v2": _list_of(_DEVICE), **_ACCESS}
_DESCRIPTION = {"description": {"type": ["string", "null"], "maxLength": 255, "pattern": r"^[^\p{Cc}]*$"}}
_CERTIFICATES = {"anyOf": [{"type": "null"}, {
    "type": "array", "minItems": 1, "maxItems": 50, "uniqueItems": True, "items": _TEXT | {"minLength": 1}}]}
_PLACE = {"host": _TEXT | {"minLength": 1}, "hypervisor_hostname": _TEXT | {"minLength": 1}}
_TAGS = {"type": "array", "maxItems": 50, "uniqueItems": True, "items": parts.TAG}

#: What each version adds to the properties before it, or puts in their place; None takes away.
_CREATED: tuple[tuple[str, Properties], ...] = (
    ("2.19", _DESCRIPTION),
    ("2.32", {"networks": _TAGGED, "block_device_mapping_v2": _list_of(_DEVICE, tag=parts.TAG)}),
    ("2.33", {"block_device_mapping_v2": _list_of(_DEVICE)}),
    ("2.37", {"networks": {"anyOf": [_NETWORKS, {"enum": ["auto", "none"]}]}}),
    ("2.42", {"networks": {"anyOf": [_TAGGED, {"enum": ["auto", "none"]}]},
              "block_device_mapping_v2": _list_of(_DEVICE, tag=parts.TAG)}),
    ("2.52", {"tags": _TAGS}),
    ("2.57", {"personality": None}),
    ("2.63", {"trusted_image_certificates": _CERTIFICATES}),
    ("2.67", {"block_device_mapping_v2": _list_of(_DEVICE, tag=parts.TAG, volume_type=_ITS_ID)}),
    ("2.74", _PLACE),
    ("2.90", {"hostname": _HOSTNAME}),
    ("2.94", {"hostname": _FQDN}),
)
_REBUILT_FIRST: Properties = {
    "imageRef": _TEXT | {"minLength": 1}, "name": parts.NAME, "adminPass": _TEXT, "metadata": parts.METADATA,
    "preserve_ephemeral": parts.BOOLEAN, "personality": _FIRST["personality"], **_ACCESS}
_REBUILT: tuple[tuple[str, Properties], ...] = (
    ("2.19", _DESCRIPTION),
    ("2.54", {"key_name": {"type": ["string", "null"], "minLength": 1, "maxLength": 255}}),
    ("2.57", {"personality": None, "user_data": _FIRST["user_data"]}),
    ("2.63", {"trusted_image_certificates": _CERTIFICATES}),
    ("2.90", {"hostname": _HOSTNAME}),
    ("2.94", {"hostname": _FQDN}),
)
_UPDATED: tuple[tuple[str, Properties], ...] = (
    ("2.19", _DESCRIPTION), ("2.90", {"hostname": _HOSTNAME}), ("2.94", {"hostname": _FQDN}),
    ("2.104", {"pinned_availability_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 255}}))


def _create(version: str, properties: Properties) -> dict[str, Any]:
    with_networks = ("networks",) if "anyOf" in properties["networks"] else ()
    whole = parts.wrapped("server", properties, required=("name", "flavorRef", *with_networks))
    whole["properties"] |= {"os:scheduler_hints": hints.SCHEMA, "OS-SCH-HNT:scheduler_hints": hints.SCHEMA}
    return whole


def _update(version: str, properties: Properties) -> dict[str, Any]:
    return parts.wrapped("server", properties)


def _by_version(first: Properties, changes: tuple[tuple[str, Properties], ...],
                wrap: Any) -> tuple[tuple[str, dict[str, Any]], ...]:
    found, properties = [("2.1", wrap("2.1", first))], first
    for version, change in changes:
        properties = {name: each for name, each in (properties | change).items() if each is not None}
        found.append((version, wrap(version, properties)))
    return tuple(found)


CREATE = _by_version(_FIRST, _CREATED, _create)
REBUILD = _by_version(_REBUILT_FIRST, _REBUILT, lambda version, properties: {
    "type": "object", "properties": properties, "required": ["imageRef"], "additionalProperties": False})
UPDATE = _by_version({"name": parts.NAME, **_ACCESS}, _UPDATED, _update)
