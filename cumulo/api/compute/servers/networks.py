"""Which networks a new server joins, and the making of its ports."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.network.auto_allocated_topologies import made as topologies
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network import network, port
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.compute import servers
from cumulo.compute.servers import Plug
from cumulo.network import networks, ports, quotas

Plan = list[dict[str, Any]]
"""For each network card: network_id ("": the one that the cloud makes), fixed_ip or None; port_id of a port that is there."""


def plan(request: Request, connection: sa.Connection, asked: list[dict[str, Any]] | str | None) -> Plan:
    """Return the cards of a server; asked is a list, "auto" or "none" (2.37).

    Nothing asked: the one network the project can use, or none at all when there is none; Conflict
    when there are several to choose from. "auto" is the same, but where there is none the cloud makes one.
    """
    if asked == "none":
        return []
    if asked and asked != "auto":
        return [_card(request, connection, each) | {"tag": each.get("tag")} for each in asked if isinstance(each, dict)]
    usable = networks.list_networks(connection, _usable(request), network.c.admin_state_up.is_(True))
    if len(usable) > 1:
        raise errors.Conflict("Multiple possible networks found, use a Network ID to be more specific.")
    if asked == "auto" and not usable:
        try:
            topologies.check(connection)
        except errors.Conflict as failure:
            raise errors.BadRequest(f"Unable to automatically allocate a network: {failure.message}") from failure
        return [{"network_id": "", "fixed_ip": None}]
    return [{"network_id": each["id"], "fixed_ip": None} for each in usable]


def _usable(request: Request) -> sa.ColumnElement[bool]:
    """Networks that a server may be put into unasked: not a way out, unless it is shared with everybody."""
    project_id = request.context.project_id or ""
    shared = sa.select(rbac_policy.c.object_id).where(
        rbac_policy.c.object_type == "network", rbac_policy.c.action == "access_as_shared",
        rbac_policy.c.target_project.in_(("*", project_id)))
    own = sa.and_(network.c.project_id == project_id, network.c.external.is_(False))
    return sa.or_(network.c.shared.is_(True), own, network.c.id.in_(shared))


def _existing(request: Request, connection: sa.Connection, port_id: str) -> dict[str, Any]:
    """A port of the caller's own that is nobody's yet."""
    found = ports.list_ports(connection, port.c.id == port_id, port.c.project_id == request.context.project_id)
    if not found:
        raise errors.BadRequest(f"Port id {port_id} could not be found.")
    return {"network_id": found[0]["network_id"], "fixed_ip": None, "port_id": port_id}


def _card(request: Request, connection: sa.Connection, asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("port"):
        return _existing(request, connection, asked["port"])
    if "uuid" not in asked:
        raise errors.BadRequest("Each of networks must name a network by its uuid.")
    found = networks.list_networks(connection, network.c.id == asked["uuid"], _usable(request))
    if not found:
        raise errors.BadRequest(f"Network {asked['uuid']} could not be found.")
    may_choose = request.may("network:ports:set:address", {"project_id": found[0]["project_id"]})
    if asked.get("fixed_ip") and not may_choose:
        # As in the network API: who may not choose addresses may not learn either which ones others hold.
        raise errors.BadRequest(
            f"The addresses of network {asked['uuid']} are its owner's to choose: leave out fixed_ip.")
    return {"network_id": asked["uuid"], "fixed_ip": asked.get("fixed_ip")}


def plug(request: Request, connection: sa.Connection, now: float, planned: Plan, groups: list[str] | None) -> Plug:
    """Return the function that makes the ports of one server inside the transaction; groups None: the default one."""

    def make_ports(server_id: str, hostname: str) -> list[str]:
        made = [_make_port(request, connection, now, card | {"groups": groups}, server_id, hostname) for card in planned]
        tags = {port_id: card["tag"] for port_id, card in zip(made, planned, strict=True) if card.get("tag")}
        if tags:
            servers.tag_cards(connection, server_id, tags)
        return made

    return make_ports


def _make_port(request: Request, connection: sa.Connection, now: float, card: dict[str, Any], server_id: str,
               hostname: str) -> str:
    owner = f"compute:{request.services.conf.servers.availability_zone}"
    if card.get("port_id"):
        return _join(connection, now, card["port_id"], server_id, owner, hostname)
    try:
        quotas.reserve(connection, request.services.conf, request.context.project_id or "", "port")
        network_id = card["network_id"] or topologies.ensure(
            request.services, connection, now, request.context.project_id or "")
        _check_usable(request, connection, network_id)
        made = ports.create_port(
            connection, request.services.ids, now, context=request.context, network_id=network_id,
            fixed_ip=card["fixed_ip"], device_id=server_id, device_owner=owner, hostname=hostname,
            groups=card["groups"])
    except (errors.Conflict, errors.NotFound) as failure:
        if failure.kind == "OverQuota":
            raise errors.QuotaExceeded("Maximum number of ports exceeded") from failure
        # This API answers 400 for an address that is taken, and for a network deleted since it was looked at.
        raise errors.BadRequest(failure.message) from failure
    return str(made["id"])


def _check_usable(request: Request, connection: sa.Connection, network_id: str) -> None:
    """Raise NotFound where the network is shared no longer: until changes are held up, that may come in between."""
    if not networks.list_networks(connection, network.c.id == network_id, _usable(request)):
        raise networks.not_found(network_id)


def _join(connection: sa.Connection, now: float, port_id: str, server_id: str, owner: str, hostname: str) -> str:
    """Give a port that is there to the server; this API answers 409 where it is another's."""
    try:
        made = ports.join_device(connection, now, port_id, device_id=server_id, device_owner=owner, hostname=hostname)
    except errors.NotFound as failure:
        raise errors.BadRequest(failure.message) from failure
    return str(made["id"])
