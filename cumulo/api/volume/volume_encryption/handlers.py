"""How a volume is encrypted, for whoever opens it: which key, never the key itself, and what its type says."""

from typing import Any

from cumulo.api.volume import common
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import type_encryption

RULE = "volume:volumes:encryption"
Shown = dict[str, Any]


def show(request: Request) -> Shown:
    """Show it; of a volume that is not encrypted, that it has no key."""
    with request.services.database.read() as connection:
        row = common.own_volume(request, connection, RULE)
        key_id = row["encryption_key_id"]
        said = type_encryption.of_type(connection, row["type_id"]) if key_id is not None else None
    return {"encryption_key_id": key_id} | ({name: said[name] for name in type_encryption.FIELDS} if said else {})


def show_field(request: Request) -> Shown:
    """Show one field of it, by the field's name; raises NotFound."""
    name, shown = request.params["key"], show(request)
    if name not in shown:
        raise errors.NotFound(f"There is no encryption spec {name[:255]!r}.")
    return {name: shown[name]}
