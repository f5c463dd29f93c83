"""The VXLAN device of a network and all that it knows: nothing is flooded, nothing is learned.

A port on another host is three entries: its card leads to that host's address (in the device), its
card is behind the device (in the bridge), and its addresses are neighbours of the bridge, which
answers for them (`neigh_suppress`), so that no question crosses the wire. Where Open vSwitch leads to other hosts, the
device is a port of the switch, and the first of the three is a flow there.
"""

from typing import Any

from cumulo.network.agent.netlink import entries
from cumulo.network.agent.netlink.space import Space, answer_without_address, quieten

PORT = 4789  # RFC 7348
_BEHAVIOUR = {"neigh_suppress": 1, "learning": 0, "unicast_flood": 0, "mcast_flood": 0, "bcast_flood": 0}


def apply(host: Space, bridge: int, plan: dict[str, Any]) -> None:
    """Make the network's tunnel as planned, or see that there is none."""
    name, wanted = plan["tunnel_name"], plan["tunnel"]
    if wanted is None:
        host.remove(name)
        return
    if not wanted["switched"]:
        _device(host, name, wanted)
    quieten(host, name)
    device = host.fit(name, mtu=plan["mtu"], master=bridge)
    _behave(host, name, device)
    answer_without_address(host, plan["bridge"])
    with entries.Table() as table:
        change = table.compare(device, bridge, dict(wanted["cards"]), dict(wanted["neighbours"]),
                               leads=not wanted["switched"])
        if change:
            host.actor.change(f"change {len(change)} entries of {name}", lambda: table.make(change))


def _device(host: Space, name: str, wanted: dict[str, Any]) -> None:
    """A device's number and own address cannot be changed: another one is another device."""
    found = host.look(name)
    if found is not None:
        said = found.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
        held = (said.get_attr("IFLA_VXLAN_ID"), said.get_attr("IFLA_VXLAN_LOCAL"))
        if held != (wanted["segmentation_id"], wanted["local"]):
            host.remove(name)
    host.make(name, kind="vxlan", vxlan_id=wanted["segmentation_id"], vxlan_local=wanted["local"], vxlan_port=PORT,
              vxlan_learning=False)


def _behave(host: Space, name: str, device: int) -> None:
    said = host.look(name).get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA")
    held = {key: said.get_attr(f"IFLA_BRPORT_{key.upper()}") for key in _BEHAVIOUR}
    if held != _BEHAVIOUR:
        host.actor.change(f"stop {name} from flooding and learning",
                          lambda: host.route.brport("set", index=device, **_BEHAVIOUR))
