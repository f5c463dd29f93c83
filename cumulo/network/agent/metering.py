"""What a router's labels count, as a table of nftables in its namespace; pure.

Counted is what goes out and comes in by the router's way out, before its address is translated and after: by the servers'
own addresses. A table of its own, so that a change of translation does not begin to count anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cumulo.network.agent import nft, rules
from cumulo.network.agent.nft import Chain, Table

FAMILY, NAME = "inet", "metering"
_LEGS = {"egress": "oifname", "ingress": "iifname"}
_REMOTE = {"egress": "daddr", "ingress": "saddr"}
_HOOK = "type filter hook forward priority 10; policy accept;"


def text(router: Mapping[str, Any], leads_out: bool) -> str:
    """The transaction that makes the table, or removes it where nothing is counted."""
    labels = router.get("metering") or ()
    if not labels or not leads_out:
        return nft.none(Table(FAMILY, NAME))
    chains = {f"label_{rules.identifier(each['id'])}": Chain(tuple(_counted(each))) for each in labels}
    return nft.whole(Table(FAMILY, NAME, {}, {**chains, "passing": Chain(tuple(f"jump {name}" for name in sorted(chains)), _HOOK)}))


def _counted(label: Mapping[str, Any]) -> Iterator[str]:
    """What is excluded leaves the chain before the rest is counted."""
    for each in sorted(label["rules"], key=lambda each: not each["excluded"]):
        verdict = "return" if each["excluded"] else "counter"
        yield " ".join([f'{_LEGS[each["direction"]]} "out0"', *_sides(each), verdict])


def _sides(rule: Mapping[str, Any]) -> Iterator[str]:
    for side, prefix in ((_REMOTE[rule["direction"]], rule["remote_ip_prefix"]), ("saddr", rule["source_ip_prefix"]),
                         ("daddr", rule["destination_ip_prefix"])):
        if prefix:
            version = 6 if ":" in prefix else 4
            yield f"meta nfproto ipv{version}" if prefix.endswith("/0") else f"{'ip6' if version == 6 else 'ip'} {side} {prefix}"
