"""What gives a volume other contents at one moment: revert (3.40) and os-reimage (3.68)."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.common import flag
from cumulo.api.volume import common
from cumulo.api.volume.volumes import sources
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.volume import snapshots, volumes


def revert(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Begin to give a volume what its newest snapshot holds."""
    services = request.services
    snapshot_id = common.short_id(asked["snapshot_id"], snapshots.not_found)
    found = snapshots.get_snapshot(connection, snapshot_id, project_id=row["project_id"], lock=True)
    volumes.request_revert(connection, services.ids, services.database.now(connection), context=request.context, row=row,
                           snapshot=found)


def reimage(request: Request, connection: sa.Connection, row: volumes.Row, asked: Any) -> None:
    """Begin to give a volume what an image holds."""
    services = request.services
    source = sources.of_image(request, connection, common.short_id(asked["image_id"], _no_image))
    if source.least_gib > row["size_gib"]:
        raise errors.BadRequest(f"Invalid image: Image {asked['image_id']} needs {source.least_gib} GiB, and volume {row['id']} has "
                                f"{row['size_gib']}.")
    volumes.request_reimage(
        connection, services.ids, services.database.now(connection), context=request.context, row=row, image=source.state or {},
        about=source.columns, reserved=flag(str(asked.get("reimage_reserved", False)), "reimage_reserved"))


def _no_image(image_id: str) -> errors.BadRequest:
    return errors.BadRequest(f"Invalid image: {image_id} could not be found.")
