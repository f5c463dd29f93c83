"""What an image's attributes may be named and hold: pure rules for create and update.

Three kinds of names share the top level of an image's JSON: attributes with a rule of their own,
attributes that only the service sets, and free properties, which are strings.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cumulo.common import errors, ids

CONTAINER_FORMATS = ("bare", "aki", "ari", "ami", "ovf", "ova", "docker", "compressed")
DISK_FORMATS = ("raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx", "iso", "ploop", "aki", "ari", "ami")
VISIBILITIES = ("public", "private", "shared", "community")

READ_ONLY = frozenset((
    "created_at", "updated_at", "status", "checksum", "os_hash_algo", "os_hash_value", "size", "virtual_size",
    "self", "file", "schema", "direct_url", "locations", "stores", "deleted", "deleted_at",
))
_RESERVED_PREFIX = "os_glance"
_MAX_TEXT = 255
_MAX_INT = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Bounds:
    """How much one image may carry."""

    properties: int = 128
    tags: int = 128


def _text_or_null(name: str, value: Any) -> Any:
    if value is not None and not (isinstance(value, str) and len(value) <= _MAX_TEXT):
        raise errors.BadRequest(f"{name} must be a string of at most {_MAX_TEXT} characters, or null.")
    return value


def _owner(name: str, value: Any) -> Any:
    if value is not None and not (isinstance(value, str) and 0 < len(value) <= 64):
        raise errors.BadRequest("owner must be the id of a project, or null.")
    return value


def _integer(name: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_INT:
        raise errors.BadRequest(f"{name} must be an integer from 0 to {_MAX_INT}.")
    return value


def _boolean(name: str, value: Any) -> Any:
    if not isinstance(value, bool):
        raise errors.BadRequest(f"{name} must be true or false.")
    return value


def _one_of(choices: tuple[str, ...], nullable: bool) -> Callable[[str, Any], Any]:
    def check(name: str, value: Any) -> Any:
        if (value is None and nullable) or (isinstance(value, str) and value in choices):
            return value
        raise errors.BadRequest(f"{name} must be one of {', '.join(choices)}.")
    return check


def check_tag(tag: Any) -> str:
    """Return a tag that may be stored; raises BadRequest."""
    if not isinstance(tag, str) or not 0 < len(tag) <= _MAX_TEXT:
        raise errors.BadRequest(f"A tag must be a string of 1 to {_MAX_TEXT} characters.")
    return tag


def _tags(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        raise errors.BadRequest("tags must be a list of strings.")
    return sorted({check_tag(tag) for tag in value})


_RULES: dict[str, Callable[[str, Any], Any]] = {
    "name": _text_or_null, "visibility": _one_of(VISIBILITIES, nullable=False),
    "container_format": _one_of(CONTAINER_FORMATS, nullable=True),
    "disk_format": _one_of(DISK_FORMATS, nullable=True),
    "min_disk": _integer, "min_ram": _integer, "protected": _boolean, "os_hidden": _boolean,
    "owner": _owner, "tags": _tags,
}
_DEFAULTS: dict[str, Any] = {
    "name": None, "visibility": "shared", "container_format": None, "disk_format": None,
    "min_disk": 0, "min_ram": 0, "protected": False, "os_hidden": False,
}
_IMAGE_REFERENCES = ("kernel_id", "ramdisk_id")


def is_attribute(name: str) -> bool:
    """Say whether the name has a rule of its own, so that it always exists and cannot be removed."""
    return name in _RULES or name == "id"


def check_writable(name: str) -> None:
    """Raise Forbidden for a name that only the service sets."""
    if name in READ_ONLY or name.startswith(_RESERVED_PREFIX):
        raise errors.Forbidden(f"Attribute '{name}' is read-only.")


def check_value(name: str, value: Any) -> Any:
    """Return the value as it may be stored under the name; raises BadRequest."""
    if name in _RULES:
        return _RULES[name](name, value)
    if not 0 < len(name) <= _MAX_TEXT:
        raise errors.BadRequest(f"The name of a property has 1 to {_MAX_TEXT} characters.")
    if not isinstance(value, str):
        raise errors.BadRequest(f"Property {name} must be a string.")
    if name in _IMAGE_REFERENCES and not ids.is_uuid(value):
        raise errors.BadRequest(f"Property {name} must be the id of an image.")
    return value


def check_bounds(image: dict[str, Any], bounds: Bounds) -> None:
    """Raise TooLarge for an image with more properties or tags than one may have."""
    if len(image["properties"]) > bounds.properties:
        raise errors.TooLarge(f"An image may have {bounds.properties} properties.")
    if len(image["tags"]) > bounds.tags:
        raise errors.TooLarge(f"An image may have {bounds.tags} tags.")


def copied(image: Mapping[str, Any], beginnings: Sequence[str]) -> dict[str, str]:
    """Return the properties of an image as another image service shows it whose names begin so; raises BadRequest."""
    names = [name for name in image if name.startswith(tuple(beginnings)) and isinstance(image[name], str) and not (
        is_attribute(name) or name in READ_ONLY or name.startswith(_RESERVED_PREFIX))]
    return {name: check_value(name, image[name]) for name in names}


def new_image(body: dict[str, Any], bounds: Bounds) -> dict[str, Any]:
    """Return the attributes of an image to be made, with "tags" and "properties"; "id" only if asked for.

    Raises Forbidden for a read-only name, BadRequest for a wrong value, TooLarge beyond the bounds.
    """
    for name in body:
        check_writable(name)
    image: dict[str, Any] = dict(_DEFAULTS, tags=[], properties={})
    for name, value in body.items():
        if name == "id":
            if not ids.is_uuid(value):
                raise errors.BadRequest("id must be a UUID.")
            image["id"] = value
        elif name in _RULES:
            image[name] = check_value(name, value)
        else:
            image["properties"][name] = check_value(name, value)
    check_bounds(image, bounds)
    return image
