"""What a host must look like, as its agent holds it: the document of doc/design/0005, put together from its pulls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

Thing = dict[str, Any]
PARTS = ("networks", "groups", "prefixes", "routers")
FILTERED = ("networks", "groups", "prefixes")


@dataclasses.dataclass
class Wanted:
    """Each part of the document by the ids of its things."""

    networks: dict[str, Thing] = dataclasses.field(default_factory=dict)
    groups: dict[str, Thing] = dataclasses.field(default_factory=dict)
    prefixes: dict[str, Thing] = dataclasses.field(default_factory=dict)
    routers: dict[str, Thing] = dataclasses.field(default_factory=dict)
    # Raised by every change of what filters are made of: with thousands of ports that is not looked through for nothing.
    filtered: int = 0

    def take(self, answer: Mapping[str, Any]) -> dict[str, set[str]]:
        """Take over what a pull answered; return the ids that it brought, part by part."""
        brought = {}
        if answer["full"] or any(answer["removed"].get(part) or answer.get(part) for part in FILTERED):
            self.filtered += 1
        for part in PARTS:
            held: dict[str, Thing] = getattr(self, part)
            if answer["full"]:
                held.clear()
            for gone in answer["removed"].get(part, ()):
                held.pop(gone, None)
            held |= {each["id"]: each for each in answer.get(part, ())}
            brought[part] = {each["id"] for each in answer.get(part, ())}
        return brought

    def ids(self) -> dict[str, list[str]]:
        """The ids of all that it holds, part by part."""
        return {part: sorted(getattr(self, part)) for part in PARTS}

    def ports_here(self) -> Iterator[tuple[Thing, Thing]]:
        """Every (network, port) whose port is bound to this host."""
        for network in self.networks.values():
            yield from ((network, port) for port in network["ports"] if port["is_here"])
