"""Routers: who sees them, how they change, doors into networks, and extra routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.networks.handlers import visible as visible_network
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.network.routers.view import ATTRIBUTES, interface_view, router_view
from cumulo.api.network.subnets.handlers import KIND as SUBNET
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network_flavor import network_flavor
from cumulo.common.db.tables.network_router import router
from cumulo.network import flavors, quotas, revisions, routers

Row = dict[str, Any]
_WITHOUT = ("external_gateway_info",)
_ATTRIBUTE_RULES = {"distributed": "network:routers:set:kind", "ha": "network:routers:set:kind"}


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own routers; all for an administrator."""
    return standard.own(request, "network:routers:get:all", router)


KIND = standard.Kind("router", "routers", "router_id", "network:routers", router, routers.list_routers, router_view,
                     ATTRIBUTES, is_visible, routers.not_found)


def add_interface(request: Request) -> Row:
    """Give a router a door into a subnet, or make a port its door."""
    body, database = request.body, request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row, now = standard.owned(KIND, request, connection, "update:interfaces"), database.now(connection)
        if len(body) != 1:
            raise _unclear()
        if "subnet_id" in body:
            wanted = standard.found(SUBNET, request, connection, body["subnet_id"])
            _authorize_door(request, connection, wanted["network_id"], row)
            door, added = routers.add_subnet(connection, request.services.ids, now, row, wanted), [wanted["id"]]
        else:
            held = standard.found(PORT, request, connection, body["port_id"])
            request.authorize("network:ports:update", {"project_id": held["project_id"]})
            _authorize_door(request, connection, held["network_id"], row)
            door = routers.add_port(connection, now, row, held)
            added = [each["subnet_id"] for each in door["fixed_ips"]]
        hosts = routers.hosts_of_routers(connection, [row["id"]])
    resource.ring(request, hosts)
    return interface_view(row, door, added)


def remove_interface(request: Request) -> Row:
    """Take a door out of a router, by its port, its subnet or both."""
    body, database = request.body, request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(KIND, request, connection, "update:interfaces")
        if not body:
            raise _unclear()
        hosts = routers.hosts_of_routers(connection, [row["id"]])
        door, gone = routers.remove_interface(connection, database.now(connection), row, port_id=body.get("port_id"),
                                              subnet_id=body.get("subnet_id"))
    resource.ring(request, hosts)
    return interface_view(row, door, gone)


def _unclear() -> errors.BadRequest:
    return errors.BadRequest("Bad router request: Either subnet_id or port_id must be specified.", kind="BadRequest")


def add_routes(request: Request) -> Row:
    """Add extra routes, whatever others add meanwhile."""
    return _change_routes(request, routers.add_routes)


def remove_routes(request: Request) -> Row:
    """Take extra routes out, whatever others take out meanwhile."""
    return _change_routes(request, routers.remove_routes)


def _change_routes(request: Request,
                   change: Callable[[sa.Connection, float, str, Sequence[Mapping[str, str]]], Row]) -> Row:
    database, body = request.services.database, request.body["router"]
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "update:routes")
        row = change(connection, database.now(connection), row["id"], body["routes"] or ())
        hosts = routers.hosts_of_routers(connection, [row["id"]])
    resource.ring(request, hosts)
    return {"router": router_view(request, row)}


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:routers:create")
    quotas.reserve(connection, request.services.conf, project_id, "router")
    values = _values(request, body, {"project_id": project_id})
    usual = {"distributed": _is_distributed(request, connection, body)}
    if body.get("flavor_id") and values.get("distributed", usual["distributed"]) != usual["distributed"]:
        raise errors.BadRequest("Bad router request: distributed is what the flavor says.", kind="BadRequest")
    row = routers.create_router(connection, request.services.ids, now, project_id=project_id, values=usual | values)
    if body.get("external_gateway_info"):
        row = _set_gateway(request, connection, now, row, body["external_gateway_info"])
    return row


def _is_distributed(request: Request, connection: sa.Connection, body: Mapping[str, Any]) -> bool:
    """What a new router is of which nobody says it: what its flavor stands for, or what is usual; raises NotFound."""
    if body.get("flavor_id"):
        rows = flavors.list_flavors(connection, network_flavor.c.id == body["flavor_id"])
        if not rows:
            raise flavors.not_found(body["flavor_id"])
        return flavors.PROVIDERS[flavors.provider(connection, rows[0])]
    return bool(request.services.conf.network.distributed_routers)


def _set_gateway(request: Request, connection: sa.Connection, now: float, row: Row, asked: Row | None) -> Row:
    if not asked or not asked.get("network_id"):
        if asked and asked.keys() - {"network_id"}:
            raise errors.BadRequest("Bad router request: external_gateway_info names no network_id.", kind="BadRequest")
        return routers.clear_gateway(connection, now, row["id"])
    of_network = visible_network(request, connection, asked["network_id"])
    target = {"project_id": of_network["project_id"]}
    if asked.get("enable_snat", True) is not True or asked["network_id"] == row["external_network_id"] and \
            asked.get("enable_snat", row["enable_snat"]) != row["enable_snat"]:
        request.authorize("network:routers:set:snat", target)
    if asked.get("external_fixed_ips"):
        request.authorize("network:routers:set:gateway_addresses", target)
    return routers.set_gateway(connection, request.services.ids, now, row["id"], network_id=of_network["id"],
                               enable_snat=asked.get("enable_snat"), wanted=asked.get("external_fixed_ips"))


def _authorize_door(request: Request, connection: sa.Connection, network_id: str, row: Row) -> None:
    """A door into another project's network is that project's to make, whatever of it is shared."""
    of_network = visible_network(request, connection, network_id)
    if of_network["project_id"] != row["project_id"]:
        request.authorize("network:routers:set:foreign_network", {"project_id": of_network["project_id"]})


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    if "external_gateway_info" in body:
        _set_gateway(request, connection, now, row, body["external_gateway_info"])
    return routers.update_router(connection, now, row["id"], _values(request, body, row))


def _values(request: Request, body: Mapping[str, Any], target: Row) -> Row:
    values = {name: value for name, value in resource.columns(body, {}, without=_WITHOUT).items()
              if value is not None or name not in _ATTRIBUTE_RULES}
    # Clients send what they saw with what they change.
    changed = {name: value for name, value in values.items() if name not in target or value != target[name]}
    resource.authorize_attributes(request, changed, _ATTRIBUTE_RULES, {"project_id": target["project_id"]})
    if "routes" in values:
        values["routes"] = values["routes"] or []
    return values


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    routers.delete_router(connection, now, row["id"])


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    return routers.hosts_of_routers(connection, {row["id"] for row in rows})


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned)
