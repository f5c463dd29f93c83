"""Telling services where the data of an image is, and making an image of data that stays where it is."""

from cumulo.api.image.images import locations
from cumulo.api.image.imports import handlers as imports_handlers
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.image import images, imports, urls


def list_locations(request: Request) -> Reply:
    """List the locations of an image."""
    with request.services.database.read() as connection:
        image = images.get_visible_image(connection, request.context, request.params["image_id"])
    return Reply(locations.told(request.services, image))


def add(request: Request) -> None:
    """Begin to make a queued image of what a URL leads to; the image's tasks tell what comes of it."""
    database, image_id = request.services.database, request.params["image_id"]
    with database.read() as connection:  # nobody is told what may be read before it is known whose image it is
        images.get_own_image(connection, request.context, image_id, lock=False)
    location = urls.read(request.body, locations.store_of(request.services))
    if not location.store:
        raise errors.BadRequest("The URL does not pass filtering: no store of this cloud reads it.")
    urls.check_digests(location.validation)
    wish = imports.Wish(
        imports.ADD_LOCATION, (location.store,), action=imports.ADD_LOCATION, task={"type": "location_import", "input": {
            "image_id": image_id, "loc_url": location.url, "validation_data": dict(location.validation)}},
        source={"name": location.name, "url": location.url, "metadata": {}, "validation": dict(location.validation),
                "is_read": request.services.conf.image.hash_locations})
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, image_id)
        imports_handlers.begin(request, connection, image, wish)
    request.ring("scheduler", "operation")
