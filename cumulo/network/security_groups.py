"""Security groups and their rules: rows, the default group of a project, and who is told of a change.

A group changes by its rules and by its members: what rules of other groups say of it ("from members of this group")
holds for the addresses of the ports in it. Either way the group gets a new revision (revisions.advance), and the
hosts that have ports whose rules speak of it are rung.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.rows import dicts
from cumulo.common.db.tables.network import port
from cumulo.common.db.tables.network_security import (
    address_group,
    port_security_group,
    security_group,
    security_group_rule,
)
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import revisions, security_rules

Row = dict[str, Any]

DEFAULT = "default"
# Statements of every flow, built once: that costs more than running them.
_OF_PORTS = sa.select(port_security_group.c.port_id, port_security_group.c.security_group_id).order_by(
    port_security_group.c.port_id, port_security_group.c.security_group_id)
_OF_SOME = _OF_PORTS.where(port_security_group.c.port_id.in_(sa.bindparam("ports", expanding=True)))
_EGRESS = ({"direction": "egress", "ethertype": "IPv4"}, {"direction": "egress", "ethertype": "IPv6"})


def list_groups(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every group that meets the conditions, each with its rules in `security_group_rules`, oldest first."""
    rows = [dict(row) for row in connection.execute(sa.select(security_group).where(*where)).mappings()]
    rules: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    for each in list_rules(connection, security_group_rule.c.security_group_id.in_(
            sa.select(security_group.c.id).where(*where))) if rows else ():
        rules[each["security_group_id"]].append(each)
    return [row | {"security_group_rules": rules[row["id"]]} for row in rows]


def list_rules(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every rule that meets the conditions, oldest first."""
    statement = sa.select(security_group_rule).where(*where).order_by(
        security_group_rule.c.created_at, security_group_rule.c.id)
    return dicts(connection.execute(statement))


def get_group(connection: sa.Connection, group_id: str) -> Row:
    """The group; raises NotFound (SecurityGroupNotFound)."""
    found = list_groups(connection, security_group.c.id == group_id)
    if not found:
        raise not_found(group_id)
    return found[0]


def not_found(group_id: str) -> errors.NotFound:
    """The error for a group that is not there, or not there for the caller."""
    return errors.NotFound(f"Security group {group_id} does not exist", kind="SecurityGroupNotFound")


def rule_not_found(rule_id: str) -> errors.NotFound:
    """The error for a rule that is not there, or not there for the caller."""
    return errors.NotFound(f"Security group rule {rule_id} does not exist", kind="SecurityGroupRuleNotFound")


def default_group_id(connection: sa.Connection, project_id: str) -> str | None:
    """The project's default group, if it has been made."""
    return connection.execute(
        sa.select(security_group.c.id).where(security_group.c.default_of == project_id)).scalar()


def ensure_default(connection: sa.Connection, ids: Ids, now: float, project_id: str) -> str:
    """Make the project's default group unless it is there; return its id. It lets in its own members, and all out.

    Runs under the lock of `revisions`, so that two first uses agree on one group.
    """
    found = default_group_id(connection, project_id)
    if found is not None:
        return found
    revisions.lock(connection)
    return default_group_id(connection, project_id) or _insert_default(connection, ids, now, project_id)


def _insert_default(connection: sa.Connection, ids: Ids, now: float, project_id: str) -> str:
    group_id = _insert(connection, ids, now, project_id, {
        "name": DEFAULT, "description": "Default security group", "default_of": project_id})
    for each in _EGRESS:
        inward = each | {"direction": "ingress", "remote_group_id": group_id}
        _insert_rule(connection, ids, now, project_id, group_id, inward)
    return group_id


def create_group(connection: sa.Connection, ids: Ids, now: float, *, project_id: str,
                 values: Mapping[str, Any]) -> Row:
    """Insert a group that lets everything out and nothing in; raises Conflict for the name of the default group."""
    ensure_default(connection, ids, now, project_id)
    if values.get("name") == DEFAULT:
        raise errors.Conflict("Default security group already exists.", kind="SecurityGroupDefaultAlreadyExists")
    return get_group(connection, _insert(connection, ids, now, project_id, values))


def update_group(connection: sa.Connection, now: float, group_id: str, values: Mapping[str, Any]) -> Row:
    """Change a group; raises Conflict where the default group would lose its name."""
    revisions.advance(connection, group_id)
    before = get_group(connection, group_id)
    if "name" in values and values["name"] != before["name"] and DEFAULT in (values["name"], before["name"]):
        raise errors.Conflict("Updating default security group not allowed."
                              if before["default_of"] else "Default security group already exists.",
                              kind="SecurityGroupCannotUpdateDefault" if before["default_of"]
                              else "SecurityGroupDefaultAlreadyExists")
    if values.get("stateful", before["stateful"]) != before["stateful"] and _first_port(connection, group_id):
        raise _in_use(group_id)
    connection.execute(sa.update(security_group).where(security_group.c.id == group_id).values(
        updated_at=now, revision_number=security_group.c.revision_number + 1, **values))
    return get_group(connection, group_id)


def delete_group(connection: sa.Connection, group_id: str, *, may_be_default: bool) -> None:
    """Delete a group with its rules, and the rules that speak of it; raises Conflict while a port is in it."""
    speaking = [row["security_group_id"] for row in list_rules(
        connection, security_group_rule.c.remote_group_id == group_id)]
    revisions.advance(connection, group_id, *speaking)
    before = get_group(connection, group_id)
    if before["default_of"] and not may_be_default:
        raise errors.Conflict("Insufficient rights for removing default security group.",
                              kind="SecurityGroupCannotRemoveDefault")
    if _first_port(connection, group_id):
        conflicts.meet("delete a security group", "a port in it", _in_use(group_id))
    connection.execute(sa.delete(security_group_rule).where(sa.or_(
        security_group_rule.c.security_group_id == group_id, security_group_rule.c.remote_group_id == group_id)))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.object_id == group_id))
    connection.execute(sa.delete(security_group).where(security_group.c.id == group_id))


def forget_project(connection: sa.Connection, project_id: str) -> None:
    """Delete the default group of a project that goes."""
    group_id = default_group_id(connection, project_id)
    if group_id is not None:
        delete_group(connection, group_id, may_be_default=True)


def create_rule(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, group_id: str,
                values: Mapping[str, Any]) -> Row:
    """Insert a rule; raises BadRequest for what it cannot say, Conflict for a rule that is there.

    Who may speak of the groups that it names is the caller's to check.
    """
    revisions.advance(connection, group_id)
    _hold(connection, values)
    return _insert_rule(connection, ids, now, project_id, group_id, values)


def update_rule(connection: sa.Connection, now: float, rule_id: str, values: Mapping[str, Any]) -> Row:
    """Change a rule's description; what it lets through never changes."""
    connection.execute(sa.update(security_group_rule).where(security_group_rule.c.id == rule_id).values(
        updated_at=now, revision_number=security_group_rule.c.revision_number + 1, **values))
    return get_rule(connection, rule_id)


def get_rule(connection: sa.Connection, rule_id: str) -> Row:
    """The rule; raises NotFound (SecurityGroupRuleNotFound)."""
    found = list_rules(connection, security_group_rule.c.id == rule_id)
    if not found:
        raise rule_not_found(rule_id)
    return found[0]


def delete_rule(connection: sa.Connection, now: float, rule_id: str) -> None:
    """Delete a rule; raises NotFound."""
    group_id = get_rule(connection, rule_id)["security_group_id"]
    revisions.advance(connection, group_id)
    if not connection.execute(sa.delete(security_group_rule).where(security_group_rule.c.id == rule_id)).rowcount:
        raise rule_not_found(rule_id)
    _touch(connection, now, group_id)


def of_ports(connection: sa.Connection, port_ids: Sequence[str], chosen: Any) -> dict[str, list[str]]:
    """The ids of the groups of each port, in order; `chosen` as ports.named has it."""
    found: dict[str, list[str]] = {port_id: [] for port_id in port_ids}
    if not port_ids:
        return found
    rows = (connection.execute(_OF_SOME, {"ports": chosen}) if isinstance(chosen, list)
            else connection.execute(_OF_PORTS.where(port_security_group.c.port_id.in_(chosen))))
    for port_id, group_id in rows.all():
        if port_id in found:  # another may have come since the ports were read
            found[port_id].append(group_id)
    return found


def set_groups(connection: sa.Connection, port_id: str, group_ids: Iterable[str]) -> None:
    """Put a port into these groups and no others; runs under the lock of `revisions`. Callers say who may use them."""
    wanted, held = set(group_ids), set(of_ports(connection, [port_id], [port_id])[port_id])
    if wanted == held:
        return
    connection.execute(sa.delete(port_security_group).where(port_security_group.c.port_id == port_id))
    if wanted:
        connection.execute(sa.insert(port_security_group), [
            {"port_id": port_id, "security_group_id": group_id} for group_id in sorted(wanted)])
    revisions.note(connection, wanted | held)


def join(connection: sa.Connection, revision: int, port_id: str, group_ids: Iterable[str]) -> list[str]:
    """Put a new port into these groups, which change with the revision; return their ids in order."""
    wanted = sorted(set(group_ids))
    if wanted:
        connection.execute(sa.insert(port_security_group), [
            {"port_id": port_id, "security_group_id": group_id} for group_id in wanted])
        revisions.note_in(connection, revision, wanted)
    return wanted


def hosts_of_groups(connection: sa.Connection, group_ids: Iterable[str]) -> set[str]:
    """The hosts that a change of these groups concerns: those with a port in one, or in one that speaks of one."""
    named = sorted(set(group_ids))
    if not named:
        return set()
    speaking = sa.select(security_group_rule.c.security_group_id).where(security_group_rule.c.remote_group_id.in_(named))
    statement = (
        sa.select(port.c.binding_host_id).distinct()
        .join(port_security_group, port_security_group.c.port_id == port.c.id)
        .where(port.c.binding_host_id != "", sa.or_(
            port_security_group.c.security_group_id.in_(named),
            port_security_group.c.security_group_id.in_(speaking))))
    return set(connection.execute(statement).scalars())


def _insert(connection: sa.Connection, ids: Ids, now: float, project_id: str, values: Mapping[str, Any]) -> str:
    group_id = ids.new_id()
    row = {"name": "", "description": "", "stateful": True, "default_of": None} | dict(values)
    connection.execute(sa.insert(security_group).values(
        id=group_id, project_id=project_id, shared=False, tags=[], created_at=now, updated_at=now, revision_number=1,
        **row))
    for each in _EGRESS:
        _insert_rule(connection, ids, now, project_id, group_id, each)
    return group_id


def _insert_rule(connection: sa.Connection, ids: Ids, now: float, project_id: str, group_id: str,
                 values: Mapping[str, Any]) -> Row:
    columns = security_rules.normalized(values)
    same = connection.execute(sa.select(security_group_rule.c.id).where(
        security_group_rule.c.security_group_id == group_id,
        security_group_rule.c.signature == columns["signature"])).scalar()
    if same is not None:
        conflicts.meet("create a security group rule", "the same rule", errors.Conflict(
            f"Security group rule already exists. Rule id is {same}.", kind="SecurityGroupRuleExists"))
    row = {"id": ids.new_id(), "security_group_id": group_id, "project_id": project_id, "created_at": now,
           "updated_at": now, "revision_number": 1} | columns
    connection.execute(sa.insert(security_group_rule).values(row))
    _touch(connection, now, group_id)
    return row


def _hold(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    """Raise NotFound for a group named by a rule that went since the caller looked at it."""
    for name, table, missing in (("remote_group_id", security_group, "SecurityGroupNotFound"),
                                 ("remote_address_group_id", address_group, "AddressGroupNotFound")):
        named = values.get(name)
        if named and not connection.execute(sa.select(table.c.id).where(table.c.id == named)).first():
            raise errors.NotFound(f"{name} {named} does not exist", kind=missing)


def _touch(connection: sa.Connection, now: float, group_id: str) -> None:
    connection.execute(sa.update(security_group).where(security_group.c.id == group_id).values(
        updated_at=now, revision_number=security_group.c.revision_number + 1))


def _first_port(connection: sa.Connection, group_id: str) -> str | None:
    return connection.execute(sa.select(port_security_group.c.port_id).where(
        port_security_group.c.security_group_id == group_id).limit(1)).scalar()


def _in_use(group_id: str) -> errors.Conflict:
    return errors.Conflict(f"Security Group {group_id} in use.", kind="SecurityGroupInUse")
