"""Floating addresses: who sees them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.floating_ips.view import ATTRIBUTES, floating_ip_view
from cumulo.api.network.networks.handlers import visible as visible_network
from cumulo.api.network.ports.handlers import KIND as PORT
from cumulo.api.network.qos import handlers as qos_policies
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network_router import floating_ip
from cumulo.network import floating_ips, quotas, routers

Row = dict[str, Any]


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own floating addresses; all for an administrator."""
    return standard.own(request, "network:floating_ips:get:all", floating_ip)


KIND = standard.Kind(
    "floatingip", "floatingips", "floatingip_id", "network:floating_ips", floating_ip, floating_ips.list_floating_ips,
    floating_ip_view, ATTRIBUTES, is_visible, floating_ips.not_found)


def concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """The hosts that floating addresses lead through."""
    return routers.hosts_of_routers(connection, {row["router_id"] for row in rows if row["router_id"]})


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:floating_ips:create")
    of_network = visible_network(request, connection, body["floating_network_id"])
    if "floating_ip_address" in body:
        request.authorize("network:floating_ips:set:address", {"project_id": of_network["project_id"]})
    qos_policies.chosen(request, connection, body)
    quotas.reserve(connection, request.services.conf, project_id, "floatingip")
    row = floating_ips.create_floating_ip(
        connection, request.services.ids, now, project_id=project_id, network_id=of_network["id"],
        values={name: body[name] for name in ("description", "dns_name", "dns_domain", "qos_policy_id") if name in body},
        address=body.get("floating_ip_address"), subnet_id=body.get("subnet_id"))
    if body.get("port_id") or body.get("fixed_ip_address"):
        row = _stand_for(request, connection, now, row, body)
    return row


def _stand_for(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    port_id = body.get("port_id", row["port_id"])
    if port_id is None:
        if body.get("fixed_ip_address"):
            raise errors.BadRequest("Bad floatingip request: fixed_ip_address cannot be specified without a port_id.",
                                    kind="BadRequest")
        return floating_ips.disassociate(connection, now, row["id"])
    held = standard.found(PORT, request, connection, port_id)
    if held["project_id"] != row["project_id"]:
        request.authorize("network:floating_ips:set:foreign_port", {"project_id": held["project_id"]})
    return floating_ips.associate(connection, now, row["id"], held, body.get("fixed_ip_address"))


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    qos_policies.chosen(request, connection, body)
    if "port_id" in body or "fixed_ip_address" in body:
        _stand_for(request, connection, now, row, body)
    return floating_ips.update_floating_ip(connection, now, row["id"], {
        name: body[name] for name in ("description", "qos_policy_id") if name in body})


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    floating_ips.delete_floating_ip(connection, now, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete, concerned)
