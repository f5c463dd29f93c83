"""Whether somebody can copy a volume in use as it is at one moment; cumulo/volume/agent/moments.py does it."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume_attachment, volume_backend
from cumulo.common.volume_copies import BY_NEAR_GUEST, BY_SERVICE
from cumulo.volume import states

Row = Mapping[str, Any]


def refuse_torn(connection: sa.Connection, row: Row, what: str) -> None:
    """Raise BadRequest for a copy of a volume in use where nobody can make one that holds one moment."""
    if row["shown_status"] != states.IN_USE:
        return
    query = sa.select(volume_backend.c.host, volume_backend.c.capabilities).where(volume_backend.c.name == row["backend"])
    found = connection.execute(query).first()
    reason = "its backend is not known" if found is None else _why_nobody(connection, row, found.host, found.capabilities)
    if reason is not None:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is in use, and nobody can {what} in one moment, because "
                                f"{reason}: detach it first.")


def _why_nobody(connection: sa.Connection, row: Row, host: str, said: Mapping[str, Any]) -> str | None:
    by = said.get("copies_in_use")
    if said.get("instant_snapshots") or by == BY_SERVICE:
        return None
    if by is None:
        return "its backend takes time to copy it"
    users = connection.execute(sa.select(volume_attachment.c.managed, volume_attachment.c.host).where(
        volume_attachment.c.volume_id == row["id"])).all()
    if len(users) != 1:
        return "several use it"
    if not users[0].managed:
        return "what uses it is no server"
    if row["encryption_key_id"] is not None:
        return "it is encrypted"
    return "its server is on another host" if by == BY_NEAR_GUEST and users[0].host != host else None
