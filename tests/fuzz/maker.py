"""Requests one after another from one seed: right ones, and right ones with one to three things wrong."""

import random
import re
from collections.abc import Sequence
from urllib.parse import urlencode

from cumulo.api.compute.versions import handlers as compute_versions
from cumulo.api.volume.versions import handlers as volume_versions
from cumulo.api.wsgi.route import parse_version
from tests.fuzz import mutate, values
from tests.fuzz.generate import KEYS, Generator
from tests.fuzz.operations import VERSION_HEADER, Operation
from tests.fuzz.pool import Pool
from tests.fuzz.recipes import RECIPES
from tests.fuzz.shapes import Shape

#: How often there is nothing wrong, one thing, two, three.
FAULTS = (40, 45, 10, 5)
#: How often each API is asked, however many routes it has, and by whom: identity lets others do little.
FAMILIES = {"identity": 22, "image": 17, "network": 18, "compute": 28, "volume": 15}
MEMBERS = {"identity": 0.05, "image": 0.3, "network": 0.3, "compute": 0.2, "volume": 0.3}
NEWEST = {"compute": compute_versions.MAXIMUM, "volume": volume_versions.MAXIMUM}
#: Parts of a domain's settings, and such as it cannot have.
SETTINGS = {"group": ("identity", "ldap", "web"), "option": ("driver", "url", "list_limit", "web")}
_VARIABLE = re.compile(r"\{(\w+)\}")
_HARMLESS = ("GET", "HEAD", "POST")
_QUERY_VALUES = {
    "limit": ("0", "1", "2", "1000"), "sort_dir": ("asc", "desc"), "sort_key": ("id", "name", "created_at", "status"),
    "sort": ("name:asc", "id:desc,name"), "fields": ("id", "name"), "page_reverse": ("true", "false"),
    "changes-since": ("2020-01-01T00:00:00Z",), "visibility": ("public", "all", "private"),
    "status": ("ACTIVE", "active", "ERROR"),
    "is_public": ("true", "none"), "all_tenants": ("1", "true"), "deleted": ("true", "0"), "locked": ("true",),
    "minRam": ("1",)}


class Maker:
    """Makes requests for the operations given."""

    def __init__(self, seed: int, operations: Sequence[Operation], pool: Pool) -> None:
        self._rng = random.Random(seed)
        self._operations = operations
        self._weights = _weights(operations)
        self._pool = pool
        self._generator = Generator(self._rng, pool)

    def next(self) -> Shape:
        """Make one request."""
        rng = self._rng
        operation = rng.choices(self._operations, self._weights)[0]
        shape = self._right(operation)
        for _ in range(rng.choices(range(len(FAULTS)), FAULTS)[0]):
            mutate.spoil(shape, rng, self._pool)
        return shape

    def _right(self, operation: Operation) -> Shape:
        rng = self._rng
        version = self._version(operation)
        schema = operation.body_at(version)
        shape = Shape(operation, operation.method, self._path(operation), self._query(operation), {},
                      self._actor(operation))
        if version:
            shape.headers[VERSION_HEADER] = f"{operation.family} {version}"
        if rng.random() < 0.1:
            shape.headers["Idempotency-Key"] = f"key-{rng.randrange(rng.choice((3, 1_000_000)))}"
        if operation.path.endswith("/auth/tokens") and operation.method != "POST":
            shape.headers["X-Subject-Token"] = self._pool.pick(rng, "token_id", harmless=True) or "none"
        recipe = RECIPES.get(operation.name) if rng.random() < 0.6 else None
        if recipe is not None:
            shape.body, shape.has_body = recipe(rng, self._pool), True
        elif schema is not None:
            shape.body, shape.has_body = self._generator.value(schema), True
        elif "application/octet-stream" in operation.consumes:
            shape.raw = rng.choice((b"", b"x", b"QFI\xfb" + bytes(508), b"KDMV" + bytes(2000), bytes(10_000),
                                    bytes(100_000)))
        elif rng.random() < 0.05:
            shape.body, shape.has_body = {}, True
        return shape

    def _actor(self, operation: Operation) -> str:
        return "member" if self._rng.random() < MEMBERS[operation.family] else "admin"

    def _version(self, operation: Operation) -> str:
        if not operation.has_versions or self._rng.random() < 0.2:
            return ""
        major, newest = parse_version(NEWEST[operation.family])
        return self._rng.choice(("latest", f"{major}.{newest}", f"{major}.{self._rng.randint(1, newest)}"))

    def _path(self, operation: Operation) -> bytes:
        harmless = operation.method in _HARMLESS and not operation.path.endswith("/action")
        known = self._pool.path(self._rng, operation.path, harmless=harmless)
        if known is not None and self._rng.random() < 0.6:
            return known
        return _VARIABLE.sub(lambda match: self._variable(match[1], harmless), operation.path).encode()

    def _variable(self, name: str, harmless: bool) -> str:
        if name in ("key", "tag"):
            return self._rng.choice(KEYS)
        if name in ("group", "option"):
            return self._rng.choice(SETTINGS[name])
        kind = self._rng.choice(("keypair", "schema")) + "_id" if name == "name" else name
        return self._pool.pick(self._rng, kind, harmless=harmless) or values.UUID

    def _query(self, operation: Operation) -> str:
        rng = self._rng
        if not operation.query or rng.random() < 0.4:
            return ""
        pairs = []
        for name in rng.sample(operation.query, min(len(operation.query), rng.choice((1, 1, 2, 3)))):
            known = _QUERY_VALUES.get(name) or (self._pool.pick(rng, name, harmless=True) or "web",)
            pairs.append((name, rng.choice(known)))
        return urlencode(pairs)


def _weights(operations: Sequence[Operation]) -> list[float]:
    sums = {family: sum(_weight(each) for each in operations if each.family == family) or 1.0 for family in FAMILIES}
    return [FAMILIES[each.family] * _weight(each) / sums[each.family] for each in operations]


def _weight(operation: Operation) -> float:
    """Bodies have most to go wrong; the old path of the compute API leads to the same code."""
    weight = 4.0 if operation.bodies else 2.0 if operation.query else 1.0
    if operation.method == "DELETE":
        weight *= 0.5
    return weight * (0.25 if operation.path.startswith("/compute/v2/") else 1.0)
