"""A driver that only remembers: for tests and for clouds without root."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Network = Mapping[str, Any]


class FakeDriver:
    """Holds what a host would look like in `networks`; `broken` names networks whose devices vanished."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self.broken: set[str] = set()
        self.applied: list[str] = []

    def apply(self, network: Network) -> None:
        """Remember the network."""
        self.networks[network["id"]] = network
        self.broken.discard(network["id"])
        self.applied.append(network["id"])

    def is_healthy(self, network: Network) -> bool:
        """Say whether nothing was broken."""
        return network["id"] in self.networks and network["id"] not in self.broken

    def settle(self, networks: Collection[Network], *, sweep: bool) -> None:
        """Forget what is not among the networks."""
        if sweep:
            keep = {network["id"] for network in networks}
            self.networks = {key: held for key, held in self.networks.items() if key in keep}

    def stop(self) -> None:
        """Nothing lives in this process."""
