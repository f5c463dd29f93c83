"""What stands for a port's addresses, floating addresses and forwarded ports, when the port loses them or goes."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from cumulo.common.db.tables.network_router import floating_ip, port_forwarding
from cumulo.network import revisions


def release(connection: sa.Connection, now: float, port_id: str, *, keep: Collection[str]) -> None:
    """Let nothing stand for addresses of the port but for those it keeps; runs under the lock of `revisions`."""
    whole = sa.select(floating_ip.c.id, floating_ip.c.router_id).where(
        floating_ip.c.port_id == port_id, floating_ip.c.fixed_ip_address.not_in(keep))
    part = (sa.select(floating_ip.c.id, floating_ip.c.router_id).distinct()
            .join(port_forwarding, port_forwarding.c.floating_ip_id == floating_ip.c.id)
            .where(port_forwarding.c.internal_port_id == port_id, port_forwarding.c.internal_ip_address.not_in(keep)))
    found = [*connection.execute(whole).all(), *connection.execute(part).all()]
    if not found:
        return
    revisions.note(connection, {row.router_id for row in found if row.router_id})
    ids = sorted({row.id for row in found})
    connection.execute(sa.delete(port_forwarding).where(
        port_forwarding.c.internal_port_id == port_id, port_forwarding.c.internal_ip_address.not_in(keep)))
    connection.execute(sa.update(floating_ip).where(floating_ip.c.id.in_(ids)).values(
        port_id=None, fixed_ip_address=None, updated_at=now, revision_number=floating_ip.c.revision_number + 1))
    still = sa.select(port_forwarding.c.floating_ip_id)
    connection.execute(sa.update(floating_ip).where(
        floating_ip.c.id.in_(ids), floating_ip.c.id.not_in(still)).values(router_id=None))
