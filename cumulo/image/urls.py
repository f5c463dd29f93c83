"""Locations of images as clients see them: stored data, which they may take away, and URLs, which they may add.

A location is a URL with metadata, words of the client's own. What a store of this cloud holds is shown under a URL
that names the store and nothing of the host. A URL is data on a web server that a store of the kind http may read;
its image becomes active by it, with the hashes that the client says, or none.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urldefrag

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import image_location, image_url
from cumulo.image.images import Image
from cumulo.image.intake import HASHES
from cumulo.image.patch import Change

MOST = 32
MOST_CHARACTERS = 2048
_CHECKSUM_DIGITS = 32
_VALIDATION = ("checksum", "os_hash_algo", "os_hash_value")
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Location:
    """One place of an image's data; name is what its store calls it."""

    url: str
    store: str
    name: str
    metadata: Mapping[str, str]
    is_stored: bool = False
    validation: Mapping[str, str] = dataclasses.field(default_factory=dict)


def of(image: Image, kind_of: Callable[[str], str]) -> list[Location]:
    """Return the locations of an image in their order; kind_of says of what kind a store is."""
    return [Location(each["url"], each["store"], each["name"], each["metadata"]) if "url" in each else
            Location(f"{kind_of(each['store'])}://{each['store']}/{each['name']}", each["store"], each["name"],
                     {"store": each["store"]}, is_stored=True) for each in image["locations"]]


def read(value: Any, store_of: Callable[[str], str | None]) -> Location:
    """Return the location that a client writes; raises BadRequest for one that cannot be, or that no store reads."""
    if not isinstance(value, dict) or set(value) - {"url", "metadata", "validation_data"}:
        raise errors.BadRequest("A location has a url, metadata and validation_data, no more.")
    url, metadata = value.get("url"), value.get("metadata", {})
    if not isinstance(url, str) or not 0 < len(url) <= MOST_CHARACTERS:
        raise errors.BadRequest(f"The url of a location has 1 to {MOST_CHARACTERS} characters.")
    if not isinstance(metadata, dict) or not all(isinstance(each, str) for each in metadata.values()):
        raise errors.BadRequest("The metadata of a location are texts by their names.")
    name = urldefrag(url)[0]
    return Location(url, store_of(name) or "", name, metadata, validation=_validation(value.get("validation_data")))


def _validation(value: Any) -> dict[str, str]:
    if value is None or value == {}:
        return {}
    if not isinstance(value, dict) or set(value) - set(_VALIDATION):
        raise errors.BadRequest(f"validation_data has {', '.join(_VALIDATION)}, no more.")
    found = {name: each for name, each in value.items() if each is not None}
    if not all(isinstance(each, str) for each in found.values()):
        raise errors.BadRequest("What validation_data says are texts.")
    return found


def check_digests(said: Mapping[str, str]) -> None:
    """Hold what becomes the image's own to what hosts verify; raises BadRequest."""
    whole = {"os_hash_algo", "os_hash_value"}
    if whole & set(said) and not (whole <= set(said) and _is_digest(
            said["os_hash_value"], HASHES.get(said["os_hash_algo"], 0))):
        raise errors.BadRequest(f"os_hash_algo must be one of {', '.join(HASHES)}, and os_hash_value as many "
                                "hexadecimal digits as it makes.")
    if "checksum" in said and not _is_digest(said["checksum"], _CHECKSUM_DIGITS):
        raise errors.BadRequest(f"checksum must be {_CHECKSUM_DIGITS} hexadecimal digits.")


def _is_digest(text: str, length: int) -> bool:
    return len(text) == length and _HEX.fullmatch(text) is not None


def apply(image: Image, before: Sequence[Location],
          changes: Sequence[tuple[Change, Sequence[Location]]]) -> list[Location]:
    """Return the locations after the changes, each with the locations that its value holds.

    Raises BadRequest for a change that makes no sense, Forbidden for one that takes the last location, Conflict where
    the image's state or hashes forbid it.
    """
    found = list(before)
    if image["status"] not in ("queued", "active"):
        raise errors.Conflict(f"Image {image['id']} is {image['status']}; locations change while it is queued or active.")
    for change, values in changes:
        if change.operation == "remove":
            del found[_index(change.position, len(found))]
            if not found:
                raise errors.Forbidden("The last location of an image is not removed: delete the image.")
        elif change.position is None:
            found = _replaced(found, values)
        else:
            place = len(found) if change.position == "-" else _index(change.position, len(found) + 1)
            found[place:place] = values
    _check(image, before, found)
    return found


def _replaced(found: list[Location], values: Sequence[Location]) -> list[Location]:
    present = {each.url: each for each in found}
    if found and [each.url for each in values] != list(present):
        raise errors.BadRequest("Locations that are there can be replaced by the same URLs only, with other metadata.")
    return [dataclasses.replace(present.get(each.url, each), metadata=each.metadata) for each in values]


def _index(position: str | None, length: int) -> int:
    if position is None or position == "-" or int(position) >= length:
        raise errors.BadRequest(f"There is no location {position or 'named'}.")
    return int(position)


def _check(image: Image, before: Sequence[Location], after: Sequence[Location]) -> None:
    if len({each.url for each in after}) < len(after) or len(after) > MOST:
        raise errors.BadRequest(f"An image has at most {MOST} locations, each with a URL of its own.")
    known = {each.url for each in before}
    for each in after:
        if each.url not in known and not each.store:
            raise errors.BadRequest("No store of this cloud reads that URL.")
    said = [each.validation for each in after if each.validation]
    held = {name: image[name] for name in _VALIDATION} if before else (said[0] if said else {})
    if not before:
        check_digests(held)
    if any(held.get(name) != value for each in said for name, value in each.items()):
        raise errors.Conflict("The validation_data is not that of the image.")
    if after and not (image["disk_format"] and image["container_format"]):
        raise errors.BadRequest("The formats of an image must be set before its first location.")


def save(connection: sa.Connection, now: float, image: Image, after: Sequence[Location], size: int | None) -> Image:
    """Write the locations of an image read with a lock, and return what it is then. size is that of its first."""
    kept = {each.store for each in after if each.is_stored}
    for each in image["locations"]:
        if "url" not in each and each["store"] not in kept:
            columns = image_location.c
            connection.execute(sa.delete(image_location).where(
                columns.image_id == image["id"], columns.store == each["store"]))
    connection.execute(sa.delete(image_url).where(image_url.c.image_id == image["id"]))
    rows = [{"image_id": image["id"], "position": place, "store": each.store, "url": each.url,
             "metadata": dict(each.metadata), "created_at": now}
            for place, each in enumerate(after) if not each.is_stored]
    if rows:
        connection.execute(sa.insert(image_url), rows)
    values: dict[str, Any] = {"updated_at": now}
    if image["status"] == "queued" and after:
        values |= {"status": "active", "size": size, **{k: v for each in after for k, v in each.validation.items()}}
    connection.execute(sa.update(image_table).where(image_table.c.id == image["id"]).values(values))
    return image | values
