"""Connections that groups let through once and let through no more: which ports to look at, which connections to cut; pure.

What belongs to a known connection passes the filter without a look at the rules. So when rules, members or groups go, the
connections that only they let through must be forgotten; the others must not be, as the answer of a connection that is
not known is let in by nothing.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cumulo.network.agent import filter, rules
from cumulo.network.agent.nft import Chain, Table
from cumulo.network.agent.rules import Packet
from cumulo.network.agent.wanted import Wanted

Port = Mapping[str, Any]
_JUMP = "jump "


@dataclasses.dataclass(frozen=True)
class Connection:
    """A connection by its first packet; key names it to the kernel."""

    zone: int
    packet: Packet
    key: str


def narrowed(old: Table | None, new: Table) -> set[str]:
    """The devices of the ports that may now be reached, or reach, less than before; all when before is not known."""
    after = _combinations(new)
    if old is None:
        return set(after)
    before, narrower = _combinations(old), _narrower(old, new)
    return {tap for tap, chains in after.items()
            if (tap not in before or before[tap] != chains)
            or any(each in narrower for name in chains for each in _jumps(new.chains[name]))}


def _combinations(table: Table) -> dict[str, tuple[str, ...]]:
    """Each guarded device's own chains, by which ports with the same groups are known."""
    found: dict[str, tuple[str, ...]] = {}
    for way in ("in", "out"):
        for element in table.collections[way].elements:
            tap, _, chain = element.partition(" : ")
            found[tap.strip('"')] = (*found.get(tap.strip('"'), ()), chain.removeprefix(_JUMP))
    return found


def _jumps(chain: Chain) -> list[str]:
    return [rule.removeprefix(_JUMP) for rule in chain.rules if rule.startswith(_JUMP)]


def _narrower(old: Table, new: Table) -> set[str]:
    """The groups' chains that lost a rule, or that name a list of prefixes which lost one."""
    fewer = {name for name, held in old.collections.items()
             if held.elements - (new.collections[name].elements if name in new.collections else frozenset())}
    return {name for name, chain in new.chains.items()
            if set(old.chains.get(name, Chain()).rules) - set(chain.rules)
            or any(f"@{each} " in f"{rule} " for rule in chain.rules for each in fewer)}


def forbidden(connections: Iterable[Connection], zones: Mapping[int, Iterable[Port]], wanted: Wanted) -> Iterator[Connection]:
    """The connections of these ports, by zone, that their groups do not let through now."""
    holders = {zone: Holders(ports) for zone, ports in zones.items()}
    for each in connections:
        held = holders[each.zone]
        sender, receiver = held.of(each.packet.source), held.of(each.packet.target)
        if (sender is not None and not _lets(sender, "egress", each.packet, wanted)
                or receiver is not None and not _lets(receiver, "ingress", each.packet, wanted)):
            yield each


class Holders:
    """Ports by the addresses that they may send from."""

    def __init__(self, ports: Iterable[Port]) -> None:
        self._single: dict[str, Port] = {}
        self._ranges: list[tuple[Any, Port]] = []
        for port in ports:
            own = [fixed["ip_address"] for fixed in port["fixed_ips"]] + [filter.link_local(port["mac_address"])]
            for text in [*own, *(pair["ip_address"] for pair in port["allowed_address_pairs"])]:
                if filter.is_range(text):
                    self._ranges.append((ipaddress.ip_network(text, strict=False), port))
                else:
                    self._single[str(ipaddress.ip_address(text.partition("/")[0]))] = port

    def of(self, address: str) -> Port | None:
        """The port that has the address; its own before a range that another one was allowed."""
        found = self._single.get(address)
        if found is None and self._ranges:
            asked = ipaddress.ip_address(address)
            found = next((port for network, port in self._ranges if asked in network), None)
        return found


def _lets(port: Port, direction: str, packet: Packet, wanted: Wanted) -> bool:
    """Whether a port's groups let a packet through; a port that keeps no connections asks its rules each time anyway."""
    if not filter.is_stateful(port, wanted):
        return True
    return any(rule["direction"] == direction and rules.matches(rule, packet, wanted.prefixes)
               for group in port["groups"] if group in wanted.groups for rule in wanted.groups[group]["rules"])
