"""How many addresses networks have, and how many of them ports hold."""

from __future__ import annotations

import ipaddress
from typing import Any

import orjson
import sqlalchemy as sa

from cumulo.api.network import collection
from cumulo.api.network.networks.handlers import is_visible
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network import network, port_address
from cumulo.network import networks

Row = dict[str, Any]
ATTRIBUTES = ("network_id", "network_name", "project_id", "tenant_id", "total_ips", "used_ips",
              "subnet_ip_availability")


def index(request: Request) -> Row:
    """Every network that the caller may see."""
    with request.services.database.read() as connection:
        views = _views(connection, networks.list_networks(connection, *is_visible(request)))
    version = request.query.get("ip_version")
    if version in ("4", "6"):
        views = [each for each in views if any(
            str(one["ip_version"]) == version for one in each["subnet_ip_availability"])]
    listed = collection.answer(request, "network_ip_availabilities", views, ATTRIBUTES, {
        "ip_version": lambda view, values: True})
    return listed | {"network_ip_availabilities": [_shown(each) for each in listed["network_ip_availabilities"]]}


def show(request: Request) -> Row:
    """One network; raises NotFound."""
    network_id = request.params["network_id"]
    with request.services.database.read() as connection:
        rows = networks.list_networks(connection, network.c.id == network_id, *is_visible(request))
        if not rows:
            raise networks.not_found(network_id)
        view = _views(connection, rows)[0]
    return {"network_ip_availability": collection.chosen_fields(request, _shown(view))}


def _views(connection: sa.Connection, rows: list[Row]) -> list[Row]:
    used = {row[0]: int(row[1]) for row in connection.execute(
        sa.select(port_address.c.subnet_id, sa.func.count()).group_by(port_address.c.subnet_id))}
    by_network: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    for each in networks.subnets_of(connection, list(by_network)) if rows else ():
        by_network[each["network_id"]].append({
            "subnet_id": each["id"], "subnet_name": each["name"], "cidr": each["cidr"], "ip_version": each["ip_version"],
            "total_ips": _total(each), "used_ips": used.get(each["id"], 0)})
    return [{"id": row["id"], "network_id": row["id"], "network_name": row["name"], "project_id": row["project_id"],
             "tenant_id": row["project_id"], "subnet_ip_availability": by_network[row["id"]],
             "total_ips": sum(each["total_ips"] for each in by_network[row["id"]]),
             "used_ips": sum(each["used_ips"] for each in by_network[row["id"]])} for row in rows]


def _total(subnet: Row) -> int:
    """The addresses that its pools hold; without pools those that a host may have."""
    if subnet["allocation_pools"]:
        return sum(int(ipaddress.ip_address(pool["end"])) - int(ipaddress.ip_address(pool["start"])) + 1
                   for pool in subnet["allocation_pools"])
    return 0


def _shown(view: Row) -> Row:
    """What a view shows, of which `fields` may have left any part out."""
    shown = {name: value for name, value in view.items() if name != "id"}
    if "subnet_ip_availability" in shown:
        shown["subnet_ip_availability"] = [
            each | {"total_ips": _number(each["total_ips"])} for each in shown["subnet_ip_availability"]]
    if "total_ips" in shown:
        shown["total_ips"] = _number(shown["total_ips"])
    return shown


def _number(value: int) -> Any:
    """A number of any size as JSON: ranges of IPv6 hold more addresses than 64 bits count."""
    return orjson.Fragment(str(value)) if value >= 2**63 else value
