"""Networks: who sees and uses them (visible, is_shared), and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.networks import provider
from cumulo.api.network.networks.view import ATTRIBUTES, network_view
from cumulo.api.network.qos import handlers as qos_policies
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network import network, network_segment, port
from cumulo.network import guarantees, networks, qos, quotas, segments

Row = dict[str, Any]

_COLUMNS = {"router:external": "external", "provider:network_type": "provider_network_type",
            "provider:physical_network": "provider_physical_network",
            "provider:segmentation_id": "provider_segmentation_id"}
_ATTRIBUTE_RULES = {
    "shared": "network:networks:set:shared", "router:external": "network:networks:set:external",
    "is_default": "network:networks:set:external",
    "provider:network_type": "network:networks:set:provider",
    "provider:physical_network": "network:networks:set:provider",
    "provider:segmentation_id": "network:networks:set:provider",
    "segments": "network:networks:set:provider",
}


def is_visible(request: Request) -> list[sa.ColumnElement[bool]]:
    """The condition for a network to be visible: one's own, shared or external; all for an administrator."""
    if request.may("network:networks:get:all"):
        return []
    own = network.c.project_id == (request.context.project_id or "")
    return [sa.or_(own, network.c.external.is_(sa.true()), standard.is_shared(request, network, "network"),
                   standard.is_shared(request, network, "network", "access_as_external"))]


def _rows(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Networks, with their segments where they have more than one."""
    rows = networks.list_networks(connection, *where)
    alone = (network_segment.c.network_id == rows[0]["id"],) if len(rows) == 1 else ()
    several = segments.several(connection, *alone) if rows else {}
    return [row | {"segments": several[row["id"]]} if row["id"] in several else row for row in rows]


KIND = standard.Kind("network", "networks", "network_id", "network:networks", network, _rows,
                     network_view, ATTRIBUTES, is_visible, networks.not_found)


def visible(request: Request, connection: sa.Connection, network_id: str) -> Row:
    """The network's columns, if the caller may see it; raises NotFound (NetworkNotFound)."""
    return standard.plain(KIND, request, connection, network_id)


def is_shared(request: Request, connection: sa.Connection, network_id: str) -> bool:
    """Say whether its owner lets the caller's project put ports into a network."""
    shared = standard.is_shared(request, network, "network")
    return connection.execute(sa.select(network.c.id).where(network.c.id == network_id, shared)).first() is not None


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:networks:create")
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": project_id})
    conf, values = request.services.conf.network, _values(body)
    more = provider.take_segments(conf, values)
    values["provider_network_type"] = provider.network_type(conf, connection, values)
    provider.check(conf, values)
    provider.check_mtu(conf, values["provider_network_type"], values.get("mtu"))
    qos_policies.chosen(request, connection, body)
    if "qos_policy_id" not in body:
        values["qos_policy_id"] = qos.default_policy_id(connection, project_id)
    quotas.reserve(connection, request.services.conf, project_id, "network")
    row = networks.create_network(
        connection, request.services.ids, now, project_id=project_id, values=values, spans=provider.spans(conf),
        default_mtu=provider.largest_mtu(conf, values["provider_network_type"]), more=more)
    return _rows(connection, network.c.id == row["id"])[0] if more else row


def _values(body: Mapping[str, Any]) -> Row:
    values = resource.columns(body, _COLUMNS)
    if "mtu" in values:
        values["mtu"] = int(values["mtu"])
        if not 68 <= values["mtu"] <= 65535:
            raise errors.BadRequest("mtu must be between 68 and 65535.", kind="InvalidInput")
    return values


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
    qos_policies.chosen(request, connection, body)
    values = _values(body)
    provider.check_mtu(request.services.conf.network, row["provider_network_type"], values.get("mtu"))
    networks.update_network(connection, now, row["id"], values)
    changed, = _rows(connection, network.c.id == row["id"])
    if changed["qos_policy_id"] != row["qos_policy_id"]:
        guarantees.check(connection, port.c.network_id == row["id"])
    return changed


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    networks.delete_network(connection, row["id"])


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    return resource.hosts_of(connection, {row["id"] for row in rows})


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned, lifecycle.no_hosts)
