"""Ports: list, create, show, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection, lifecycle, resource, standard
from cumulo.api.network.networks.handlers import is_shared as is_shared_network
from cumulo.api.network.networks.handlers import visible as visible_network
from cumulo.api.network.ports.view import ATTRIBUTES, port_view
from cumulo.api.network.qos import handlers as qos_policies
from cumulo.api.network.security_groups.handlers import usable as usable_groups
from cumulo.api.wsgi.route import Request
from cumulo.common import errors, names
from cumulo.common.db.tables.network import network, port
from cumulo.common.flows import conflicts
from cumulo.compute import servers
from cumulo.network import (
    floating_ips,
    guarantees,
    ports,
    quotas,
    revisions,
    routers,
    security_groups,
    trunk_ports,
    trunks,
)
from cumulo.network.networks import DHCP_OWNER

Row = dict[str, Any]

_COLUMNS = {"binding:host_id": "binding_host_id", "binding:vnic_type": "binding_vnic_type",
            "binding:profile": "binding_profile"}
_CLOUDS = (DHCP_OWNER, routers.ROUTER_INTERFACE, routers.ROUTER_GATEWAY, floating_ips.OWNER)
"""device_owners that only the cloud itself writes: what has one of them is what it says."""
_BINDING_RULES = {"binding:host_id": "network:ports:set:binding", "binding:profile": "network:ports:set:binding"}


def is_visible(request: Request) -> list[sa.ColumnElement[bool]]:
    """Visible are one's own ports and those in one's own networks; all for an administrator."""
    if request.may("network:ports:get:all"):
        return []
    project_id = request.context.project_id or ""
    own_networks = sa.select(network.c.id).where(network.c.project_id == project_id)
    return [sa.or_(port.c.project_id == project_id, port.c.network_id.in_(own_networks))]


def _rows(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Ports with the trunk that each carries, and with what each asks of its host."""
    rows = ports.list_ports(connection, *where)
    if not rows:
        return []
    chosen = ports.named([row["id"] for row in rows], *where)
    carried = trunks.of_ports(connection, chosen)
    found = [row | {"trunk": carried[row["id"]]} if row["id"] in carried else row for row in rows]
    asked = guarantees.of_ports(connection, port.c.id.in_(chosen))
    return [row | {"asks": asked[row["id"]]} if row["id"] in asked else row for row in found] if asked else found


KIND = standard.Kind("port", "ports", "port_id", "network:ports", port, _rows, port_view, ATTRIBUTES,
                     is_visible, ports.not_found)


def index(request: Request) -> Row:
    """The ports the caller may see."""
    with request.services.database.read() as connection:
        rows = _rows(connection, *is_visible(request), *collection.column_filters(request, port))
    views = [port_view(request, row) for row in rows]
    return collection.answer(request, "ports", views, ATTRIBUTES, {
        "fixed_ips": _has_fixed_ip, "ip_address_substr": _has_address_part})


def create(request: Request) -> Row:
    """One port, or many at once."""
    return lifecycle.make(KIND, request, _create, _concerned_by_new)


def show(request: Request) -> Row:
    """One port; raises NotFound."""
    return standard.show(KIND, request)


def update(request: Request) -> Row:
    """Change a port."""
    body, database = request.body["port"], request.services.database
    with database.write() as connection:
        revisions.hold(connection)
        row = standard.owned(KIND, request, connection, "update")
        _authorize(request, body, visible_network(request, connection, row["network_id"]))
        _check_equipment(connection, row, body)
        _check_not_taken_away(row, body)
        qos_policies.chosen(request, connection, body)
        now = database.now(connection)
        values = _values(body)
        if "mac_address" in values and values["mac_address"] is None:
            values["mac_address"] = ports.free_mac_address(connection, request.services.ids, row["network_id"])
        changed = ports.update_port(connection, now, row["id"], values, body.get("fixed_ips"),
                                    _groups(request, connection, body))
        if changed["qos_policy_id"] != row["qos_policy_id"]:
            guarantees.check(connection, port.c.id == row["id"])
        hosts = _concerned(connection, [row, changed]) | {row["binding_host_id"]} - {""}
        shown, = _rows(connection, port.c.id == row["id"])
    resource.ring(request, hosts)
    return {"port": port_view(request, shown)}


def delete(request: Request) -> None:
    """Delete a port and free its addresses."""
    database = request.services.database
    with database.write() as connection:
        row = standard.owned(KIND, request, connection, "delete")
        if row["device_owner"] in _CLOUDS:
            conflicts.meet("change or delete a port", "DHCP on it", _equipment_in_use(row))
        if ports.was_made_with_server(row):
            servers.refuse_while_busy(connection, row["device_id"], "delete its port")
        hosts = _concerned(connection, [row])
        now = database.now(connection)
        ports.delete_port(connection, now, row["id"])
        drops = ports.was_made_with_server(row) and servers.drop_card(
            connection, request.services.ids, now, context=request.context, server_id=row["device_id"],
            device=names.tap_name(row["id"]))
    resource.ring(request, hosts)
    if drops:
        request.ring("scheduler", "operation")


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:ports:create")
    of_network = visible_network(request, connection, body["network_id"])
    is_own = of_network["project_id"] == request.context.project_id
    if is_own or not is_shared_network(request, connection, of_network["id"]):
        request.authorize("network:ports:create", {"project_id": of_network["project_id"]})
    _authorize(request, body, of_network)
    qos_policies.chosen(request, connection, body)
    quotas.reserve(connection, request.services.conf, project_id, "port")
    row = ports.insert_port(connection, request.services.ids, now, project_id=project_id,
                            network_id=of_network["id"], values=_values(body), wanted=body.get("fixed_ips"),
                            groups=_groups(request, connection, body))
    has_policy = row["qos_policy_id"] or of_network["qos_policy_id"]
    return row | {"asks": guarantees.of_ports(connection, port.c.id == row["id"]).get(row["id"])} if has_policy else row


def _groups(request: Request, connection: sa.Connection, body: Mapping[str, Any]) -> list[str] | None:
    """The security groups that were asked for; None where nothing was said of them."""
    if "security_groups" not in body:
        return None
    return usable_groups(request, connection, body["security_groups"] or ())


def _concerned_by_new(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """The same for ports that have just been made: nothing stands for them, no router knows them."""
    groups = {group_id for row in rows for group_id in row["security_groups"]}
    return resource.hosts_of(connection, {row["network_id"] for row in rows}) | security_groups.hosts_of_groups(
        connection, groups)


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """The hosts on which the ports' networks are, and those whose rules speak of the ports' groups."""
    groups = {group_id for row in rows for group_id in row["security_groups"]}
    through = floating_ips.routers_of_ports(connection, [row["id"] for row in rows])
    through += [row["device_id"] for row in rows if row["device_owner"] == routers.ROUTER_INTERFACE]
    return (resource.hosts_of(connection, {row["network_id"] for row in rows})
            | security_groups.hosts_of_groups(connection, groups) | routers.hosts_of_routers(connection, through))


def _values(body: Mapping[str, Any]) -> Row:
    values = resource.columns(body, _COLUMNS, without=("network_id", "fixed_ips", "security_groups"))
    for name in ("allowed_address_pairs", "extra_dhcp_opts"):
        if name in values:
            values[name] = values[name] or []
    if "mac_address" in values:
        values["mac_address"] = values["mac_address"] and values["mac_address"].lower()
    if "binding_profile" in values:
        values["binding_profile"] = values["binding_profile"] or {}
    return values


def _authorize(request: Request, body: Mapping[str, Any], of_network: Row) -> None:
    """In another project's shared network nobody chooses addresses or poses as the network's own equipment."""
    resource.authorize_attributes(request, body, _BINDING_RULES, {"project_id": of_network["project_id"]})
    if body.get("device_owner") in (*_CLOUDS, trunk_ports.SUBPORT):
        raise errors.BadRequest(f"{body['device_owner']} ports are made by the cloud itself.", kind="InvalidInput")
    chosen = any("ip_address" in each for each in body.get("fixed_ips") or ())
    if chosen or "mac_address" in body or body.get("device_owner", "").startswith("network:"):
        request.authorize("network:ports:set:address", {"project_id": of_network["project_id"]})


def _check_not_taken_away(row: Row, body: Mapping[str, Any]) -> None:
    """What ties a port to the server it was made with is the cloud's: untied it would outlive the server, bound."""
    ties = {"device_id": "device_id", "device_owner": "device_owner", "binding:host_id": "binding_host_id"}
    changed = [name for name, column in ties.items() if name in body and (body[name] or "") != row[column]]
    if row["device_owner"] == trunk_ports.SUBPORT and changed:
        raise errors.Conflict(f"Port {row['id']} is a sub port of trunk {row['device_id']}: {changed[0]} follows the trunk.",
                              kind="PortInUseAsSubPort")
    if ports.was_made_with_server(row) and changed:
        conflicts.meet("change a port's device", "the server it was made with", errors.Conflict(
            f"Unable to complete operation on port {row['id']}: {changed[0]} ties it to server {row['device_id']}.",
            kind="PortInUse"))


def _check_equipment(connection: sa.Connection, row: Row, body: Mapping[str, Any]) -> None:
    """What the cloud made is its own to change; of a router's door the addresses are the user's."""
    free = {"name", "description"} | ({"fixed_ips"} if row["device_owner"] == routers.ROUTER_INTERFACE else set())
    # Clients send what they saw with what they change.
    same = {name for name in body if name in row and body[name] == row[name]}
    if row["device_owner"] in _CLOUDS and body.keys() - free - same:
        conflicts.meet("change or delete a port", "DHCP on it", _equipment_in_use(row))
    if row["device_owner"] == routers.ROUTER_INTERFACE and "fixed_ips" in body:
        routers.check_addresses(connection, row, body["fixed_ips"])


def _equipment_in_use(row: Row) -> errors.Conflict:
    return errors.Conflict(
        f"Port {row['id']} cannot be changed or deleted directly via the port API: has device owner "
        f"{row['device_owner']}.", kind="ServicePortInUse")


def _has_fixed_ip(view: Row, values: list[str]) -> bool:
    """fixed_ips=ip_address=A&fixed_ips=subnet_id=B: a port meets one value of each kind that is named."""
    wanted: dict[str, set[str]] = {}
    for value in values:
        key, _, held = value.partition("=")
        if key not in ("ip_address", "subnet_id", "ip_address_substr"):
            raise errors.BadRequest(f"'{value[:64]}' is not a filter for fixed_ips.", kind="HTTPBadRequest")
        wanted.setdefault(key, set()).add(held)
    return any(all(_meets(fixed, key, held) for key, held in wanted.items()) for fixed in view["fixed_ips"])


def _meets(fixed: Mapping[str, str], key: str, held: set[str]) -> bool:
    if key == "ip_address_substr":
        return any(part in fixed["ip_address"] for part in held)
    return fixed[key] in held


def _has_address_part(view: Row, values: list[str]) -> bool:
    return any(part in fixed["ip_address"] for fixed in view["fixed_ips"] for part in values)
