"""What a project may have of each resource, counted from the rows themselves.

Limits stand in the options; what an administrator says of one project stands in rows. Checks hold the lock of
`revisions`, so that two requests never find the same last room.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.db.tables.network import network, port, subnet
from cumulo.common.db.tables.network_pool import network_quota, subnet_pool
from cumulo.common.db.tables.network_router import floating_ip, router
from cumulo.common.db.tables.network_security import security_group, security_group_rule
from cumulo.common.db.tables.network_sharing import rbac_policy, trunk
from cumulo.common.flows import conflicts
from cumulo.network import revisions

UNLIMITED = -1
TABLES: dict[str, sa.Table] = {
    "network": network, "subnet": subnet, "port": port, "router": router, "floatingip": floating_ip,
    "security_group": security_group, "security_group_rule": security_group_rule, "subnetpool": subnet_pool,
    "rbac_policy": rbac_policy, "trunk": trunk,
}
"""Each resource by its name in the API, with the table whose rows are counted."""


def defaults(conf: cfg.ConfigOpts) -> dict[str, int]:
    """The limits of a project of which nothing else was said."""
    return {name: int(conf.network[f"quota_{name}"]) for name in TABLES}


def limits(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str) -> dict[str, int]:
    """The limits of a project."""
    said = connection.execute(sa.select(network_quota.c.resource, network_quota.c.most).where(
        network_quota.c.project_id == project_id)).all()
    return defaults(conf) | {row.resource: row.most for row in said if row.resource in TABLES}


def used(connection: sa.Connection, project_id: str, resource: str) -> int:
    """How many of the resource the project has; what the cloud made for its networks is not counted."""
    table = TABLES[resource]
    where = [table.c.project_id == project_id]
    if resource == "port":
        where.append(table.c.device_owner != "network:dhcp")
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def reserve(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str, resource: str, more: int = 1) -> None:
    """Raise Conflict (OverQuota) unless the project may have that many more."""
    revisions.hold(connection)
    most = limits(connection, conf, project_id)[resource]
    if most != UNLIMITED and used(connection, project_id, resource) + more > most:
        conflicts.meet("create in a network quota", "its last room", errors.Conflict(
            f"Quota exceeded for resources: ['{resource}'].", kind="OverQuota"))


def set_limits(connection: sa.Connection, project_id: str, wanted: Mapping[str, int]) -> None:
    """Say what a project may have; what is not named stays."""
    revisions.lock(connection)
    for resource, most in sorted(wanted.items()):
        place = (network_quota.c.project_id == project_id, network_quota.c.resource == resource)
        if not connection.execute(sa.update(network_quota).where(*place).values(most=most)).rowcount:
            there = connection.execute(sa.select(network_quota.c.most).where(*place)).first()
            if there is None:
                connection.execute(sa.insert(network_quota).values(project_id=project_id, resource=resource, most=most))


def forget(connection: sa.Connection, project_id: str) -> bool:
    """Let the options decide again; say whether anything had been said of the project."""
    return bool(connection.execute(sa.delete(network_quota).where(network_quota.c.project_id == project_id)).rowcount)


def reset(connection: sa.Connection, project_id: str) -> None:
    """Let the options decide again; raises NotFound where they always did."""
    if not forget(connection, project_id):
        raise errors.NotFound(f"Quota for tenant {project_id} could not be found.", kind="TenantQuotaNotFound")


def projects(connection: sa.Connection) -> list[str]:
    """The projects of which something was said."""
    return list(connection.execute(sa.select(network_quota.c.project_id).distinct().order_by(
        network_quota.c.project_id)).scalars())
