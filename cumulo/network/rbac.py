"""Policies that let one project, or all ("*"), use a thing of another's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, port
from cumulo.common.db.tables.network_pool import address_scope, subnet_pool
from cumulo.common.db.tables.network_router import floating_ip, router
from cumulo.common.db.tables.network_security import address_group, port_security_group, security_group
from cumulo.common.db.tables.network_sharing import qos_policy, rbac_policy
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import revisions

Row = dict[str, Any]

SHARED, EXTERNAL = "access_as_shared", "access_as_external"
TABLES: dict[str, sa.Table] = {
    "network": network, "security_group": security_group, "address_group": address_group, "subnetpool": subnet_pool,
    "qos_policy": qos_policy, "address_scope": address_scope,
}
"""What can be shared, by its name in the API."""


def list_policies(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every policy that meets the conditions."""
    return [dict(row) for row in connection.execute(sa.select(rbac_policy).where(*where)).mappings()]


def get_policy(connection: sa.Connection, policy_id: str) -> Row:
    """The policy; raises NotFound (RbacPolicyNotFound)."""
    found = list_policies(connection, rbac_policy.c.id == policy_id)
    if not found:
        raise not_found(policy_id)
    return found[0]


def not_found(policy_id: str) -> errors.NotFound:
    """The error for a policy that is not there, or not there for the caller."""
    return errors.NotFound(f"RBAC policy of id {policy_id} could not be found", kind="RbacPolicyNotFound")


def create_policy(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any]) -> Row:
    """Share a thing; raises Conflict where it is shared so already, BadRequest for an action it does not know."""
    revisions.lock(connection)
    if values["action"] != SHARED and (values["object_type"], values["action"]) != ("network", EXTERNAL):
        raise errors.BadRequest(f"Invalid action '{values['action']}' for object type '{values['object_type']}'.",
                                kind="InvalidInput")
    same = connection.execute(sa.select(rbac_policy.c.id).where(
        rbac_policy.c.object_id == values["object_id"], rbac_policy.c.action == values["action"],
        rbac_policy.c.target_project == values["target_project"])).first()
    if same:
        conflicts.meet("share a thing", "the same policy", errors.Conflict(
            "An RBAC policy already exists with those values.", kind="DuplicatePolicy"))
    policy_id = ids.new_id()
    connection.execute(sa.insert(rbac_policy).values(
        id=policy_id, project_id=project_id, created_at=now, updated_at=now, revision_number=1, **values))
    return get_policy(connection, policy_id)


def update_policy(connection: sa.Connection, now: float, policy_id: str, target_project: str) -> Row:
    """Share the thing with another project instead."""
    revisions.lock(connection)
    before = get_policy(connection, policy_id)
    if target_project != before["target_project"]:
        _refuse_used(connection, before)
        connection.execute(sa.update(rbac_policy).where(rbac_policy.c.id == policy_id).values(
            target_project=target_project, updated_at=now, revision_number=rbac_policy.c.revision_number + 1))
    return get_policy(connection, policy_id)


def delete_policy(connection: sa.Connection, policy_id: str) -> None:
    """Share the thing no longer; raises Conflict while those it is shared with use it."""
    revisions.lock(connection)
    _refuse_used(connection, get_policy(connection, policy_id))
    connection.execute(sa.delete(rbac_policy).where(rbac_policy.c.id == policy_id))


def _refuse_used(connection: sa.Connection, policy: Row) -> None:
    statement = _uses(policy)
    if statement is None:
        return
    owner, target = connection.execute(sa.select(TABLES[policy["object_type"]].c.project_id).where(
        TABLES[policy["object_type"]].c.id == policy["object_id"])).scalar(), policy["target_project"]
    users = set(connection.execute(statement).scalars()) - {owner, ""}
    others = list_policies(connection, rbac_policy.c.object_id == policy["object_id"],
                           rbac_policy.c.action == policy["action"], rbac_policy.c.id != policy["id"])
    still = {each["target_project"] for each in others}
    if "*" not in still and {user for user in users if target in ("*", user)} - still:
        conflicts.meet("end a share", "what a project made of it", errors.Conflict(
            f"RBAC policy on object {policy['object_id']} cannot be removed because other objects depend on it.",
            kind="RbacPolicyInUse"))


def _uses(policy: Row) -> sa.Select[Any] | None:
    """The projects that use the thing, where something can be made of it."""
    object_id = policy["object_id"]
    if policy["action"] == EXTERNAL:
        return sa.select(router.c.project_id).where(router.c.external_network_id == object_id).union(
            sa.select(floating_ip.c.project_id).where(floating_ip.c.floating_network_id == object_id))  # type: ignore[return-value]
    if policy["object_type"] == "network":
        return sa.select(port.c.project_id).distinct().where(port.c.network_id == object_id)
    if policy["object_type"] == "address_scope":
        return sa.select(subnet_pool.c.project_id).distinct().where(subnet_pool.c.address_scope_id == object_id)
    if policy["object_type"] == "qos_policy":
        return sa.select(port.c.project_id).distinct().where(port.c.qos_policy_id == object_id)
    if policy["object_type"] == "security_group":
        return sa.select(port.c.project_id).distinct().join(
            port_security_group, port_security_group.c.port_id == port.c.id).where(
                port_security_group.c.security_group_id == object_id)
    return None
