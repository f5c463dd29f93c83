"""The way out of flat networks: masquerading, and no way from one network of ours to another.

All networks stand in one table that is replaced whole, in one nftables transaction: there is no
moment without rules, and nothing is left of a network that is gone.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from cumulo.common import command

Network = Mapping[str, Any]
TABLE = "cumulo"
_TIMEOUT_S = 20.0


def render(networks: Iterable[Network]) -> str:
    """The transaction that makes the table; pure, and the same for the same networks in any order."""
    ordered = sorted(networks, key=lambda network: network["id"])
    outgoing = [line for network in ordered if network["nat"] for line in _masquerade(network)]
    lines = [
        f"add table ip {TABLE}", f"delete table ip {TABLE}", f"table ip {TABLE} {{",
        "  chain postrouting {", "    type nat hook postrouting priority srcnat; policy accept;",
        *outgoing, "  }",
        "  chain forward {", "    type filter hook forward priority filter; policy accept;",
        *(_isolate(network) for network in ordered), "  }", "}",
    ]
    return "\n".join(lines) + "\n"


def _masquerade(network: Network) -> list[str]:
    return [f'    ip saddr {subnet["cidr"]} ip daddr != {subnet["cidr"]} oifname != "{network["bridge"]}" masquerade'
            for subnet in network["subnets"] if subnet["ip_version"] == 4 and subnet["gateway_ip"]]


def _isolate(network: Network) -> str:
    bridge = network["bridge"]
    return f'    iifname "{bridge}" oifname "cu*" oifname != "{bridge}" drop'


class Nat:
    """The table in the kernel."""

    def __init__(self) -> None:
        self._applied: str | None = None

    def apply(self, networks: Iterable[Network]) -> None:
        """Make the table fit these networks, and let the host forward where one of them leads out."""
        present = list(networks)
        if any(network["nat"] for network in present):
            pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        wanted = render(present) if present else f"add table ip {TABLE}\ndelete table ip {TABLE}\n"
        if wanted != self._applied:
            command.run(["nft", "-f", "-"], timeout_s=_TIMEOUT_S, input=wanted.encode())
            self._applied = wanted
