"""Subnets: who sees them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.networks.handlers import visible as visible_network
from cumulo.api.network.subnet_pools.handlers import KIND as SUBNET_POOL
from cumulo.api.network.subnets.view import ATTRIBUTES, subnet_view
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network import network, subnet
from cumulo.network import quotas, subnet_pools, subnets

Row = dict[str, Any]
_ATTRIBUTE_RULES = {"segment_id": "network:subnets:set:segment"}


def is_visible(request: Request) -> list[sa.ColumnElement[bool]]:
    """Visible are one's own subnets and those of networks shared with one; all for an administrator."""
    if request.may("network:subnets:get:all"):
        return []
    shared = sa.select(network.c.id).where(standard.is_shared(request, network, "network"))
    return [sa.or_(subnet.c.project_id == (request.context.project_id or ""), subnet.c.network_id.in_(shared))]


KIND = standard.Kind("subnet", "subnets", "subnet_id", "network:subnets", subnet, subnets.list_subnets, subnet_view,
                     ATTRIBUTES, is_visible, subnets.not_found)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:subnets:create")
    of_network = visible_network(request, connection, body["network_id"])
    request.authorize("network:subnets:create", {"project_id": of_network["project_id"]})
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": of_network["project_id"]})
    values = resource.columns(body, {}, without=("network_id", "subnetpool_id", "use_default_subnetpool", "prefixlen"))
    quotas.reserve(connection, request.services.conf, project_id, "subnet")
    values["ip_version"] = int(values["ip_version"])
    pool = _pool(request, connection, body, values["ip_version"])
    if pool is not None:
        length = int(body["prefixlen"]) if body.get("prefixlen") else None
        values["cidr"] = subnet_pools.cut(connection, pool, project_id, cidr=body.get("cidr"), prefix_length=length)
        values["subnet_pool_id"] = pool["id"]
    elif body.get("cidr") is None:
        raise errors.BadRequest("Bad subnets request: a subnetpool must be specified in the absence of a cidr.",
                                kind="BadRequest")
    return subnets.create_subnet(connection, request.services.ids, now, project_id=project_id,
                                 network_id=of_network["id"], values=values)


def _pool(request: Request, connection: sa.Connection, body: Mapping[str, Any], ip_version: int) -> Row | None:
    """The pool that the subnet is to be cut from; None: it brings its own range."""
    pool_id = body.get("subnetpool_id")
    if pool_id is None and body.get("use_default_subnetpool"):
        pool_id = subnet_pools.default_pool_id(connection, ip_version)
        if pool_id is None:
            raise errors.NotFound("No default subnetpool was found.", kind="SubnetPoolNotFound")
    if pool_id is None:
        return None
    pool = standard.found(SUBNET_POOL, request, connection, pool_id)
    if pool["ip_version"] != ip_version:
        raise errors.BadRequest(f"Cannot allocate IPv{ip_version} subnet from IPv{pool['ip_version']} subnet pool.",
                                kind="InvalidInput")
    return pool


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    resource.authorize_attributes(request, body, _ATTRIBUTE_RULES, {"project_id": row["project_id"]})
    return subnets.update_subnet(connection, request.services.ids, now, row["id"], resource.columns(body, {}))


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    subnets.delete_subnet(connection, request.services.ids, now, row["id"])


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    return resource.hosts_of(connection, {row["network_id"] for row in rows})


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned)
