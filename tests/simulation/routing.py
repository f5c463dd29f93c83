"""Calls about routers, floating addresses and trunks: what hangs between networks, ports and the outside."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.calls import Users

N = "/network/v2.0"


def _create_router(users: Users, dice: random.Random) -> None:
    """A router, most of them with a way out, and a door into a network of one's own."""
    body: dict[str, Any] = {"name": users.name("router")}
    if dice.random() < 0.8:
        body["external_gateway_info"] = {"network_id": users.setting.outside}
    router_id = users.create("router", f"{N}/routers", {"router": body}, dice)
    network_id = users.one("network", dice)
    if router_id is not None and network_id is not None:
        for subnet in _listed(users, "subnets", f"network_id={network_id}"):
            users.send("PUT", f"{N}/routers/{router_id}/add_router_interface", {"subnet_id": subnet["id"]},
                       again=dice.random() < 0.5, may_be=(400,))


def _delete_router(users: Users, dice: random.Random) -> None:
    """Take its doors, most of the time, and delete it."""
    router_id = users.one("router", dice)
    if router_id is None:
        return
    path = f"{N}/routers/{router_id}"
    if dice.random() < 0.8:
        for door in _listed(users, "ports", f"device_id={router_id}"):
            users.send("PUT", f"{path}/remove_router_interface", {"port_id": door["id"]}, again=dice.random() < 0.5)
    users.delete("router", path, router_id)


def _change_router(users: Users, dice: random.Random) -> None:
    router_id = users.one("router", dice)
    if router_id is not None:
        away = {"external_gateway_info": {}} if dice.random() < 0.5 else {
            "external_gateway_info": {"network_id": users.setting.outside}}
        users.send("PUT", f"{N}/routers/{router_id}", {"router": away}, again=dice.random() < 0.5, may_be=(400,))


def _create_floating(users: Users, dice: random.Random) -> None:
    """An address of the outside, most of them for a port that may or may not be behind a router."""
    body: dict[str, Any] = {"floating_network_id": users.setting.outside, "description": users.name("floatingip")}
    floating_id = users.create("floatingip", f"{N}/floatingips", {"floatingip": body}, dice, name=body["description"])
    ports = [each for each in _listed(users, "ports", "") if each["device_owner"].startswith("compute:")]
    if floating_id is not None and ports and dice.random() < 0.8:
        users.send("PUT", f"{N}/floatingips/{floating_id}", {"floatingip": {"port_id": dice.choice(ports)["id"]}},
                   again=dice.random() < 0.5, may_be=(400,))


def _delete_floating(users: Users, dice: random.Random) -> None:
    floating_id = users.one("floatingip", dice)
    if floating_id is not None:
        users.delete("floatingip", f"{N}/floatingips/{floating_id}", floating_id)


def _create_trunk(users: Users, dice: random.Random) -> None:
    """A trunk over one port, carrying another."""
    parent, carried = users.one("port", dice), users.one("port", dice)
    if parent is not None:
        trunk_id = users.create("trunk", f"{N}/trunks", {"trunk": {"name": users.name("trunk"), "port_id": parent}}, dice)
        if trunk_id is not None and carried is not None:
            sub_port = {"port_id": carried, "segmentation_type": "vlan", "segmentation_id": dice.randint(1, 9)}
            users.send("PUT", f"{N}/trunks/{trunk_id}/add_subports", {"sub_ports": [sub_port]}, again=dice.random() < 0.5)


def _delete_trunk(users: Users, dice: random.Random) -> None:
    trunk_id = users.one("trunk", dice)
    if trunk_id is not None:
        users.delete("trunk", f"{N}/trunks/{trunk_id}", trunk_id)


def _listed(users: Users, what: str, query: str) -> list[Any]:
    answer = users.send("GET", f"{N}/{what}?{query}", again=False)
    return list(answer.body[what]) if answer is not None and answer.status == 200 else []


KINDS: dict[str, Callable[[Users, random.Random], None]] = {
    "create router": _create_router, "delete router": _delete_router, "change router": _change_router,
    "create floating": _create_floating, "delete floating": _delete_floating, "create trunk": _create_trunk,
    "delete trunk": _delete_trunk,
}
