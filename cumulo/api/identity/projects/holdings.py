"""What a project still has, in every part: a project is deleted when it has nothing, so that nothing is stranded.

Images that nobody else can see are of no use without it, and go with it; those that others see, and protected ones, keep
it from being deleted like everything else.
"""

import sqlalchemy as sa

from cumulo.api.image.images.removal import Removal
from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables import (
    compute,
    image,
    metadef,
    network,
    network_metering,
    network_pool,
    network_router,
    network_security,
    network_sharing,
    volume,
    volume_backup,
)
from cumulo.common.flows import conflicts
from cumulo.compute import quota_rows
from cumulo.identity import domains, projects
from cumulo.identity.revocations import Recorder
from cumulo.image import images
from cumulo.network import quotas, security_groups
from cumulo.network.networks import DHCP_OWNER
from cumulo.volume import default_types
from cumulo.volume import quota_rows as volume_quota_rows

_HELD = {
    "server": (compute.server.c.project_id, compute.server.c.deleted_at.is_(None)),
    "server group": (compute.server_group.c.project_id, sa.true()),
    "network": (network.network.c.project_id, sa.true()),
    "port": (network.port.c.project_id, network.port.c.device_owner != DHCP_OWNER),
    "router": (network_router.router.c.project_id, sa.true()),
    "floating IP": (network_router.floating_ip.c.project_id, sa.true()),
    "security group": (network_security.security_group.c.project_id,
                       network_security.security_group.c.default_of.is_(None)),
    "address group": (network_security.address_group.c.project_id, sa.true()),
    "QoS policy": (network_sharing.qos_policy.c.project_id, sa.true()),
    "address scope": (network_pool.address_scope.c.project_id, sa.true()),
    "metering label": (network_metering.metering_label.c.project_id, sa.true()),
    "trunk": (network_sharing.trunk.c.project_id, sa.true()),
    "subnet pool": (network_pool.subnet_pool.c.project_id, sa.true()),
    "image": (image.image.c.owner, images.is_for_others()),
    "volume": (volume.volume.c.project_id, sa.true()),
    "volume snapshot": (volume.volume_snapshot.c.project_id, sa.true()),
    "volume group": (volume.volume_group.c.project_id, sa.true()),
    "volume backup": (volume_backup.volume_backup.c.project_id, sa.true()),
    "namespace of metadata definitions": (metadef.metadef_namespace.c.owner, sa.true()),
}


def refuse_in_use(connection: sa.Connection, project_id: str) -> None:
    """Raise Conflict that counts what the project has; holds it, so that nothing comes to it meanwhile."""
    projects.lock(connection, project_id)
    counts = {name: connection.execute(sa.select(sa.func.count()).where(owner == project_id, which)).scalar_one()
              for name, (owner, which) in _HELD.items()}
    held = ", ".join(f"{count} {name if count == 1 else _many(name)}" for name, count in counts.items() if count)
    if held:
        conflicts.meet("delete a project", "what it has", errors.Conflict(
            f"Project {project_id} is in use: it has {held}. Delete them first."))


def forget(connection: sa.Connection, project_id: str, context: Context) -> Removal:
    """Delete what goes with a project that is not in use: what every project has by itself, such as its default security
    group, and its images. What that leaves to do after the commit is for the caller to finish().
    """
    removed = Removal()
    for each in images.owned_by(connection, project_id):
        removed.take(connection, each, context, seen=None)
    security_groups.forget_project(connection, project_id)
    quota_rows.forget_project(connection, project_id)
    quotas.forget(connection, project_id)
    volume_quota_rows.forget_project(connection, project_id)
    default_types.take(connection, project_id)
    return removed


def _many(name: str) -> str:
    kind, of, what = name.partition(" of ")
    return f"{kind}s{of}{what}"


def delete_domain(connection: sa.Connection, record: Recorder, domain_id: str, context: Context) -> list[Removal]:
    """Delete a disabled domain with its users and its projects; raises Conflict while one of these has something."""
    removed = []
    if not domains.get(connection, domain_id).enabled:
        for project in projects.listed(connection, {"domain_id": domain_id}):
            refuse_in_use(connection, project.id)
            removed.append(forget(connection, project.id, context))
    domains.delete(connection, record, domain_id)
    return removed
