"""The way out of flat networks: masquerading, and no way from one network of ours to another.

All networks stand in one table that is replaced whole, in one nftables transaction: there is no
moment without rules, and nothing is left of a network that is gone.
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from cumulo.common import command

Network = Mapping[str, Any]
TABLE = "cumulo"
_TIMEOUT_S = 20.0
_MASQUERADED = re.compile(r'ip saddr (\S+) .*oifname != "([^"]+)" masquerade')
_ISOLATED = re.compile(r'iifname "([^"]+)" oifname .* drop')


def render(networks: Iterable[Network]) -> str:
    """The transaction that makes the table; pure, and the same for the same networks in any order."""
    ordered = sorted(networks, key=lambda network: network["id"])
    outgoing = [line for network in ordered for line in _masquerade(network)]
    lines = [
        f"add table ip {TABLE}", f"delete table ip {TABLE}", f"table ip {TABLE} {{",
        "  chain postrouting {", "    type nat hook postrouting priority srcnat; policy accept;",
        *outgoing, "  }",
        "  chain forward {", "    type filter hook forward priority filter; policy accept;",
        *(_isolate(network) for network in ordered), "  }", "}",
    ]
    return "\n".join(lines) + "\n"


def masqueraded(network: Network) -> list[str]:
    """The ranges of a network that leave it under the host's address."""
    return [subnet["cidr"] for subnet in network["subnets"]
            if network["nat"] and subnet["ip_version"] == 4 and subnet["gateway_ip"]]


def _masquerade(network: Network) -> list[str]:
    # Bridged packets come by here too: what passes through a bridge of ours does not leave this host.
    return [f'    ip saddr {cidr} ip daddr != {cidr} oifname != "cu*" oifname != "{network["bridge"]}" masquerade'
            for cidr in masqueraded(network)]


def _isolate(network: Network) -> str:
    bridge = network["bridge"]
    return f'    iifname "{bridge}" oifname "cu*" oifname != "{bridge}" drop'


def parsed(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The (range, bridge) pairs that are masqueraded and the bridges that are isolated, by the listed table."""
    return _MASQUERADED.findall(text), _ISOLATED.findall(text)


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

    def listed(self) -> tuple[list[tuple[str, str]], list[str]]:
        """What the table in the kernel says, as `parsed` tells it; nothing where there is no table."""
        tables = command.run(["nft", "list", "tables", "ip"], timeout_s=_TIMEOUT_S).stdout.decode().split("\n")
        if f"table ip {TABLE}" not in tables:
            return [], []
        return parsed(command.run(["nft", "list", "table", "ip", TABLE], timeout_s=_TIMEOUT_S).stdout.decode())
