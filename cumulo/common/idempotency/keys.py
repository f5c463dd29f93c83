"""What a key may be, which row it stands for, and what counts as the same request. Pure."""

import dataclasses
import hashlib
import re
from collections.abc import Sequence

import orjson

from cumulo.common import errors
from cumulo.common.context import Context

HEADER = "Idempotency-Key"
LONGEST = 255
SCHEMA = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": r"^[\x21-\x7e]+$"}
_FORM = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")


@dataclasses.dataclass(frozen=True)
class Asked:
    """A request that carries a key: the id of its row, the hash of what it asks, and the key itself."""

    row_id: str
    request_hash: str
    key: str


def check(key: str) -> None:
    """Raise BadRequest unless the key is 1 to 255 visible ASCII characters."""
    if not _FORM.fullmatch(key):
        raise errors.BadRequest(f"{HEADER} must be 1 to {LONGEST} visible ASCII characters.")


def scope_of(context: Context, path: str) -> tuple[str | None, ...]:
    """Return within what a key is known: the caller and what their token is scoped to.

    Where nobody is known to be asking it is the path, which names the user whom the request concerns.
    """
    if context.user_id is None:
        return (path,)
    return context.project_id, context.domain_id, context.system_scope, context.user_id


def asked(key: str, scope: Sequence[str | None], parts: Sequence[str | bytes]) -> Asked:
    """Return a request by its key, scope, and the parts that make it the same request."""
    return Asked(_hash((*scope, key)), _hash(parts), key)


def _hash(parts: Sequence[str | bytes | None]) -> str:
    """Each part is hashed on its own first, so that no two lists of parts run together."""
    digests = [None if part is None else hashlib.sha256(part if isinstance(part, bytes) else part.encode()).hexdigest()
               for part in parts]
    return hashlib.sha256(orjson.dumps(digests)).hexdigest()
