"""JSON patches of an image: pure, from a document to changes and from changes to the new image.

Two media types differ in how one operation is written: v2.1 is {"op": "replace", "path": "/name",
"value": "x"} (RFC 6902), v2.0 is {"replace": "/name", "value": "x"}. Paths have one segment, as an
image is flat; tags are replaced whole.
"""

import dataclasses
import re
from typing import Any

from cumulo.common import errors
from cumulo.image import attributes

MEDIA_TYPES = {
    "application/openstack-images-v2.1-json-patch": "v2.1",
    "application/openstack-images-v2.0-json-patch": "v2.0",
}
LOCATIONS = "locations"
_LOCATION = re.compile(r"/locations(?:/(-|0|[1-9][0-9]{0,3}))?", re.ASCII)
_OPERATIONS = ("add", "replace", "remove")


@dataclasses.dataclass(frozen=True)
class Change:
    """One operation on one name; position is that in the list of locations, "-" behind the last."""

    operation: str
    name: str
    value: Any = None
    position: str | None = None


def read(document: Any, form: str, *, with_locations: bool = False) -> list[Change]:
    """Return the changes that a document of form v2.0 or v2.1 asks for; raises BadRequest or Forbidden.

    Changes of locations are Forbidden unless asked for; their values are left as they are.
    """
    if not isinstance(document, list):
        raise errors.BadRequest("The patch must be a list of operations.")
    return [_read_one(entry, form, with_locations) for entry in document]


def _read_one(entry: Any, form: str, with_locations: bool) -> Change:
    if not isinstance(entry, dict):
        raise errors.BadRequest("An operation of a patch must be an object.")
    operation, path = _operation(entry) if form == "v2.1" else _old_operation(entry)
    if with_locations and isinstance(path, str) and (match := _LOCATION.fullmatch(path)):
        return _of_locations(entry, operation, match[1])
    name = _name(path)
    attributes.check_writable(name)
    if operation == "remove":
        return Change(operation, name)
    if "value" not in entry:
        raise errors.BadRequest(f"Operation {operation} of {name} needs a value.")
    return Change(operation, name, attributes.check_value(name, entry["value"]) if name != "id" else None)


def _of_locations(entry: dict[str, Any], operation: str, position: str | None) -> Change:
    if operation != "remove" and "value" not in entry:
        raise errors.BadRequest("A change of locations needs a value.")
    if (operation == "remove" and position in (None, "-")) or (operation == "replace" and position is not None):
        raise errors.BadRequest("Locations are replaced all at once, added at a place, and removed one by one.")
    return Change(operation, LOCATIONS, entry.get("value"), position)


def _operation(entry: dict[str, Any]) -> tuple[str, Any]:
    operation = entry.get("op")
    if operation not in _OPERATIONS:
        raise errors.BadRequest(f"An operation of a patch is one of {', '.join(_OPERATIONS)}.")
    return operation, entry.get("path")


def _old_operation(entry: dict[str, Any]) -> tuple[str, Any]:
    found = [operation for operation in _OPERATIONS if operation in entry]
    if len(found) != 1:
        raise errors.BadRequest(f"An operation of a patch has exactly one of {', '.join(_OPERATIONS)}.")
    return found[0], entry[found[0]]


def _name(path: Any) -> str:
    if not isinstance(path, str) or not re.fullmatch(r"/[^/]+", path) or re.search(r"~(?![01])", path):
        raise errors.BadRequest("The path of an operation is a slash and the name of an attribute.")
    return path[1:].replace("~1", "/").replace("~0", "~")


def apply(image: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """Return the image with the changes made in their order.

    Raises Forbidden for what may not change, Conflict for a property that is not there.
    """
    changed = dict(image, properties=dict(image["properties"]), tags=list(image["tags"]))
    for change in changes:
        if attributes.is_attribute(change.name):
            _set_attribute(changed, change)
        else:
            _set_property(changed["properties"], change)
    return changed


def _set_attribute(image: dict[str, Any], change: Change) -> None:
    if change.operation == "remove" or change.name == "id":
        raise errors.Forbidden(f"Attribute '{change.name}' may not be removed or renamed.")
    is_format = change.name in ("container_format", "disk_format")
    if is_format and image["status"] != "queued" and image[change.name] != change.value:
        raise errors.Forbidden(f"Attribute '{change.name}' can only be changed while the image is queued.")
    image[change.name] = change.value


def _set_property(properties: dict[str, str], change: Change) -> None:
    if change.operation != "add" and change.name not in properties:
        raise errors.Conflict(f"Property {change.name} does not exist.")
    if change.operation == "remove":
        del properties[change.name]
    else:
        properties[change.name] = change.value
