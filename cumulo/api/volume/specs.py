"""The specs of a type, of volumes or of groups: text by key, changed in part or one key at a time.

    HANDLERS = Handlers("extra_specs", read, change)    change(request, how) writes what how() makes of the specs
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

Specs = dict[str, str]
Change = Callable[[Specs], Specs]


@dataclasses.dataclass(frozen=True)
class Handlers:
    """What the five routes do; name is the key of bodies."""

    name: str
    read: Callable[[Request], Specs]
    change: Callable[[Request, Change], None]

    def list_all(self, request: Request) -> dict[str, Any]:
        """Show all of them."""
        return {self.name: self.read(request)}

    def show(self, request: Request) -> dict[str, Any]:
        """Show one; raises NotFound."""
        key = request.params["key"]
        return {key: self._one(self.read(request), key)}

    def add(self, request: Request) -> dict[str, Any]:
        """Add some, and change those that are there."""
        asked = request.body[self.name]
        self.change(request, lambda old: old | asked)
        return {self.name: asked}

    def set_one(self, request: Request) -> dict[str, Any]:
        """Set one, which must be the one of the path."""
        if list(request.body) != [request.params["key"]]:
            raise errors.BadRequest("Request body and URI mismatch")
        self.change(request, lambda old: old | request.body)
        return dict(request.body)

    def delete(self, request: Request) -> None:
        """Remove one; raises NotFound."""
        key = request.params["key"]

        def without(old: Specs) -> Specs:
            self._one(old, key)
            return {name: value for name, value in old.items() if name != key}

        self.change(request, without)

    def _one(self, specs: Specs, key: str) -> str:
        if key not in specs:
            raise errors.NotFound(f"There is no {self.name.replace('_', ' ').removesuffix('s')} {key[:255]!r}.")
        return specs[key]
