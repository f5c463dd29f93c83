"""Ports: list, create, show, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection, resource
from cumulo.api.network.networks.handlers import visible as visible_network
from cumulo.api.network.ports.view import ATTRIBUTES, port_view
from cumulo.api.network.security_groups.handlers import usable as usable_groups
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network import network, port
from cumulo.common.flows import conflicts
from cumulo.compute import servers
from cumulo.network import ports, security_groups
from cumulo.network.networks import DHCP_OWNER

Row = dict[str, Any]

_COLUMNS = {"binding:host_id": "binding_host_id", "binding:vnic_type": "binding_vnic_type",
            "binding:profile": "binding_profile"}
_BINDING_RULES = {"binding:host_id": "network:ports:set:binding", "binding:profile": "network:ports:set:binding"}


def index(request: Request) -> Row:
    """The ports the caller may see."""
    with request.services.database.read() as connection:
        rows = ports.list_ports(connection, *_is_visible(request), *collection.column_filters(request, port))
    views = [port_view(request, row) for row in rows]
    return collection.answer(request, "ports", views, ATTRIBUTES, {
        "fixed_ips": _has_fixed_ip, "ip_address_substr": _has_address_part})


def create(request: Request) -> Row:
    """One port, or many at once."""
    return resource.create(request, "port", "ports",
                           lambda connection, now, body: _create(request, connection, now, body), port_view, _concerned)


def show(request: Request) -> Row:
    """One port; raises NotFound."""
    with request.services.database.read() as connection:
        row = _visible(request, connection)
    return {"port": collection.chosen_fields(request, port_view(request, row))}


def update(request: Request) -> Row:
    """Change a port."""
    body, database = request.body["port"], request.services.database
    with database.write() as connection:
        row = _owned(request, connection, "network:ports:update")
        _authorize(request, body, visible_network(request, connection, row["network_id"]))
        if row["device_owner"] == DHCP_OWNER and body.keys() - {"name", "description"}:
            conflicts.meet("change or delete a port", "DHCP on it", _dhcp_port_in_use(row))
        _check_not_taken_away(row, body)
        now = database.now(connection)
        changed = ports.update_port(connection, now, row["id"], _values(body), body.get("fixed_ips"),
                                    _groups(request, connection, body))
        hosts = _concerned(connection, [row, changed]) | {row["binding_host_id"]} - {""}
    resource.ring(request, hosts)
    return {"port": port_view(request, changed)}


def delete(request: Request) -> None:
    """Delete a port and free its addresses."""
    database = request.services.database
    with database.write() as connection:
        row = _owned(request, connection, "network:ports:delete")
        if row["device_owner"] == DHCP_OWNER:
            conflicts.meet("change or delete a port", "DHCP on it", _dhcp_port_in_use(row))
        if ports.was_made_with_server(row):
            servers.refuse_while_busy(connection, row["device_id"], "delete its port")
        hosts = _concerned(connection, [row])
        ports.delete_port(connection, database.now(connection), row["id"])
    resource.ring(request, hosts)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:ports:create")
    of_network = visible_network(request, connection, body["network_id"])
    if not of_network["shared"]:
        request.authorize("network:ports:create", {"project_id": of_network["project_id"]})
    _authorize(request, body, of_network)
    return ports.insert_port(connection, request.services.ids, now, project_id=project_id,
                             network_id=of_network["id"], values=_values(body), wanted=body.get("fixed_ips"),
                             groups=_groups(request, connection, body))


def _groups(request: Request, connection: sa.Connection, body: Mapping[str, Any]) -> list[str] | None:
    """The security groups that were asked for; None where nothing was said of them."""
    if "security_groups" not in body:
        return None
    return usable_groups(request, connection, body["security_groups"] or ())


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    """The hosts on which the ports' networks are, and those whose rules speak of the ports' groups."""
    groups = {group_id for row in rows for group_id in row["security_groups"]}
    return resource.hosts_of(connection, {row["network_id"] for row in rows}) | security_groups.hosts_of_groups(
        connection, groups)


def _values(body: Mapping[str, Any]) -> Row:
    values = resource.columns(body, _COLUMNS, without=("network_id", "fixed_ips", "security_groups"))
    for name in ("allowed_address_pairs", "extra_dhcp_opts"):
        if name in values:
            values[name] = values[name] or []
    if "mac_address" in values:
        values["mac_address"] = values["mac_address"].lower()
    if "binding_profile" in values:
        values["binding_profile"] = values["binding_profile"] or {}
    return values


def _authorize(request: Request, body: Mapping[str, Any], of_network: Row) -> None:
    """In another project's shared network nobody chooses addresses or poses as the network's own equipment."""
    resource.authorize_attributes(request, body, _BINDING_RULES, {"project_id": of_network["project_id"]})
    if body.get("device_owner") == DHCP_OWNER:
        raise errors.BadRequest(f"{DHCP_OWNER} ports are made by the cloud itself.", kind="InvalidInput")
    chosen = any("ip_address" in each for each in body.get("fixed_ips") or ())
    if chosen or "mac_address" in body or body.get("device_owner", "").startswith("network:"):
        request.authorize("network:ports:set:address", {"project_id": of_network["project_id"]})


def _check_not_taken_away(row: Row, body: Mapping[str, Any]) -> None:
    """What ties a port to the server it was made with is the cloud's: untied it would outlive the server, bound."""
    ties = {"device_id": "device_id", "device_owner": "device_owner", "binding:host_id": "binding_host_id"}
    changed = [name for name, column in ties.items() if name in body and (body[name] or "") != row[column]]
    if ports.was_made_with_server(row) and changed:
        conflicts.meet("change a port's device", "the server it was made with", errors.Conflict(
            f"Unable to complete operation on port {row['id']}: {changed[0]} ties it to server {row['device_id']}.",
            kind="PortInUse"))


def _dhcp_port_in_use(row: Row) -> errors.Conflict:
    return errors.Conflict(
        f"Port {row['id']} cannot be changed or deleted directly via the port API: has device owner {DHCP_OWNER}.",
        kind="ServicePortInUse")


def _is_visible(request: Request) -> list[sa.ColumnElement[bool]]:
    """Visible are one's own ports and those in one's own networks; all for an administrator."""
    if request.may("network:ports:get:all"):
        return []
    project_id = request.context.project_id or ""
    own_networks = sa.select(network.c.id).where(network.c.project_id == project_id)
    return [sa.or_(port.c.project_id == project_id, port.c.network_id.in_(own_networks))]


def _visible(request: Request, connection: sa.Connection) -> Row:
    port_id = request.params["port_id"]
    found = ports.list_ports(connection, port.c.id == port_id, *_is_visible(request))
    if not found:
        raise ports.not_found(port_id)
    return found[0]


def _owned(request: Request, connection: sa.Connection, rule: str) -> Row:
    row = _visible(request, connection)
    request.authorize(rule, {"project_id": row["project_id"]})
    resource.check_revision(request, row)
    return row


def _has_fixed_ip(view: Row, values: list[str]) -> bool:
    """fixed_ips=ip_address=A&fixed_ips=subnet_id=B: a port meets one value of each kind that is named."""
    wanted: dict[str, set[str]] = {}
    for value in values:
        key, _, held = value.partition("=")
        if key not in ("ip_address", "subnet_id"):
            raise errors.BadRequest(f"'{value[:64]}' is not a filter for fixed_ips.", kind="HTTPBadRequest")
        wanted.setdefault(key, set()).add(held)
    return any(all(fixed[key] in held for key, held in wanted.items()) for fixed in view["fixed_ips"])


def _has_address_part(view: Row, values: list[str]) -> bool:
    return any(part in fixed["ip_address"] for fixed in view["fixed_ips"] for part in values)
