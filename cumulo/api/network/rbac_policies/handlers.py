"""Policies that let other projects use a thing: who sees them, and how they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.address_groups.handlers import KIND as ADDRESS_GROUP
from cumulo.api.network.address_scopes.handlers import KIND as ADDRESS_SCOPE
from cumulo.api.network.networks.handlers import KIND as NETWORK
from cumulo.api.network.qos.handlers import KIND as QOS_POLICY
from cumulo.api.network.security_groups.handlers import KIND as SECURITY_GROUP
from cumulo.api.network.subnet_pools.handlers import KIND as SUBNET_POOL
from cumulo.api.wsgi.route import Request
from cumulo.common.db.tables.network_sharing import rbac_policy
from cumulo.network import quotas, rbac

Row = dict[str, Any]
OBJECTS = {"network": NETWORK, "security_group": SECURITY_GROUP, "address_group": ADDRESS_GROUP,
           "subnetpool": SUBNET_POOL, "qos_policy": QOS_POLICY, "address_scope": ADDRESS_SCOPE}
_SAME = ("object_type", "object_id", "action")
ATTRIBUTES = (*_SAME, "id", "project_id", "tenant_id", "target_tenant", "target_project", "revision_number")


def is_visible(request: Request) -> standard.Conditions:
    """Visible are one's own policies; all for an administrator."""
    return standard.own(request, "network:rbac_policies:get:all", rbac_policy)


def rbac_policy_view(request: Request, row: Row) -> Row:
    """Every attribute: nothing of a policy is hidden from who may see it."""
    return {name: row[name] for name in _SAME} | {
        "id": row["id"], "project_id": row["project_id"], "tenant_id": row["project_id"],
        "target_tenant": row["target_project"], "target_project": row["target_project"],
        "revision_number": row["revision_number"]}


KIND = standard.Kind(
    "rbac_policy", "rbac_policies", "rbac_policy_id", "network:rbac_policies", rbac_policy, rbac.list_policies,
    rbac_policy_view, ATTRIBUTES, is_visible, rbac.not_found)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    project_id = resource.project_of(request, connection, body, "network:rbac_policies:create")
    kind = OBJECTS[body["object_type"]]
    of_object = standard.found(kind, request, connection, body["object_id"])
    request.authorize(f"{kind.rules}:update", {"project_id": of_object["project_id"]})
    _authorize_all(request, of_object["project_id"], body["target_tenant"])
    if body["action"] == rbac.EXTERNAL:
        request.authorize("network:networks:set:external", {"project_id": of_object["project_id"]})
    quotas.reserve(connection, request.services.conf, project_id, "rbac_policy")
    return rbac.create_policy(connection, request.services.ids, now, project_id=project_id, values={
        "object_type": body["object_type"], "object_id": of_object["id"], "action": body["action"],
        "target_project": body["target_tenant"]})


def _authorize_all(request: Request, project_id: str, target: str) -> None:
    if target == "*":
        request.authorize("network:rbac_policies:set:all_projects", {"project_id": project_id})


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    target = body.get("target_tenant", row["target_project"])
    _authorize_all(request, row["project_id"], target)
    return rbac.update_policy(connection, now, row["id"], target)


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    rbac.delete_policy(connection, row["id"])


CHANGES = lifecycle.Changes(_create, _update, _delete)
