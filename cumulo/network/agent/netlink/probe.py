"""What this kernel can do, found out by doing it; run in a network namespace that is thrown away."""

from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink import genlmsg
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.generic import GenericNetlinkSocket


def abilities() -> dict[str, Any]:
    """Say of each ability whether the kernel has it."""
    with IPRoute() as route:
        route.link("add", ifname="under0", kind="veth", peer="under1")
        under = route.link_lookup(ifname="under0")[0]
        return {
            "vxlan": _can(route, ifname="x0", kind="vxlan", vxlan_id=1, vxlan_local="127.0.0.1", vxlan_learning=False),
            "vlan": _can(route, ifname="v0", kind="vlan", link=under, vlan_id=1),
            "gre": _can(route, ifname="g0", kind="gretap", gre_local="127.0.0.1", gre_remote="127.0.0.2"),
            "switches": _has_family("ovs_datapath"),
            "tracks_bridges": _can(route, ifname="b0", kind="bridge", br_nf_call_iptables=1, br_nf_call_ip6tables=1),
        }


def _has_family(name: str) -> bool:
    """Whether the kernel speaks this language of generic netlink."""
    with GenericNetlinkSocket() as asking:
        try:
            asking.bind(name, genlmsg)
        except (NetlinkError, KeyError):
            return False
    return True


def _can(route: IPRoute, **link: Any) -> bool:
    try:
        route.link("add", **link)
    except NetlinkError:
        return False
    return True
