"""Bodies that fit a JSON Schema, made of what the cloud holds.

Text is not made from a pattern but chosen among candidates that the schema's own validator lets pass, so every
pattern and format means here what it means to the server.
"""

import random
import re
from typing import Any

import jsonschema_rs

from tests.fuzz.pool import Pool

Json = dict[str, Any]
CANDIDATES = (
    "web", "web-1", "data", "default", "a", "Z", "9", "a b", "é", "😀", "", " a ", "x" * 60, "x" * 64, "x" * 255,
    "x" * 256, "*", "'", "%", "true", "0", "1", "2", "10", "64", "512", "1500", "65535", "2147483647", "2147483648",
    "-1", "1.0", "0.5", "10.0.0.5", "10.0.0.0/24", "10.1.0.0/16", "192.168.7.0/29", "192.168.7.2", "192.168.7.6",
    "0.0.0.0/0", "fd00::/64", "fd00::5", "2001:db8::/126", "8.8.8.8", "fa:16:3e:00:00:01", "FA:16:3E:AA:BB:CC",
    "public", "internal", "admin", "flat", "local", "normal", "physnet1", "nova", "nova:host-1", "host-1",
    "nova-compute", "compute:nova", "network:dhcp", "00000000-0000-4000-8000-00000000dead",
    "00000000000040008000deadbeef0000", "/name", "/tags", "/min_disk", "/os_distro", "/a~1b", "/kernel_id",
    "http://127.0.0.1:9/$(project_id)s", "aGVsbG8=", "IyEvYmluL3NoCg==", "auto", "password", "token", "unscoped",
    "/dev/vdb", "0123456789abcdef" * 4, "0123456789abcdef" * 8,
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0p4Y2l6bF3yQ2m1cQ0o2l0aY1r9m3d3d3d3d3d3d3d me", "2026-01-31T10:00:00Z", "50%")
LINKED = ("cidr", "ip_version", "gateway_ip")
#: Keys of open objects, few, so that what one request sets another finds.
KEYS = ("web", "env", "os_distro", "hw:mem", "Key 1", "volumes_web")


class Generator:
    """Makes values for schemas; the pool fills in ids of what exists."""

    def __init__(self, rng: random.Random, pool: Pool) -> None:
        self._rng = rng
        self._pool = pool
        self._texts: dict[int, tuple[list[str], Json]] = {}

    def value(self, schema: Any, name: str = "") -> Any:
        """Return a value that fits the schema; the attribute's name tells which ids it may hold."""
        rng = self._rng
        if not isinstance(schema, dict) or not schema:
            return rng.choice((None, True, 1, "web", {}, []))
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.value(_merged(schema, key, rng.choice(schema[key])), name)
        kinds = schema.get("type", "object" if "properties" in schema or "required" in schema else "string")
        kind = kinds if isinstance(kinds, str) else rng.choice(kinds)
        return _MAKERS[kind](self, schema, name)

    def _object(self, schema: Json, name: str) -> Json:
        rng, properties = self._rng, schema.get("properties", {})
        wanted = list(schema.get("required", ()))
        optional = [key for key, each in properties.items() if key not in wanted and each is not False]
        most = schema.get("maxProperties", 64)
        least = schema.get("minProperties", 0)
        chance = rng.choice((0.0, 0.15, 0.4, 0.9))
        wanted += [key for key in optional if rng.random() < chance][:max(0, most - len(wanted))]
        while len(wanted) < least and set(optional) - set(wanted):
            wanted.append(rng.choice([key for key in optional if key not in wanted]))
        made = {key: self.value(properties.get(key, {}), key) for key in wanted}
        return made | self._open_part(schema, least - len(made), most - len(made))

    def _open_part(self, schema: Json, least: int, most: int) -> Json:
        """Attributes that the schema does not name, where it lets them be."""
        pattern, further = next(iter(schema.get("patternProperties", {}).items()), ("", schema.get("additionalProperties", False)))
        if not isinstance(further, dict) or not further:
            return {}
        keys = [key for key in KEYS if re.search(pattern, key)]
        count = min(most, max(least, self._rng.choice((0, 0, 1, 2))), len(keys))
        return {key: self.value(further, key) for key in self._rng.sample(keys, max(0, count))}

    def _array(self, schema: Json, name: str) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
        count = min(most, max(least, self._rng.choice((0, 1, 1, 2, 3))))
        made: list[Any] = []
        for _ in range(count):
            each = self.value(schema.get("items", {}), name.removesuffix("s"))
            if not (schema.get("uniqueItems") and each in made):
                made.append(each)
        return made

    def _integer(self, schema: Json, name: str) -> int:
        least, most = int(schema.get("minimum", -100)), int(schema.get("maximum", 2**31 - 1))
        return self._rng.choice((least, most, min(most, least + 1), min(most, least + self._rng.randrange(20))))

    def _number(self, schema: Json, name: str) -> float:
        return self._rng.choice((1.0, 0.5, 1e9, 1, 0))

    def _string(self, schema: Json, name: str) -> str:
        known = self._pool.pick(self._rng, name, harmless=True)
        if known is not None and self._rng.random() < 0.85 and _fits(schema, known):
            return known
        texts = self._texts_for(schema)
        if not texts:
            raise LookupError(f"no candidate fits {schema}: add one to CANDIDATES")
        return self._rng.choice(texts)

    def _texts_for(self, schema: Json) -> list[str]:
        # The schema is kept beside its texts, so that its identity is not given to another one.
        if id(schema) not in self._texts:
            validator = jsonschema_rs.validator_for(schema, validate_formats=True)
            self._texts[id(schema)] = ([text for text in CANDIDATES if validator.is_valid(text)], schema)
        return self._texts[id(schema)][0]


def _merged(schema: Json, key: str, branch: Json) -> Json:
    """Return one choice of a schema together with what holds for all of them."""
    rest = {name: value for name, value in schema.items() if name != key}
    if not rest:
        return branch
    properties = rest.get("properties", {}) | {
        name: each for name, each in branch.get("properties", {}).items() if each or name not in rest.get("properties",
                                                                                                          {})}
    required = [*rest.get("required", ()), *branch.get("required", ())]
    return rest | branch | ({"properties": properties} if properties else {}) | ({"required": required} if required
                                                                                 else {})


def _fits(schema: Json, text: str) -> bool:
    return jsonschema_rs.is_valid(schema, text, validate_formats=True)


_MAKERS: dict[str, Any] = {
    "object": Generator._object, "array": Generator._array, "integer": Generator._integer, "number": Generator._number,
    "string": Generator._string, "boolean": lambda self, schema, name: self._rng.random() < 0.5,
    "null": lambda self, schema, name: None,
}
