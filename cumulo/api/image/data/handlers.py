"""Uploading and downloading the data of an image, a chunk at a time."""

import contextlib
from collections.abc import Iterator
from typing import Any

from cumulo.api.image.data import ranges
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors, log
from cumulo.common.threads import Threads
from cumulo.image import images
from cumulo.image.inspect import Bounds
from cumulo.image.store.protocol import Stream
from cumulo.image.uploads import CHUNK_BYTES, Uploader

LOG = log.get(__name__)
_BINARY = "application/octet-stream"
_GIB = 1024**3


def upload(request: Request) -> None:
    """Store the body as the data of a queued image."""
    with request.services.database.read() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"], lock=False)
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    length = None if is_chunked else request.content_length or 0
    _uploader(request).receive(image, request.raw, length)


def _uploader(request: Request) -> Uploader:
    services, conf = request.services, request.services.conf
    return Uploader(
        database=services.database, last_write=request.last_write, store=services.image_stores.default,
        clock=services.clock, ids=services.ids, threads=services.threads, max_size=conf.image.max_size_gib * _GIB,
        bounds=Bounds(conf.image.inspection_timeout_s, conf.image.inspection_memory_mib))


def download(request: Request) -> Reply:
    """Send the data of an image, or the range of it that is asked for."""
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"])
    if image["status"] == "deactivated" and not images.is_admin(request.context):
        raise errors.Forbidden("The requested image has been deactivated. Image data download is forbidden.")
    if not image["locations"]:
        return Reply(status=204)
    part = ranges.read(request.headers.get("Range"), image["size"])
    first, length = part or (0, image["size"])
    stream = _open(request, image, first)
    headers = {"Content-Length": str(length), "Accept-Ranges": "bytes"}
    if part:
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{image['size']}"
    else:
        headers["Content-Md5"] = image["checksum"]
    chunks = _chunks(request.services.threads, stream, length)
    return Reply(status=206 if part else 200, chunks=chunks, headers=headers, content_type=_BINARY)


def _open(request: Request, image: dict[str, Any], first: int) -> Stream:
    place = request.services.image_stores.best(image["locations"])
    if place is None:
        LOG.error("image_store_unknown", image=image["id"], locations=image["locations"])
        raise errors.ServiceUnavailable("The store of the image is not there now.")
    store, name = place
    try:
        return store.open(name, first)
    except FileNotFoundError as failure:  # deleted since the row was read, or lost from the store
        LOG.error("image_data_missing", image=image["id"], store=store.name, name=name)
        raise errors.NotFound(f"The data of image {image['id']} is not there.") from failure


def _chunks(threads: Threads, stream: Stream, length: int) -> Iterator[bytes]:
    with contextlib.closing(stream):
        while length > 0:
            chunk = threads.native(stream.read, min(CHUNK_BYTES, length))
            if not chunk:
                return  # cut short: the client sees fewer bytes than Content-Length says
            length -= len(chunk)
            yield chunk
