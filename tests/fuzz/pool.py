"""What exists in the cloud under test, learned from its own answers, so that requests reach deep code."""

import random
from collections.abc import Iterator
from typing import Any

MOST = 40
#: How path variables, query parameters and attributes name what they refer to, where it is not "<kind>_id".
NAMES = {
    "imageRef": "image", "image_ref": "image", "image": "image", "flavorRef": "flavor", "flavor": "flavor",
    "flavor_ref": "flavor", "uuid": "network", "port": "port", "key_name": "keypair", "tenant": "project",
    "tenant_id": "project", "member": "project", "member_id": "project", "owner": "project", "kernel_id": "image",
    "ramdisk_id": "image", "hypervisor_id": "hypervisor", "default_project_id": "project", "parent_id": "project",
    "implied_role_id": "role",
    "parent_region_id": "region", "region": "region", "alias": "extension", "request_id": "request",
    "device_id": "server", "host": "host", "binding:host_id": "host", "user.id": "user", "role.id": "role",
    "group.id": "group", "namespace": "namespace", "object_name": "object", "property_name": "property",
    "tag_name": "definition", "volume_type": "volume_type", "type_id": "volume_type", "volume_type_id": "volume_type", "vol_type_id": "volume_type", "qos_specs_id": "qos_spec",
    "volume_group_id": "group", "source_group_id": "group", "cgsnapshot_id": "group_snapshot",
    "host_name": "host", "source_volid": "volume", "resource_type": "resource_type",
    "scope.project.id": "project", "scope.domain.id": "domain", "all_tenants": "project", "network": "label",
}
_PLURALS = {"instanceActions": "request", "policies": "policy", "security_groups": "", "links": "", "endpoints_links": ""}

#: Which attribute names a thing that has no id.
_OWN = {"keypair": "name", "extension": "alias", "request": "request_id", "namespace": "namespace", "object": "name",
        "resource_type": "name", "encryption": "encryption_id"}


class Pool:
    """Ids by kind. What the caller's own tokens stand on is kept apart: a change to it would end the run."""

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}
        self._protected: dict[str, list[str]] = {}
        self._paths: dict[str, list[bytes]] = {}

    def protect(self, kind: str, value: str) -> None:
        """Offer this only to requests that change nothing of it."""
        self._protected.setdefault(kind, []).append(value)

    def pick(self, rng: random.Random, name: str, *, harmless: bool) -> str | None:
        """Return something that exists for a variable of this name; None where nothing is known."""
        kind = NAMES.get(name) or (name.removesuffix("_id") if name.endswith("_id") else "")
        if name == "id":
            kind = rng.choice(sorted(self._known)) if self._known else ""
        known = [*self._known.get(kind, ()), *(self._protected.get(kind, ()) if harmless else ())]
        return rng.choice(known) if known else None

    def learn(self, family: str, body: Any) -> None:
        """Take up every id an answer holds."""
        if family == "image" and isinstance(body, dict) and "disk_format" in body:
            self.add("image", body["id"])
        for kind, value in _found("", body):
            self.add(kind, value)

    def add(self, kind: str, value: str) -> None:
        """Take up one id; the oldest go where there are many."""
        values = self._known.setdefault(kind, [])
        if value not in values and value not in self._protected.get(kind, ()):
            values.append(value)
            del values[:-MOST]

    def path(self, rng: random.Random, template: str, *, harmless: bool) -> bytes | None:
        """Return a path of this form that led to something: ids that belong together."""
        known = [path for path in self._paths.get(template, ()) if harmless or not self.is_protected(path)]
        return rng.choice(known) if known else None

    def is_protected(self, path: bytes) -> bool:
        """Say whether the path names something that the callers' tokens stand on."""
        segments = path.decode("utf-8", "replace").split("/")
        return any(value in segments for values in self._protected.values() for value in values)

    def add_path(self, template: str, path: bytes) -> None:
        """Take up a path with two variables or more that led to something."""
        known = self._paths.setdefault(template, [])
        if template.count("{") > 1 and path not in known:
            known.append(path)
            del known[:-MOST]

    def forget(self, template: str, path: bytes) -> None:
        """Drop what was deleted."""
        if path in self._paths.get(template, ()):
            self._paths[template].remove(path)
        value = path.rpartition(b"/")[2].decode("utf-8", "replace")
        for values in self._known.values():
            if value in values:
                values.remove(value)

    def count(self, kind: str) -> int:
        """Return how many of a kind are known."""
        return len(self._known.get(kind, ()))


def _found(kind: str, body: Any) -> Iterator[tuple[str, str]]:
    if isinstance(body, list):
        for each in body:
            yield from _found(kind, each)
    elif isinstance(body, dict):
        own = body.get(_OWN.get(kind, "id"))
        if kind and isinstance(own, str | int):
            yield kind, str(own)
        for key, value in body.items():
            if isinstance(value, dict | list):
                yield from _found(_PLURALS.get(key, key.removesuffix("s")), value)
