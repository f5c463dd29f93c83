"""What ports need to know of trunks: whether they are part of one, and where the ports of one are bound."""

from __future__ import annotations

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network_host
from cumulo.common.db.tables.network_sharing import trunk, trunk_subport
from cumulo.common.flows import conflicts

SUBPORT = "trunk:subport"
"""device_owner of a port that a trunk carries; its device_id is the trunk."""
ABILITY = "trunk"
"""What a host that carries trunks names among the types of networks that it carries."""

_SUBPORTS = sa.select(trunk_subport.c.port_id).join(trunk, trunk.c.id == trunk_subport.c.trunk_id).where(
    trunk.c.port_id == sa.bindparam("its_port")).order_by(trunk_subport.c.segmentation_id)
_PARENTS = sa.select(trunk.c.id).where(trunk.c.port_id == sa.bindparam("its_port"))
_CARRIED = sa.select(trunk_subport.c.trunk_id).where(trunk_subport.c.port_id == sa.bindparam("its_port"))


def sub_ports(connection: sa.Connection, port_id: str) -> list[str]:
    """The ports that a port carries."""
    return list(connection.execute(_SUBPORTS, {"its_port": port_id}).scalars())


def host_for(connection: sa.Connection, host: str) -> str:
    """Where the sub ports of a trunk are bound whose own port is on a host: there, if it carries trunks; else nowhere."""
    types = connection.execute(sa.select(network_host.c.types).where(network_host.c.host == host)).scalar()
    return host if ABILITY in (types or ()) else ""


def refuse_deletion(connection: sa.Connection, port_id: str) -> None:
    """Raise Conflict for a port that carries others, or is carried."""
    for statement, kind, what in ((_PARENTS, "PortInUseAsTrunkParent", "the parent port of trunk"),
                                  (_CARRIED, "PortInUseAsSubPort", "a sub port of trunk")):
        trunk_id = connection.execute(statement, {"its_port": port_id}).scalar()
        if trunk_id is not None:
            conflicts.meet("delete a port", "the trunk that it is part of", errors.Conflict(
                f"Port {port_id} is {what} {trunk_id}.", kind=kind))
