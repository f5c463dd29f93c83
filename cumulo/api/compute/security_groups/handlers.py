"""Security groups, their rules and a server's groups, over the network's own rules; refusals are in compute's words.

Everything here is about the groups of the caller's project; an administrator may name any by its id.
"""

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from cumulo.api import default_group
from cumulo.api.compute import common
from cumulo.api.compute.security_groups import view
from cumulo.api.network import resource
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network_security import security_group
from cumulo.network import ports, security_groups

Row = dict[str, Any]
PROTOCOLS = ("tcp", "udp", "icmp")
_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def list_groups(request: Request) -> Row:
    """List the project's groups, or everybody's for an administrator who asks; the default one is there from now on."""
    listed = _list_groups(request)
    return _list_groups(request) if default_group.has_been_made(request) else listed


def _list_groups(request: Request) -> Row:
    own = security_group.c.project_id == (request.context.project_id or "")
    every = common.flag(request.query.get("all_tenants") or "0", "all_tenants") and request.may(common.ADMIN)
    with request.services.database.read() as connection:
        rows = security_groups.list_groups(connection, *([] if every else [own]))
        names = _names(connection, rows)
    return {"security_groups": [view.group(row, names) for row in _page(request, rows)]}


def _page(request: Request, rows: list[Row]) -> list[Row]:
    """The part of the list between offset and limit; a number that is none is refused."""
    found = []
    for name in ("offset", "limit"):
        text = request.query.get(name)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise errors.BadRequest(f"{name} must be an integer of 0 or more.")
        found.append(None if text is None else int(text))
    offset, limit = found
    ordered = sorted(rows, key=lambda row: (row["name"], row["id"]))[offset or 0:]
    return ordered if limit is None else ordered[:limit]


def create(request: Request) -> Row:
    """Make a group."""
    services, asked = request.services, request.body["security_group"]
    project_id = request.context.project_id
    if not project_id:
        raise errors.BadRequest("A security group belongs to a project: the token has none.")
    with services.database.write() as connection:
        services.tokens.hold(connection, project_id)
        row = _as_bad_request(lambda: security_groups.create_group(
            connection, services.ids, services.database.now(connection), project_id=project_id, values=asked))
        names = _names(connection, [row])
    return {"security_group": view.group(row, names)}


def show(request: Request) -> Row:
    """Show a group."""
    with request.services.database.read() as connection:
        row = _group(request, connection, request.params["security_group_id"])
        return {"security_group": view.group(row, _names(connection, [row]))}


def update(request: Request) -> Row:
    """Change a group's name and description."""
    database = request.services.database
    with database.write() as connection:
        group_id = _group(request, connection, request.params["security_group_id"])["id"]
        row = _as_bad_request(lambda: security_groups.update_group(
            connection, database.now(connection), group_id, request.body["security_group"]))
        names, hosts = _names(connection, [row]), security_groups.hosts_of_groups(connection, [group_id])
    resource.ring(request, hosts)
    return {"security_group": view.group(row, names)}


def delete(request: Request) -> None:
    """Delete a group that no server is in; never the default one."""
    with request.services.database.write() as connection:
        group_id = _group(request, connection, request.params["security_group_id"])["id"]
        hosts = security_groups.hosts_of_groups(connection, [group_id])
        _as_bad_request(lambda: security_groups.delete_group(connection, group_id, may_be_default=False))
    resource.ring(request, hosts)


def create_rule(request: Request) -> Row:
    """Let something in: a protocol with its ports, from a range or from the members of a group."""
    services, asked = request.services, request.body["security_group_rule"]
    with services.database.write() as connection:
        group = _group(request, connection, asked["parent_group_id"])
        if asked.get("group_id"):
            _group(request, connection, asked["group_id"])
        row = _as_bad_request(lambda: security_groups.create_rule(
            connection, services.ids, services.database.now(connection), project_id=group["project_id"],
            group_id=group["id"], values=_rule(asked)))
        names, hosts = _names(connection, [group], row), security_groups.hosts_of_groups(connection, [group["id"]])
    resource.ring(request, hosts)
    return {"security_group_rule": view.rule(row, names)}


def _rule(asked: Row) -> Row:
    """A rule in the network's words; raises BadRequest for what only the network's own API can say."""
    protocol, low, high = _protocol(asked.get("ip_protocol")), _port(asked.get("from_port")), _port(asked.get("to_port"))
    if protocol in ("tcp", "udp") and (low is None or high is None):
        raise errors.BadRequest("Valid TCP ports are 1 to 65535: give from_port and to_port.")
    if protocol is None and not asked.get("group_id"):
        raise errors.BadRequest("Not enough parameters to build a valid rule: give ip_protocol.")
    cidr = asked.get("cidr")
    return {"direction": "ingress", "ethertype": "IPv6" if ":" in (cidr or "") else "IPv4", "protocol": protocol,
            "port_range_min": low, "port_range_max": high, "remote_ip_prefix": cidr or None,
            "remote_group_id": asked.get("group_id") or None}


def _protocol(text: str | None) -> str | None:
    if not text:
        return None
    if text.lower() not in PROTOCOLS:
        raise errors.BadRequest(f"Invalid IP protocol {text}.")
    return text.lower()


def _port(value: int | str | None) -> int | None:
    """A port, or an ICMP type or code; -1 is any of them."""
    return None if value is None or int(value) == -1 else int(value)


def delete_rule(request: Request) -> None:
    """Delete a rule."""
    database, rule_id = request.services.database, _id(request.params["security_group_rule_id"])
    with database.write() as connection:
        row = security_groups.get_rule(connection, rule_id)
        if row["project_id"] != request.context.project_id and not request.may(common.ADMIN):
            raise security_groups.rule_not_found(rule_id)
        security_groups.delete_rule(connection, database.now(connection), rule_id)
        hosts = security_groups.hosts_of_groups(connection, [row["security_group_id"]])
    resource.ring(request, hosts)


def list_of_server(request: Request) -> Row:
    """List the groups that a server's cards are in."""
    with request.services.database.read() as connection:
        server = common.own_server(request, connection, "compute:servers:show")
        held = {group_id for port in ports.ports_of_device(connection, server["id"]) for group_id in port["security_groups"]}
        rows = security_groups.list_groups(connection, security_group.c.id.in_(sorted(held)))
        names = _names(connection, rows)
    return {"security_groups": [view.group(row, names) for row in sorted(rows, key=lambda row: (row["name"], row["id"]))]}


def ids_of(connection: sa.Connection, project_id: str, named: Iterable[str]) -> list[str]:
    """Return the ids of a project's groups by their names or ids, each once; BadRequest where one is not there."""
    found: list[str] = []
    for name in dict.fromkeys(named):
        rows = connection.execute(sa.select(security_group.c.id, security_group.c.name).where(
            security_group.c.project_id == project_id,
            sa.or_(security_group.c.id == name, security_group.c.name == name))).all()
        by_id = [row.id for row in rows if row.id == name]
        if not rows:
            raise errors.BadRequest(f"Security group {name} not found for project {project_id}.")
        if len(rows) > 1 and not by_id:
            raise errors.Conflict(f"Multiple security groups found matching '{name}'. Use an ID to be more specific.")
        found.append((by_id or [rows[0].id])[0])
    return list(dict.fromkeys(found))


def _group(request: Request, connection: sa.Connection, group_id: str) -> Row:
    """The group if it is there for the caller."""
    wanted = [security_group.c.id == _id(group_id)]
    if not request.may(common.ADMIN):
        wanted.append(security_group.c.project_id == (request.context.project_id or ""))
    found = security_groups.list_groups(connection, *wanted)
    if not found:
        raise security_groups.not_found(group_id)
    return found[0]


def _id(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise errors.BadRequest(f"Security group id {text[:64]} should be a UUID.")
    return text


def _names(connection: sa.Connection, rows: Iterable[Row], *rules: Row) -> dict[str, Row]:
    """The groups that rules speak of: their names and projects are all that is shown."""
    spoken = {each["remote_group_id"] for row in rows for each in row["security_group_rules"]}
    spoken |= {each["remote_group_id"] for each in rules}
    found = connection.execute(sa.select(security_group.c.id, security_group.c.name, security_group.c.project_id).where(
        security_group.c.id.in_(sorted(each for each in spoken if each)))).mappings()
    return {row["id"]: dict(row) for row in found}


def _as_bad_request(change: Any) -> Any:
    """Do a change; what the network calls a conflict is a bad request to compute."""
    try:
        return change()
    except errors.Conflict as failure:
        raise errors.BadRequest(failure.message) from failure
