"""Images as JSON: free properties at the top level, below the attributes, whose names they cannot take."""

from collections.abc import Callable
from typing import Any

from cumulo.api.wsgi.times import iso_z

_PLAIN = ("id", "name", "status", "visibility", "protected", "checksum", "os_hash_algo", "os_hash_value", "size",
          "virtual_size", "owner", "disk_format", "container_format", "min_disk", "min_ram", "os_hidden", "tags")


def image(row: dict[str, Any], weight: Callable[[str], int]) -> dict[str, Any]:
    """Return one image; its links are paths, as clients of this API expect. weight is that of a store."""
    path = f"/v2/images/{row['id']}"
    # A store that an image without data was refused from is named too: clients look there for what went wrong.
    found = [place["store"] for place in row["locations"] or row["refused"]]
    places = {"stores": ",".join(sorted(found, key=lambda store: -weight(store)))} if found else {}
    return {
        **row["properties"],
        **{name: row[name] for name in _PLAIN}, **places,
        "created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["updated_at"]),
        "self": path, "file": f"{path}/file", "schema": "/v2/schemas/image",
    }
