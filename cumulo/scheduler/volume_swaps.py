"""The scheduler's steps of giving a server another volume in the place of one that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cumulo.common import log
from cumulo.common.operations.step import State
from cumulo.volume import attachments, backends, swaps

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Work

LOG = log.get(__name__)


def hold(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Nothing: the request has noted both attachments."""
    return {}


def let_go(connection: sa.Connection, now: float, work: Work) -> State:
    """Have the server keep its volume; where its guest has the new one by now, that is what it has."""
    if work.state.get("landed"):
        LOG.info("volume_swapped_all_the_same", server=work.state["server_id"], volume=work.state["volume_id"])
        return settle(connection, now, work, None)
    attachments.part(connection, now, work.state["attachment_id"])
    attachments.update(connection, now, work.state["old_attachment_id"], status=attachments.ATTACHED)
    return {}


def settle(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the server has the new volume, and that the old one is free."""
    swaps.turn(connection, now, work.state)
    return {}


def concerned(connection: sa.Connection, work: Work) -> list[str]:
    """The volume agent of the old volume: nobody needs its export any more."""
    backend = work.state.get("old_backend")
    return [f"volume.{backends.host_of(backend)}"] if backend else []


def concerned_if_landed(connection: sa.Connection, work: Work) -> list[str]:
    """The same where the guest has the new volume although it was to keep the old one."""
    return concerned(connection, work) if work.state.get("landed") else []
