"""Swaps: another volume takes the place of one that a server has. Who may be swapped for whom, and what it means for rows."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.operations import store
from cumulo.volume import attachments, states, volumes

Row = Mapping[str, Any]
_KEPT = ("device", "tag", "boot_index", "disk_bus", "delete_on_termination")
"""What an attachment has of the one that it takes the place of."""


def check(connection: sa.Connection, old: Row, new: Row, host: str) -> None:
    """Raise BadRequest where a server on a host cannot have the new volume in the old one's place; Conflict for shared ones.

    The caller holds both rows.
    """
    if new["id"] == old["id"]:
        raise errors.BadRequest(f"Invalid volume: Volume {old['id']} is what the server has: it is swapped for another one only.")
    for each in (old, new):
        if each["multiattach"]:
            raise errors.Conflict(f"Volume {each['id']} may be attached to several servers, of which one alone would have its data "
                                  "elsewhere: such volumes are not swapped.")
        volumes.refuse_encrypted(each, "swap it: it is copied as its guest reads it")
    _require_still(connection, old, "swap it", states.IN_USE)
    _require_still(connection, new, "swap another one for it", states.AVAILABLE)
    if new["size_gib"] < old["size_gib"]:
        raise errors.BadRequest(f"Invalid volume: Volume {new['id']} has {new['size_gib']} GiB, and volume {old['id']} has "
                                f"{old['size_gib']}: it must be at least as large.")
    if new["read_only"] or old["read_only"]:
        raise errors.BadRequest("Invalid volume: A volume that is read-only is not swapped: detach it and attach the other one.")
    if attachments.bound_host(connection, new["backend"]) not in (None, host):
        raise errors.BadRequest(f"Invalid volume: Volume {new['id']} is on a host of its own that the server is not on: its "
                                "backend keeps files of its host only.")


def _require_still(connection: sa.Connection, row: Row, what: str, status: str) -> None:
    """Raise BadRequest unless a volume is in this state, and nothing is done to it or read of it."""
    volumes.require(row, what, (status,))
    running = store.active(connection, row["id"])
    if running is not None:
        raise errors.BadRequest(f"Invalid volume: Volume {row['id']} is busy: {running['action']} is in progress.")
    snapshots = volumes.snapshots_of(connection, row["id"])
    volumes.refuse_busy(connection, snapshots)
    volumes.refuse_while_copied(connection, row, snapshots)
    volumes.refuse_while_backed_up(connection, row)


def turn(connection: sa.Connection, now: float, state: Mapping[str, Any]) -> None:
    """Write down that a server has the new volume in the place of the old one, as an operation's state says."""
    found = {each["id"]: each for each in attachments.of_server(connection, state["server_id"])}
    old = found.get(state["old_attachment_id"])
    kept = {} if old is None else {name: old[name] for name in _KEPT}
    if state.get("delete_on_termination") is not None:
        kept["delete_on_termination"] = state["delete_on_termination"]
    attachments.part(connection, now, state["old_attachment_id"])
    attachments.update(connection, now, state["attachment_id"], status=attachments.ATTACHED, attached_at=now,
                       connection=state.get("connection"), host=state["host"], **kept)
