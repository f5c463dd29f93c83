"""Tags of an image, one at a time."""

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.image import image_tag
from cumulo.image import images
from cumulo.image.attributes import check_tag


def add_tag(connection: sa.Connection, now: float, image: images.Image, tag: str, *, maximum: int) -> None:
    """Add a tag to an image read with a lock; one that is there already is no error. Raises TooLarge."""
    check_tag(tag)
    if tag in image["tags"]:
        return
    if len(image["tags"]) >= maximum:
        raise errors.TooLarge(f"An image may have {maximum} tags.")
    connection.execute(sa.insert(image_tag).values(image_id=image["id"], tag=tag))
    images.touch(connection, now, image["id"])


def remove_tag(connection: sa.Connection, now: float, image: images.Image, tag: str) -> None:
    """Remove a tag from an image read with a lock; raises NotFound."""
    if tag not in image["tags"]:
        raise errors.NotFound(f"Image {image['id']} has no tag {tag[:255]!r}.")
    connection.execute(sa.delete(image_tag).where(image_tag.c.image_id == image["id"], image_tag.c.tag == tag))
    images.touch(connection, now, image["id"])
