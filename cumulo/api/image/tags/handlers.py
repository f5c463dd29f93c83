"""Adding and removing one tag."""

from cumulo.api.wsgi.route import Request
from cumulo.image import images, tags


def add(request: Request) -> None:
    """Tag an image."""
    database = request.services.database
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        tags.add_tag(connection, database.now(connection), image, request.params["tag"],
                     maximum=request.services.conf.image.max_tags)


def remove(request: Request) -> None:
    """Remove a tag from an image."""
    database = request.services.database
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        tags.remove_tag(connection, database.now(connection), image, request.params["tag"])
