"""The steps that concern the images which servers are saved as. Each runs in the transaction that records it.

Data of an image that is removed here stays in its store until the image service sweeps it, seconds later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.compute import server
from cumulo.common.operations.step import State
from cumulo.image import images

if TYPE_CHECKING:
    from cumulo.scheduler.steps import Work


def hold_image(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """See that the image is still wanted; raises NotFound when somebody deleted it."""
    images.get_image(connection, work.state["image_id"])
    return {}


def drop_image(connection: sa.Connection, now: float, work: Work) -> State:
    """Remove the image, unless a user asked for it and its data is whole: then it is there, whatever happened afterwards."""
    try:
        image = images.get_image(connection, work.state["image_id"], lock=True)
    except errors.NotFound:
        return {}
    if work.flow not in ("create_image", "upload_volume") or image["status"] not in ("active", "deactivated"):
        _remove(connection, image)
    return {}


def shelve(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Say that the server is shelved, and as which image."""
    values = {"status": "SHELVED", "power_state": 4, "shelved_image_id": work.state["image_id"], "updated_at": now}
    connection.execute(sa.update(server).where(server.c.id == work.state["server_id"]).values(values))
    return {}


def forget_shelved(connection: sa.Connection, server_id: str) -> None:
    """Remove the image that a server is shelved as, if it is; idempotent."""
    is_server = server.c.id == server_id
    image_id = connection.execute(sa.select(server.c.shelved_image_id).where(is_server)).scalar()
    if image_id:
        connection.execute(sa.update(server).where(is_server).values(shelved_image_id=None))
        remove_image(connection, image_id)


def remove_image(connection: sa.Connection, image_id: str) -> None:
    """Remove an image of the cloud's own; idempotent."""
    try:
        _remove(connection, images.get_image(connection, image_id, lock=True))
    except errors.NotFound:
        return


def rotate(connection: sa.Connection, now: float, work: Work, planned: None) -> State:
    """Keep the newest backups of one kind, as many as were asked for."""
    if "rotation" in work.state:
        kept = images.backups_of(connection, work.state["server_id"], work.state["backup_type"])
        for image_id in kept[work.state["rotation"]:]:
            _remove(connection, images.get_image(connection, image_id, lock=True))
    return {}


def leave_rotated(connection: sa.Connection, now: float, work: Work) -> State:
    """Nothing: backups that were removed are gone."""
    return {}


def _remove(connection: sa.Connection, image: images.Image) -> None:
    """Delete an image, also one that its owner protects by now: the cloud made it, and takes it back."""
    images.delete_image(connection, image | {"protected": False})
