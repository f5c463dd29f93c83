"""Rates that ports are promised and hosts have to give: what they are of, and what a host's options say of them. Pure.

A rate is of one thing of a host, named by a word: "kbps egress physnet1" is what leaves for a physical network,
"kbps ingress tunnelled" what comes by tunnels, "kpps any" the packets that pass in either direction. A port asks for so
much of some of them, a host has so much of some of them, and what it does not name it has none of.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from cumulo.common import errors

TUNNELLED = "tunnelled"
"""What stands for all networks that leave a host by tunnels, where others name their physical network."""
MINIMUM_BANDWIDTH, MINIMUM_PACKETS = "minimum_bandwidth", "minimum_packet_rate"
KINDS = (MINIMUM_BANDWIDTH, MINIMUM_PACKETS)
DIRECTIONS = ("egress", "ingress")
ANY = "any"
_OR = "|"
_OVERLAYS = ("vxlan", "gre")


@dataclasses.dataclass(frozen=True)
class Ask:
    """What a port asks of the host that it is on: so much of one thing."""

    of: str
    amount: int


def ask(rule: Mapping[str, Any], network_type: str, physical_networks: Sequence[str]) -> Ask | None:
    """What a rule asks of the host of a port in such a network; None where nothing leaves the host.

    A network of several segments leaves a host by one of their physical networks: the word for it names all of them.
    """
    if rule["kind"] == MINIMUM_PACKETS:
        return Ask(f"kpps {rule['direction']}", rule["settings"]["min_kpps"])
    wire = TUNNELLED if network_type in _OVERLAYS else _OR.join(sorted(physical_networks))
    return Ask(f"kbps {rule['direction']} {wire}", rule["settings"]["min_kbps"]) if wire else None


def on_host(of: str, known: Collection[str]) -> str:
    """What a word stands for on a host that knows some: the first of several that it has."""
    before, _, wires = of.rpartition(" ")
    return next((each for wire in wires.split(_OR) if (each := f"{before} {wire}") in known), of)


def total(asks: Iterable[Ask]) -> dict[str, int]:
    """How much is asked of each thing altogether."""
    found: dict[str, int] = {}
    for each in asks:
        found[each.of] = found.get(each.of, 0) + each.amount
    return found


def offers(bandwidths: Mapping[str, str], packet_rates: Mapping[str, str]) -> dict[str, int]:
    """What a host has to give, from its options; raises BadRequest for what they cannot mean."""
    found = {}
    for wire, said in bandwidths.items():
        egress, between, ingress = said.partition(":")
        found[f"kbps egress {wire}"] = _number(egress, f"bandwidths {wire}:{said}")
        found[f"kbps ingress {wire}"] = _number(ingress if between else egress, f"bandwidths {wire}:{said}")
    for direction, said in packet_rates.items():
        if direction not in (*DIRECTIONS, ANY):
            raise errors.BadRequest(f"[network] packet_rates: {direction} is not egress, ingress or any.")
        found[f"kpps {direction}"] = _number(said, f"packet_rates {direction}:{said}")
    return found


def _number(text: str, said: str) -> int:
    if not text.strip().isdigit():
        raise errors.BadRequest(f"[network] {said} is not a number.")
    return int(text)
