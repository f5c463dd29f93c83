"""Uploading and downloading the data of an image."""

from typing import Any

from cumulo.api.image import quota
from cumulo.api.image.data import ranges
from cumulo.api.image.data.outgoing import Outgoing
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors, log
from cumulo.common.inflow import Inflow
from cumulo.image import images, quotas
from cumulo.image.inspect import Bounds
from cumulo.image.store.protocol import Store, Stream, run
from cumulo.image.uploads import Uploader

LOG = log.get(__name__)
_BINARY = "application/octet-stream"
_GIB = 1024**3
_STORE = "X-Image-Meta-Store"


def upload(request: Request) -> None:
    """Store the body as the data of a queued image."""
    with request.services.database.read() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"], lock=False)
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    length = None if is_chunked else request.content_length or 0
    _uploader(request, image).receive(image, body_of(request, length), length)


def body_of(request: Request, length: int | None) -> Any:
    """Return the body of a request, read in big pieces where it comes over a socket and says how long it is."""
    return request.raw if length is None or _connection(request) is None else Inflow(request.raw)


def _uploader(request: Request, image: images.Image) -> Uploader:
    services, conf = request.services, request.services.conf
    with services.database.read() as connection:
        limits = quota.limits_of(connection, image["owner"])
        room = limits.room(connection, quotas.SIZE)
    return Uploader(
        database=services.database, last_write=request.last_write, clock=services.clock, ids=services.ids,
        store=services.image_stores.writable(request.headers.get(_STORE)), threads=services.threads,
        memory=services.image_stores.memory, limits=limits, room=room, max_size=conf.image.max_size_gib * _GIB,
        bounds=_bounds(conf.image))


def _bounds(settings: Any) -> Bounds:
    return Bounds(settings.inspection_timeout_s, settings.inspection_memory_mib, settings.format_enforcement,
                  settings.max_size_gib * _GIB)


def download(request: Request) -> Reply:
    """Send the data of an image, or the range of it that is asked for."""
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"])
    if image["status"] == "deactivated" and not images.is_admin(request.context):
        raise errors.Forbidden("The requested image has been deactivated. Image data download is forbidden.")
    if not image["locations"]:
        return Reply(status=204)
    # There are no validators here, so a condition on the range never holds.
    wanted = None if "If-Range" in request.headers else request.headers.get("Range")
    part = ranges.read(wanted, image["size"])
    first, length = part or (0, image["size"])
    store, stream = _open(request, image, first, part is None)
    headers = {"Content-Length": str(length), "Accept-Ranges": "bytes"}
    if part:
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{image['size']}"
    elif image["checksum"]:  # nobody has read what a URL leads to
        headers["Content-Md5"] = image["checksum"]
    chunks = Outgoing(request.services.threads, store, stream, (first, length), _connection(request))
    return Reply(status=206 if part else 200, chunks=chunks, headers=headers, content_type=_BINARY)


def _open(request: Request, image: dict[str, Any], first: int, is_whole: bool) -> tuple[Store, Stream]:
    place = request.services.image_stores.best(image["locations"])
    if place is None:
        LOG.error("image_store_unknown", image=image["id"], locations=image["locations"])
        raise errors.ServiceUnavailable("The store of the image is not there now.")
    store, name = place
    cache = None if store.local else request.services.image_cache
    if cache is not None and (copy := cache.open(image["id"], first)) is not None:
        return cache.data, copy
    try:
        stream = run(request.services.threads, store, store.open, name, first)
        return store, cache.filled(image, store, stream) if cache is not None and is_whole else stream
    except FileNotFoundError as failure:  # deleted since the row was read, or lost from the store
        LOG.error("image_data_missing", image=image["id"], store=store.name, name=name)
        raise errors.NotFound(f"The data of image {image['id']} is not there.") from failure
    except OSError as failure:
        LOG.error("image_store_failed", store=store.name, place=store.place, error=str(failure))
        raise errors.ServiceUnavailable("The store of the image does not answer now.") from failure


def _connection(request: Request) -> Any:
    """Return the socket of a request, where a server of ours took it from one."""
    taken = request.environ.get("eventlet.input")
    return taken.get_socket() if taken is not None else None
