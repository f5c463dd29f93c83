"""What this host can carry: what its kernel has, which address its tunnels end at, which networks it is wired to."""

from __future__ import annotations

import dataclasses
import pathlib
import socket
from collections.abc import Mapping
from typing import Any

from cumulo.network import dns
from cumulo.network.agent import openvswitch, program
from cumulo.network.agent.program import Program

METERING = "metering"  # cumulo.network.metering.ABILITY, which is beside a database
LINUXBRIDGE, OPENVSWITCH = "linuxbridge", "openvswitch"
_TIMEOUT_S = 60.0
_RUNNING: dict[pathlib.Path, Program] = {}


@dataclasses.dataclass(frozen=True)
class Abilities:
    """What the kernel has, each found out by doing it in a namespace made for that."""

    vxlan: bool = True
    vlan: bool = True
    gre: bool = True
    tracks_bridges: bool = True  # br_netfilter: connections through bridges are known
    switches: bool = False  # Open vSwitch's module


@dataclasses.dataclass(frozen=True)
class Place:
    """What a network's plan depends on besides the network: this host."""

    tunnel_address: str = "127.0.0.1"
    interfaces: Mapping[str, str] = dataclasses.field(default_factory=dict)  # physical network -> interface
    abilities: Abilities = Abilities()
    mechanism: str = LINUXBRIDGE
    offers: Mapping[str, int] = dataclasses.field(default_factory=dict)  # what ports may be promised: cumulo.network.rates

    def inventory(self) -> dict[str, Any]:
        """What the control plane is told of it."""
        return {"tunnel_address": self.tunnel_address, "wired": sorted(self.interfaces), "types": [*self.types(), dns.ABILITY, METERING],
                "mechanism": self.mechanism, "offers": dict(self.offers)}

    def types(self) -> list[str]:
        """The types of networks that this host can carry."""
        can = self.abilities
        if self.mechanism == OPENVSWITCH:
            # Sub ports share their guest's card with its bridge, which only a switch in user space lets it do.
            return [*openvswitch.TYPES, *([] if self.abilities.switches else ["trunk"])]
        return ["local", "flat", *(["vlan"] if can.vlan else []), *(["vxlan"] if can.vxlan else [])]

    def sentence(self) -> str:
        """The same for a person, in a line of `cumulo status`."""
        by = f" by Open vSwitch ({openvswitch.datapath(self.abilities.switches)})" if self.mechanism == OPENVSWITCH else ""
        missing = [name for name, there in (("vxlan", self.abilities.vxlan), ("vlan", self.abilities.vlan),
                                            ("gre", self.abilities.gre), ("openvswitch", self.abilities.switches)) if not there]
        lacks = f"; kernel lacks {', '.join(missing)}" if missing else ""
        tracked = "br_netfilter" if self.abilities.tracks_bridges else "nothing: groups are stateless here"
        return f"{', '.join(self.types())}{by}; tunnels at {self.tunnel_address}; connections tracked by {tracked}{lacks}"


def run_program(request: dict[str, Any], *, apart: bool = False) -> dict[str, Any]:
    """Have the netlink program do one request; with `apart` in a network namespace of its own."""
    running = _RUNNING.setdefault(program.PATH, Program(program.PATH, _TIMEOUT_S))
    return running.ask(request | {"apart": apart})


def ask() -> Abilities:
    """Ask the kernel."""
    return Abilities(**run_program({"do": "probe"}, apart=True))


def own_address() -> str:
    """The address that this host speaks from to others; a loopback address where it reaches nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing: the kernel only chooses a route
        except OSError:
            return "127.0.0.1"
        return str(asking.getsockname()[0])
