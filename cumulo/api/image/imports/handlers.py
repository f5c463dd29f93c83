"""Beginning the import of an image."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.image import quota
from cumulo.api.image.imports.schema import REMOTE
from cumulo.api.wsgi.route import Request
from cumulo.common import errors, ids
from cumulo.image import images, imports, options, uris
from cumulo.image.imports import COPY_IMAGE, GLANCE_DOWNLOAD, WEB_DOWNLOAD, Place, Wish

_STORE_HEADER = "X-Image-Meta-Store"


def show_methods(request: Request) -> dict[str, Any]:
    """Say how images may be imported here."""
    return {"import-methods": {"description": "Import methods available.", "type": "array", "value": imports.methods(request.services.conf)}}


def import_image(request: Request) -> None:
    """Begin an import; what comes of it is seen of the image and of its tasks."""
    database, image_id = request.services.database, request.params["image_id"]
    method = _method(request)
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, image_id)
        wish = Wish(
            method["name"], _stores(request, image), request.body.get("all_stores_must_succeed", True),
            _source(request, method),
            task={"type": "api_image_import", "input": {"image_id": image_id, "import_req": request.body}})
        begin(request, connection, image, wish)
    request.ring("scheduler", "operation")


def begin(request: Request, connection: sa.Connection, image: images.Image, wish: Wish) -> str:
    """Create the operation of an import and return its id."""
    services, now = request.services, request.services.database.now(connection)
    conf = services.conf
    host = imports.choose_host(connection, now, conf.host, silent_s=_SILENT_S)
    place = Place(host, conf.image.import_timeout_s, quota.limits_of(connection, image["owner"]))
    return imports.begin(connection, services.ids, now, image, wish, place, request.context)


_SILENT_S = 30.0
"""Agents say every few seconds that they live."""


def _method(request: Request) -> dict[str, Any]:
    """Return the method that is asked for, judged as far as that is possible without the image."""
    method: dict[str, Any] = request.body["method"]
    if method["name"] not in imports.methods(request.services.conf):
        raise errors.BadRequest(f"The import method {method['name']} is not enabled.")
    if (method["name"] == WEB_DOWNLOAD) != ("uri" in method):
        raise errors.BadRequest("The import method web-download, and no other, needs a uri.")
    told = set(method) & set(REMOTE)
    if (method["name"] == GLANCE_DOWNLOAD) != bool(told) or (told and not set(REMOTE[:2]) <= told):
        raise errors.BadRequest(
            "The import method glance-download, and no other, needs a glance_image_id and a glance_region.")
    if told and not ids.is_uuid(method["glance_image_id"]):
        raise errors.BadRequest("The glance image id does not look like a UUID.")
    if method["name"] == WEB_DOWNLOAD:
        uris.check(method["uri"], options.web_rules(request.services.conf))
    if method["name"] == COPY_IMAGE:
        request.authorize("image:imports:copy")
    return method


def _source(request: Request, method: dict[str, Any]) -> dict[str, Any]:
    """Return where the data comes from, as the import's state holds it."""
    if method["name"] == WEB_DOWNLOAD:
        return {"uri": method["uri"]}
    if method["name"] != GLANCE_DOWNLOAD:
        return {}
    return {"remote_id": method["glance_image_id"], "region": method["glance_region"],
            "interface": method.get("glance_service_interface", "public"), "roles": list(request.context.roles),
            "sealed_token": request.services.tokens.keep(request.headers["X-Auth-Token"])}


def _stores(request: Request, image: images.Image) -> tuple[str, ...]:
    """Return the stores that are asked for; "all" leaves out those that only read, or have the image already."""
    body, stores = request.body, request.services.image_stores
    named = body.get("stores") or [each for each in [request.headers.get(_STORE_HEADER)] if each]
    if body.get("all_stores"):
        if named:
            raise errors.BadRequest("Name stores, or ask for all of them.")
        there = {each["store"] for each in image["locations"]}
        found = tuple(each.name for each in stores.all if each.writable and each.name not in there)
        if not found:
            raise errors.Conflict(f"Image {image['id']} is in every store already.")
        return found
    return tuple(stores.writable(each).name for each in named) or (stores.writable(None).name,)
