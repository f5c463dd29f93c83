"""What the routes of the cache do: for administrators, and for the host that answers alone."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.image import images
from cumulo.image.cache import ImageCache

_TARGET = "X-Image-Cache-Clear-Target"
_TARGETS = {"": (True, True), "both": (True, True), "cache": (True, False), "queue": (False, True)}


def _cache(request: Request) -> ImageCache:
    cache = request.services.image_cache
    if cache is None:
        raise errors.NotFound("This host keeps no copies of images.")
    return cache


def list_cache(request: Request) -> dict[str, Any]:
    """List the images that there are copies of, and those that copies will be made of.

    Times are seconds since 1970: `openstack cached image list` reads numbers.
    """
    cache = _cache(request)
    return {"cached_images": [{"image_id": each.image_id, "hits": each.hits, "size": each.size,
                               "last_accessed": each.read_at, "last_modified": each.made_at}
                              for each in cache.cached()],
            "queued_images": cache.queued()}


def queue(request: Request) -> None:
    """Have a copy of an image made."""
    cache, image_id = _cache(request), request.params["image_id"]
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, image_id)
    if image["status"] != "active":
        raise errors.BadRequest(f"Image {image_id} is {image['status']}; only an active image can be cached.")
    request.services.database.after_commit(cache.queue, image["id"])


def drop(request: Request) -> None:
    """Drop the copy of an image, or the wish for one."""
    cache, image_id = _cache(request), request.params["image_id"]
    if image_id not in cache.queued() and all(each.image_id != image_id for each in cache.cached()):
        raise errors.NotFound(f"There is no copy of image {image_id[:64]} here, and none is waited for.")
    request.services.database.after_commit(cache.drop, image_id)


def clear(request: Request) -> None:
    """Drop all copies, all wishes, or both, as the header says."""
    target = request.headers.get(_TARGET, "").lower()
    if target not in _TARGETS:
        raise errors.BadRequest(f"{_TARGET} is cache, queue or both.")
    request.services.database.after_commit(_cache(request).clear, *_TARGETS[target])
