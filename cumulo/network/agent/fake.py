"""A driver that only remembers: for tests and for clouds without root.

With a file what it remembers survives its process, as real bridges and taps do.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from cumulo.common import errors, names
from cumulo.common.audit.holdings import HeldDhcp, NetworkHoldings
from cumulo.network.agent import bridge, nat
from cumulo.network.agent.dhcp import known_hosts
from cumulo.network.agent.wanted import Wanted

Network = Mapping[str, Any]
_WHOLE: dict[str, Any] = {"subnets": [], "ports": [], "nat": False, "provider": {"type": "local"}}


class FakeDriver:
    """Holds what a host would look like in `networks`; `broken` names networks whose devices vanished.

    `strays` is what the host holds besides: a test puts there what nobody asked for.
    """

    def __init__(self, path: pathlib.Path | None = None) -> None:
        self._path = path
        self.networks: dict[str, Network] = self._read()
        self.routers: set[str] = set()
        self.broken: set[str] = set()
        self.applied: list[str] = []
        self.strays = NetworkHoldings()

    def apply(self, network: Network, wanted: Wanted) -> None:
        """Remember the network; raises CommandFailed where another that is still here lies at its place, as kernels do."""
        if any(lie_together(network, each) for each in self.networks.values()):
            raise errors.CommandFailed("File exists")
        self.networks[network["id"]] = network
        self.broken.discard(network["id"])
        self.applied.append(network["id"])
        self._write()

    def observe(self) -> None:
        """Nothing: what is here is in memory."""

    def is_healthy(self, network: Network) -> bool:
        """Say whether nothing was broken."""
        return network["id"] in self.networks and network["id"] not in self.broken

    def sweep(self, wanted: Wanted) -> None:
        """Forget what is not among the networks."""
        self.networks = {key: held for key, held in self.networks.items() if key in wanted.networks}
        self._write()

    def settle(self, wanted: Wanted) -> None:
        """Take over the routers."""
        self.routers = set(wanted.routers)

    def holdings(self) -> NetworkHoldings:
        """Return what a host with these networks would hold, and the strays on top of it."""
        held = [_WHOLE | {"id": network_id, "bridge": names.bridge_name(network_id)} | dict(network)
                for network_id, network in sorted(self.networks.items())]
        served = [network for network in held if bridge.dhcp_subnets(network)]
        ids = tuple(network["id"] for network in served)
        made = NetworkHoldings(
            bridges=tuple(network["bridge"] for network in held), pairs=tuple(map(names.dhcp_pair_name, ids)),
            namespaces=tuple(map(names.dhcp_namespace, ids)), dhcp=tuple(map(_dhcp, served)), processes=ids,
            tunnels=tuple(names.tunnel_name(each["id"]) for each in held if each["provider"]["type"] == "vxlan"),
            routers=tuple(map(names.router_namespace, sorted(self.routers))), metadata=ids, isolated=tuple(network["bridge"] for network in held),
            masqueraded=tuple((cidr, network["bridge"]) for network in held for cidr in nat.masqueraded(network)))
        return _joined(made, self.strays)

    def misplaced(self, network_ids: Iterable[str], wanted: Wanted) -> list[str]:
        """Say which networks' devices vanished."""
        return [f"{each} is not as desired" for each in network_ids if each in wanted.networks and each in self.broken]

    def differences(self, wanted: Wanted) -> list[str]:
        """Nothing: all else is in memory."""
        return []

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


def lie_together(one: Network, other: Network) -> bool:
    """Whether two networks have the same number of the same overlay or wire, which a host can give to one device only."""
    place = one.get("provider", _WHOLE["provider"])
    return one["id"] != other["id"] and place.get("segmentation_id") is not None and place == other.get("provider")


def _dhcp(network: Network) -> HeldDhcp:
    return HeldDhcp(network["id"], True, tuple((card, address) for card, address, _ in known_hosts(network)))


def _joined(made: NetworkHoldings, strays: NetworkHoldings) -> NetworkHoldings:
    listed = [field.name for field in dataclasses.fields(made) if isinstance(getattr(made, field.name), tuple)]
    return dataclasses.replace(made, **{name: getattr(made, name) + getattr(strays, name) for name in listed})
