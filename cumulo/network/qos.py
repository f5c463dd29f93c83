"""Quality of service: policies, their rules, and which networks follow a policy.

A port follows its own policy, or its network's where it has none. A change concerns every network with such a port, and the
routers of floating addresses that follow the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, port
from cumulo.common.db.tables.network_router import floating_ip
from cumulo.common.db.tables.network_sharing import qos_policy, qos_rule, rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import rates, revisions

Row = dict[str, Any]

BANDWIDTH, DSCP, PACKETS = "bandwidth_limit", "dscp_marking", "packet_rate_limit"
DIRECTED = (BANDWIDTH, PACKETS, *rates.KINDS)
"""The kinds of rules that are for one direction each."""


def list_policies(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every policy that meets the conditions, each with its `rules`."""
    rows = [dict(row) for row in connection.execute(sa.select(qos_policy).where(*where)).mappings()]
    rules: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    statement = sa.select(qos_rule).where(qos_rule.c.qos_policy_id.in_(sa.select(qos_policy.c.id).where(*where)))
    for each in connection.execute(statement.order_by(qos_rule.c.id)).mappings() if rows else ():
        rules[each["qos_policy_id"]].append(dict(each))
    return [row | {"rules": rules[row["id"]]} for row in rows]


def get_policy(connection: sa.Connection, policy_id: str) -> Row:
    """The policy; raises NotFound (QosPolicyNotFound)."""
    found = list_policies(connection, qos_policy.c.id == policy_id)
    if not found:
        raise not_found(policy_id)
    return found[0]


def not_found(policy_id: str) -> errors.NotFound:
    """The error for a policy that is not there, or not there for the caller."""
    return errors.NotFound(f"QoS policy {policy_id} could not be found.", kind="QosPolicyNotFound")


def rule_not_found(rule_id: str) -> errors.NotFound:
    """The error for a rule that is not there, or not there for the caller."""
    return errors.NotFound(f"QoS rule {rule_id} could not be found.", kind="QosRuleNotFound")


def create_policy(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any]) -> Row:
    """Insert a policy without rules."""
    policy_id = ids.new_id()
    row = {"name": "", "description": "", "shared": False} | dict(values)
    row["default_of"] = _default(connection, policy_id, project_id, row.pop("is_default", False))
    connection.execute(sa.insert(qos_policy).values(
        id=policy_id, project_id=project_id, tags=[], created_at=now, updated_at=now, revision_number=1,
        **row))
    return get_policy(connection, policy_id)


def update_policy(connection: sa.Connection, now: float, policy_id: str, values: Mapping[str, Any]) -> Row:
    """Change what is said of a policy."""
    revisions.hold(connection)
    changed = dict(values)
    if "is_default" in changed:
        project_id = get_policy(connection, policy_id)["project_id"]
        changed["default_of"] = _default(connection, policy_id, project_id, changed.pop("is_default"))
    _touch(connection, now, policy_id, changed)
    return get_policy(connection, policy_id)


def default_policy_id(connection: sa.Connection, project_id: str) -> str | None:
    """The policy that new networks of a project follow which name none."""
    return connection.execute(sa.select(qos_policy.c.id).where(qos_policy.c.default_of == project_id)).scalar()


def delete_policy(connection: sa.Connection, policy_id: str) -> None:
    """Delete a policy with its rules; raises Conflict while a port or network follows it."""
    revisions.hold(connection)
    get_policy(connection, policy_id)
    for table in (port, network, floating_ip):
        held = connection.execute(sa.select(table.c.id).where(table.c.qos_policy_id == policy_id).limit(1)).scalar()
        if held is not None:
            conflicts.meet("delete a QoS policy", "a port that follows it", errors.Conflict(
                f"QoS Policy {policy_id} is used by {table.name} {held}.", kind="QosPolicyInUse"))
    connection.execute(sa.delete(qos_rule).where(qos_rule.c.qos_policy_id == policy_id))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.object_id == policy_id))
    connection.execute(sa.delete(qos_policy).where(qos_policy.c.id == policy_id))


def create_rule(connection: sa.Connection, ids: Ids, now: float, policy_id: str, kind: str, direction: str,
                settings: Mapping[str, int]) -> Row:
    """Insert a rule; raises Conflict where the policy has one of its kind and direction."""
    _advance(connection, policy_id)
    _check_other(connection, policy_id, kind, direction)
    rule_id = ids.new_id()
    connection.execute(sa.insert(qos_rule).values(
        id=rule_id, qos_policy_id=policy_id, kind=kind, direction=direction, settings=dict(settings)))
    _touch(connection, now, policy_id, {})
    return get_rule(connection, policy_id, kind, rule_id)


def get_rule(connection: sa.Connection, policy_id: str, kind: str, rule_id: str) -> Row:
    """The rule of this policy and kind; raises NotFound (QosRuleNotFound)."""
    found = connection.execute(sa.select(qos_rule).where(
        qos_rule.c.id == rule_id, qos_rule.c.qos_policy_id == policy_id, qos_rule.c.kind == kind)).mappings().first()
    if found is None:
        raise rule_not_found(rule_id)
    return dict(found)


def update_rule(connection: sa.Connection, now: float, before: Row, direction: str, settings: Mapping[str, int]) -> Row:
    """Change a rule; raises Conflict where another one has its new direction."""
    _advance(connection, before["qos_policy_id"])
    if direction != before["direction"]:
        _check_other(connection, before["qos_policy_id"], before["kind"], direction)
    connection.execute(sa.update(qos_rule).where(qos_rule.c.id == before["id"]).values(
        direction=direction, settings=before["settings"] | dict(settings)))
    _touch(connection, now, before["qos_policy_id"], {})
    return get_rule(connection, before["qos_policy_id"], before["kind"], before["id"])


def delete_rule(connection: sa.Connection, now: float, rule: Row) -> None:
    """Delete a rule."""
    _advance(connection, rule["qos_policy_id"])
    connection.execute(sa.delete(qos_rule).where(qos_rule.c.id == rule["id"]))
    _touch(connection, now, rule["qos_policy_id"], {})


def networks_of(connection: sa.Connection, policy_id: str) -> list[str]:
    """The networks that a change of the policy concerns."""
    followed = sa.select(network.c.id).where(network.c.qos_policy_id == policy_id).union(
        sa.select(port.c.network_id).where(port.c.qos_policy_id == policy_id))
    return sorted(connection.execute(followed).scalars())


def routers_of(connection: sa.Connection, policy_id: str) -> list[str]:
    """The routers that a change of the policy concerns: those through which floating addresses lead that follow it."""
    return sorted(connection.execute(sa.select(floating_ip.c.router_id).distinct().where(
        floating_ip.c.qos_policy_id == policy_id, floating_ip.c.router_id.is_not(None))).scalars())


def _advance(connection: sa.Connection, policy_id: str) -> None:
    revisions.lock(connection)
    revisions.note(connection, [*networks_of(connection, policy_id), *routers_of(connection, policy_id)])


def _default(connection: sa.Connection, policy_id: str, project_id: str, is_default: bool) -> str | None:
    """What the column says of a policy that is, or is not, its project's default; raises Conflict where another one is."""
    other = default_policy_id(connection, project_id) if is_default else None
    if other not in (None, policy_id):
        raise errors.Conflict(f"A default QoS policy exists for project {project_id}: {other}.",
                              kind="QoSPolicyDefaultAlreadyExists")
    return project_id if is_default else None


def _check_other(connection: sa.Connection, policy_id: str, kind: str, direction: str) -> None:
    same = connection.execute(sa.select(qos_rule.c.id).where(
        qos_rule.c.qos_policy_id == policy_id, qos_rule.c.kind == kind, qos_rule.c.direction == direction)).scalar()
    if same is None and kind == rates.MINIMUM_PACKETS:  # what is asked of both directions together is not asked of one as well
        others = {rates.ANY} if direction != rates.ANY else set(rates.DIRECTIONS)
        same = connection.execute(sa.select(qos_rule.c.id).where(
            qos_rule.c.qos_policy_id == policy_id, qos_rule.c.kind == kind, qos_rule.c.direction.in_(sorted(others)))).scalar()
    if same is not None:
        conflicts.meet("create a QoS rule", "one of its kind", errors.Conflict(
            f"Rule {kind} conflicts with rule {same} which already exists in QoS Policy {policy_id}.",
            kind="QoSRulesConflict"))


def _touch(connection: sa.Connection, now: float, policy_id: str, values: Mapping[str, Any]) -> None:
    changed = connection.execute(sa.update(qos_policy).where(qos_policy.c.id == policy_id).values(
        updated_at=now, revision_number=qos_policy.c.revision_number + 1, **values))
    if not changed.rowcount:
        raise not_found(policy_id)
