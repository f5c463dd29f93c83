"""Showing and changing the locations of images, where the configuration allows it."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.api.services import Services
from cumulo.api.wsgi.route import Request
from cumulo.common import errors, log
from cumulo.image import images, urls
from cumulo.image.patch import Change
from cumulo.image.store.http import HttpStore
from cumulo.image.store.protocol import run

LOG = log.get(__name__)
Prepared = tuple[tuple[Change, tuple[urls.Location, ...]], ...]


def shown(request: Request, image: images.Image) -> dict[str, Any]:
    """Return what the owner of an image is told of its locations, where anybody is."""
    conf = request.services.conf.image
    if not (conf.show_multiple_locations or conf.show_image_direct_url) or not images.is_owner(request.context, image):
        return {}
    found = told(request.services, image)
    answer: dict[str, Any] = {"locations": found} if conf.show_multiple_locations else {}
    return answer | ({"direct_url": found[0]["url"]} if conf.show_image_direct_url and found else {})


def told(services: Services, image: images.Image) -> list[dict[str, Any]]:
    """Return the locations of an image as clients read them."""
    return [{"url": each.url, "metadata": dict(each.metadata)} for each in _of(services, image)]


def prepare(request: Request, changes: Sequence[Change]) -> tuple[Prepared, int | None]:
    """Read the changes of locations, and ask how long the first new one is; raises BadRequest, Forbidden.

    Calls out, so not in a transaction.
    """
    prepared = []
    for change in changes:
        request.authorize("image:locations:delete" if change.operation == "remove" else "image:locations:set")
        values = change.value if change.position is None else [change.value]
        if change.operation != "remove" and not isinstance(values, list):
            raise errors.BadRequest("The value of locations is a list.")
        prepared.append((change, () if change.operation == "remove" else tuple(
            urls.read(each, store_of(request.services)) for each in values)))
    new = [each for _, locations in prepared for each in locations if each.store]
    return tuple(prepared), _size(request.services, new[0]) if new else None


def change(request: Request, connection: sa.Connection, now: float, image: images.Image, prepared: Prepared,
           size: int | None) -> tuple[images.Image, list[tuple[str, str]]]:
    """Change the locations of an image read with a lock; return it, and the store and name of data to remove."""
    before = _of(request.services, image)
    after = urls.apply(image, before, prepared)
    changed = urls.save(connection, now, image, after, size)
    left = {each.url for each in after}
    gone = [(each.store, each.name) for each in before if each.is_stored and each.url not in left]
    return images.with_details(connection, [changed])[0], gone


def _of(services: Services, image: images.Image) -> list[urls.Location]:
    stores = services.image_stores.by_name
    return urls.of(image, lambda name: stores[name].kind if name in stores else "unknown")


def store_of(services: Services) -> Callable[[str], str | None]:
    """Return what says which store reads a URL, None for none."""
    web = [store for store in services.image_stores.all if isinstance(store, HttpStore)]
    return lambda url: next((store.name for store in web if store.allows(url)), None)


def _size(services: Services, location: urls.Location) -> int:
    store = services.image_stores.named(location.store)
    assert isinstance(store, HttpStore)
    try:
        return run(services.threads, store, store.size, location.name)
    except OSError as failure:
        LOG.info("image_location_refused", store=store.name, error=str(failure))
        raise errors.BadRequest("The server of that URL does not say how long the data is.") from failure
