"""Connections through our bridges: which are known, told to the bridge's own chains by a mark; pure.

Each network is a zone of its own, so that the same addresses in two networks are two connections. The
zone is the number of the bridge's device: it stays for as long as the bridge, whoever restarts. A
network that leaves by this host's own address is in the zone of the host, where the answers come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cumulo.network.agent.filter import MARK
from cumulo.network.agent.nft import Chain, Collection, Table
from cumulo.network.agent.wanted import Wanted

FAMILY, NAME = "inet", "cumulo_track"
_ZONES = 65535
_KNOWN = f"ct state established,related meta mark set meta mark | {MARK:#x}"


def table(wanted: Wanted, devices: Mapping[str, int]) -> Table:
    """The table; devices are the numbers of the bridges."""
    zones = {f'"{network["bridge"]}" : {zone(network, devices)}' for network in wanted.networks.values()
             if not network["nat"] and network["bridge"] in devices}
    chains = {
        "zones": Chain(("ct zone set iifname map @zones",), "type filter hook prerouting priority -300; policy accept;"),
        "zones_out": Chain(("ct zone set oifname map @zones",), "type filter hook output priority -300; policy accept;"),
        "arriving": Chain((f'iifname "cu*" {_KNOWN}',), "type filter hook prerouting priority -150; policy accept;"),
        "leaving": Chain((f'oifname "cu*" {_KNOWN}',), "type filter hook postrouting priority -150; policy accept;"),
    }
    kind = "typeof iifname : ct zone;"
    return Table(FAMILY, NAME, {"zones": Collection(kind, frozenset(zones), True)}, chains)


def zone(network: Mapping[str, Any], devices: Mapping[str, int]) -> int:
    """The zone that a network's connections are in."""
    return 0 if network["nat"] else devices[network["bridge"]] % _ZONES + 1
