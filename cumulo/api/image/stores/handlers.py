"""What stores there are, and removing the data of an image from one of them."""

from typing import Any

from cumulo.api.services import Services
from cumulo.api.wsgi.route import Request
from cumulo.common import log
from cumulo.image import images, options

LOG = log.get(__name__)


def list_stores(request: Request) -> dict[str, Any]:
    """List the stores."""
    return {"stores": [_view(request, store) for store in request.services.image_stores.all]}


def list_details(request: Request) -> dict[str, Any]:
    """List the stores with what they stand on."""
    stores = request.services.image_stores
    return {"stores": [_view(request, store) | {"type": store.kind, "weight": stores.weight(store.name), "properties": {}}
                       for store in stores.all]}


def _view(request: Request, store: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": store.name}
    description = options.store_description(request.services.conf, store.name)
    if description:
        shown["description"] = description
    if store.name == request.services.image_stores.default_name:
        shown["default"] = "true"
    if not store.writable:
        shown["read-only"] = "true"
    if weight := request.services.image_stores.weight(store.name):
        shown["weight"] = weight
    return shown


def delete(request: Request) -> None:
    """Remove an image from one of its stores: the row first, then the data, so that no row names data that is gone."""
    services, database = request.services, request.services.database
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        name = images.remove_location(connection, database.now(connection), image, request.params["store_id"])
    database.after_commit(remove, services, request.params["store_id"], name)


def remove(services: Services, store: str | None, name: str) -> None:
    """Remove data that no image names any more; what a store does not take now, the sweep takes later."""
    try:
        services.image_stores.delete(services.threads, store, name)
    except OSError as failure:
        LOG.warning("image_data_left_to_sweep", store=store, name=name, error=failure)
