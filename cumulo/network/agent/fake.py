"""A driver that only remembers: for tests and for clouds without root.

With a file what it remembers survives its process, as real bridges and taps do.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

Network = Mapping[str, Any]


class FakeDriver:
    """Holds what a host would look like in `networks`; `broken` names networks whose devices vanished."""

    def __init__(self, path: pathlib.Path | None = None) -> None:
        self._path = path
        self.networks: dict[str, Network] = self._read()
        self.broken: set[str] = set()
        self.applied: list[str] = []

    def apply(self, network: Network) -> None:
        """Remember the network."""
        self.networks[network["id"]] = network
        self.broken.discard(network["id"])
        self.applied.append(network["id"])
        self._write()

    def is_healthy(self, network: Network) -> bool:
        """Say whether nothing was broken."""
        return network["id"] in self.networks and network["id"] not in self.broken

    def settle(self, networks: Collection[Network], *, sweep: bool) -> None:
        """Forget what is not among the networks."""
        if sweep:
            keep = {network["id"] for network in networks}
            self.networks = {key: held for key, held in self.networks.items() if key in keep}
            self._write()

    def stop(self) -> None:
        """Nothing lives in this process."""

    def _read(self) -> dict[str, Network]:
        if self._path is None or not self._path.exists():
            return {}
        found: dict[str, Network] = json.loads(self._path.read_text(encoding="utf-8"))
        return found

    def _write(self) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(".new")
            partial.write_text(json.dumps(self.networks), encoding="utf-8")
            partial.rename(self._path)
