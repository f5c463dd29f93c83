"""Receiving data that waits to be imported."""

from cumulo.api.image import quota
from cumulo.api.image.data.handlers import body_of
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.image import images, quotas
from cumulo.image.imports import GLANCE_DIRECT
from cumulo.image.stages import Stager

_GIB = 1024**3


def stage(request: Request) -> None:
    """Keep the body on this host until the image is imported."""
    services, conf = request.services, request.services.conf
    if GLANCE_DIRECT not in conf.image.import_methods:
        raise errors.NotFound(f"The import method {GLANCE_DIRECT} is not enabled.")
    with services.database.read() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"], lock=False)
    is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    with services.database.read() as connection:
        limits = quota.limits_of(connection, image["owner"])
        room = limits.room(connection, quotas.STAGED)
    stager = Stager(
        database=services.database, last_write=request.last_write, staging=services.image_staging, clock=services.clock,
        ids=services.ids, threads=services.threads, host=conf.host, max_size=conf.image.max_size_gib * _GIB,
        limits=limits, room=room)
    length = None if is_chunked else request.content_length or 0
    stager.receive(image["id"], body_of(request, length), length)
