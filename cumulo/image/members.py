"""Projects that an image is shared with. The owner invites, the invited project accepts or rejects.

What a project has not accepted it may use by id, but does not see in its lists.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.image import image_member
from cumulo.image import images

M = image_member.c


def list_members(connection: sa.Connection, context: Context, image: images.Image) -> list[dict[str, Any]]:
    """Return all members of an image to its owner, and to a member itself only; raises NotFound to others."""
    query = sa.select(image_member).where(M.image_id == image["id"]).order_by(M.member_id)
    if not images.is_owner(context, image):
        query = query.where(M.member_id == (context.project_id or ""))
    found = [dict(row) for row in connection.execute(query).mappings()]
    if not found and not images.is_owner(context, image):
        raise images.not_found(image["id"])
    return found


def get_member(connection: sa.Connection, context: Context, image: images.Image, member_id: str) -> dict[str, Any]:
    """Return one member, to the owner or to that member; raises NotFound."""
    row = connection.execute(
        sa.select(image_member).where(M.image_id == image["id"], M.member_id == member_id)).mappings().first()
    if row is None or not (images.is_owner(context, image) or member_id == context.project_id):
        raise errors.NotFound(f"{member_id[:64]} not found in the member list of the image {image['id']}.")
    return dict(row)


def add_member(connection: sa.Connection, now: float, image: images.Image, member_id: str, *, maximum: int) -> None:
    """Share an image, read with a lock, with a project; raises Forbidden, Conflict or TooLarge."""
    if image["visibility"] != "shared":
        raise errors.Forbidden("Only shared images have members.")
    rows = connection.execute(sa.select(M.member_id).where(M.image_id == image["id"])).scalars().all()
    if member_id in rows:
        raise errors.Conflict(f"The image is already associated with member {member_id}.")
    if len(rows) >= maximum:
        raise errors.TooLarge(f"An image may have {maximum} members.")
    connection.execute(sa.insert(image_member).values(
        image_id=image["id"], member_id=member_id, status="pending", created_at=now, updated_at=now))


def set_status(connection: sa.Connection, now: float, context: Context, member: dict[str, Any], status: str) -> None:
    """Accept or reject; raises Forbidden to everybody but the member itself and administrators."""
    if member["member_id"] != context.project_id and not images.is_admin(context):
        raise errors.Forbidden("Only the member itself accepts or rejects an image.")
    connection.execute(sa.update(image_member).where(
        M.image_id == member["image_id"], M.member_id == member["member_id"]).values(status=status, updated_at=now))


def remove_member(connection: sa.Connection, image: images.Image, member_id: str) -> None:
    """Stop sharing; raises NotFound."""
    removed = connection.execute(
        sa.delete(image_member).where(M.image_id == image["id"], M.member_id == member_id))
    if not removed.rowcount:
        raise errors.NotFound(f"{member_id[:64]} not found in the member list of the image {image['id']}.")
