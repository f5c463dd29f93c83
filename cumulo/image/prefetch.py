"""Making the copies that somebody wants, and dropping those of images that are gone."""

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.image import image as image_table
from cumulo.image import images
from cumulo.image.cache import ImageCache
from cumulo.image.stores import Stores

LOG = log.get(__name__)


def tend(database: Database, stores: Stores, cache: ImageCache) -> None:
    """Do all that a cache needs once in a while."""
    prefetch(database, stores, cache)
    drop_deleted(database, cache)
    cache.sweep()


def prefetch(database: Database, stores: Stores, cache: ImageCache) -> None:
    """Fetch every image that is waited for; what fails is tried again by the next round."""
    for image_id in cache.queued():
        try:
            with database.read() as connection:
                image = images.get_image(connection, image_id)
        except errors.NotFound:
            cache.drop(image_id)
            continue
        place = stores.best(image["locations"])
        if image["status"] != "active" or place is None or not cache.fits(image):
            cache.drop(image_id)
            continue
        try:
            cache.fetch(image, *place)
        except OSError as failure:
            LOG.warning("image_not_prefetched", image=image_id, store=place[0].name, error=failure)


def drop_deleted(database: Database, cache: ImageCache) -> None:
    """Drop the copies of images that are not there any more: they may have been deleted through another host."""
    names = [each.image_id for each in cache.cached()]
    with database.read() as connection:
        there = set(connection.execute(sa.select(image_table.c.id).where(image_table.c.id.in_(names))).scalars())
    for image_id in sorted(set(names) - there):
        cache.drop(image_id)
