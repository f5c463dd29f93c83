"""Ports that others carry by VLAN: which device each is on this host; pure.

    guest's card tap<parent> --- the switch sorts what is tagged by its number --- tap<sub port> in its network's bridge

To its network a sub port is a card like any other: the same rules bite. What is not tagged goes on as without a trunk.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable

from cumulo.common import names
from cumulo.network.agent.wanted import Wanted

_FIRST_NUMBER, _NUMBERS = 20000, 40000


@dataclasses.dataclass(frozen=True)
class Carried:
    """A sub port: the card that carries it and with which tag, its own device, and the bridge that this is in."""

    card: str
    tag: int
    device: str
    bridge: str
    mtu: int


def carried(wanted: Wanted) -> list[Carried]:
    """The sub ports of this host, in the order of their devices."""
    here = {port["id"] for _, port in wanted.ports_here()}
    found = []
    for _, port in wanted.ports_here():
        for each in port.get("sub_ports") or ():
            network = wanted.networks.get(each["network_id"])
            if network is not None and each["port_id"] in here:
                found.append(Carried(names.tap_name(port["id"]), each["segmentation_id"], names.tap_name(each["port_id"]),
                                     network["bridge"], network["mtu"]))
    return sorted(found, key=lambda each: each.device)


def numbers(cards: Iterable[str]) -> dict[str, int]:
    """A number in the switch for each card that carries others, whether or not its guest runs yet."""
    taken: dict[int, str] = {}
    for card in sorted(set(cards)):
        number = zlib.crc32(card.encode()) % _NUMBERS
        while number in taken:
            number = (number + 1) % _NUMBERS
        taken[number] = card
    return {card: _FIRST_NUMBER + number for number, card in taken.items()}
