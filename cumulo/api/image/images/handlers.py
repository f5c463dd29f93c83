"""What the routes of images do."""

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from cumulo.api.image import quota
from cumulo.api.image.images import locations, view
from cumulo.api.image.images.removal import Removal
from cumulo.api.image.stores.handlers import remove
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.image import attributes, images, imports, listing, patch, protections

_NOT_FILTERS = ("limit", "marker", "sort", "sort_key", "sort_dir")


def bounds(request: Request) -> attributes.Bounds:
    """Return how much one image may carry."""
    conf = request.services.conf.image
    return attributes.Bounds(properties=conf.max_properties, tags=conf.max_tags)


def list_images(request: Request) -> dict[str, Any]:
    """List images the caller may see, a page at a time."""
    conf = request.services.conf.image
    if "sort" in request.query and ("sort_key" in request.query or "sort_dir" in request.query):
        raise errors.BadRequest("Give either sort or sort_key and sort_dir.")
    page = paging.page(request, maximum=conf.max_page_size, sort_keys=listing.SORT_KEYS,
                       default_sort=listing.DEFAULT_SORT)
    limit = page.limit if "limit" in request.query else min(conf.default_page_size, conf.max_page_size)
    filters = tuple((name, value) for name, value in request.query.items() if name not in _NOT_FILTERS)
    query = listing.Query(filters, page.sort, int(limit or 0), page.marker, times.parse,
                          lambda name: _protections(request).allows(protections.READ, name, request.context.roles))
    with request.services.database.read() as connection:
        found, more = listing.list_images(connection, request.context, query)
    answer: dict[str, Any] = {"images": [_shown(request, row) for row in found], "schema": "/v2/schemas/images",
                              "first": _first(request)}
    if more:
        answer["next"] = paging.next_url(request, found[-1]["id"], "/v2/images")
    return answer


def _first(request: Request) -> str:
    kept = [(name, value) for name, value in request.query.items() if name != "marker"]
    return f"/v2/images?{urlencode(kept)}" if kept else "/v2/images"


def create(request: Request) -> Reply:
    """Make an image, which waits for its data."""
    new = attributes.new_image(request.body, bounds(request))
    _protections(request).check_change({}, new["properties"], request.context.roles)
    owner = new.get("owner", request.context.project_id)
    _authorize_owner(request, owner)
    authorize_visibility(request, new["visibility"])
    image_id = new.get("id") or request.services.ids.new_id()
    database = request.services.database
    with database.write() as connection:
        hold(request, connection, owner)
        quota.limits_of(connection, owner).take(connection, image_count_total=1)
        images.create_image(connection, database.now(connection), image_id, owner, new)
        row = images.get_image(connection, image_id)
    return Reply(_shown(request, row), headers={
        "Location": f"{request.url}/v2/images/{image_id}",
        "OpenStack-image-import-methods": ",".join(imports.methods(request.services.conf)),
        "OpenStack-image-store-ids": ",".join(each.name for each in request.services.image_stores.all)})


def show(request: Request) -> dict[str, Any]:
    """Show one image."""
    with request.services.database.read() as connection:
        return _shown(request, images.get_visible_image(connection, request.context, request.params["image_id"]))


def update(request: Request) -> dict[str, Any]:
    """Change an image by a JSON patch."""
    services, database, image_id = request.services, request.services.database, request.params["image_id"]
    changes = patch.read(request.body, patch.MEDIA_TYPES[request.raw_request.content_type],
                         with_locations=services.conf.image.show_multiple_locations)
    of_locations = [each for each in changes if each.name == patch.LOCATIONS]
    if of_locations:
        with database.read() as connection:  # nobody is asked about somebody else's image
            images.get_own_image(connection, request.context, image_id, lock=False)
    prepared, size = locations.prepare(request, of_locations)
    gone: list[tuple[str, str]] = []
    with database.write() as connection:
        before = images.get_own_image(connection, request.context, image_id)
        now = database.now(connection)
        if prepared:
            before, gone = locations.change(request, connection, now, before, prepared, size)
        after = _changed(request, connection, before, [each for each in changes if each.name != patch.LOCATIONS])
        if changes:
            images.save_changes(connection, now, before, after)
    for store, name in gone:
        database.after_commit(remove, services, store, name)
    return _shown(request, after)


def _changed(request: Request, connection: sa.Connection, before: images.Image,
             changes: list[patch.Change]) -> images.Image:
    """Return an image read with a lock as the changes make it; raises whatever forbids them to the caller."""
    after = patch.apply(before, changes)
    attributes.check_bounds(after, bounds(request))
    _protections(request).check_change(before["properties"], after["properties"], request.context.roles)
    if after["owner"] != before["owner"]:
        _authorize_owner(request, after["owner"])
        hold(request, connection, after["owner"])
        stored = sum("url" not in each for each in after["locations"])
        quota.limits_of(connection, after["owner"]).take(
            connection, image_count_total=1, image_size_total=(after["size"] or 0) * stored)
    if after["visibility"] != before["visibility"]:
        authorize_visibility(request, after["visibility"])
    return after


def _shown(request: Request, row: images.Image) -> dict[str, Any]:
    """Return an image with the properties that the caller may read, and its locations if they may be known."""
    properties = _protections(request).readable(row["properties"], request.context.roles)
    weight = request.services.image_stores.weight
    return view.image(row | {"properties": properties}, weight) | locations.shown(request, row)


def _protections(request: Request) -> protections.Protections:
    return protections.of(request.services.conf)


def delete(request: Request) -> None:
    """Delete an image, whatever state it is in."""
    removed = Removal()
    with request.services.database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        seen = None if images.is_admin(request.context) else request.context.project_id or ""
        removed.take(connection, image, request.context, seen=seen)
    removed.finish(request)


def deactivate(request: Request) -> None:
    """Forbid the download of an image."""
    _set_active(request, False)


def reactivate(request: Request) -> None:
    """Allow the download of an image again."""
    _set_active(request, True)


def _set_active(request: Request, active: bool) -> None:
    database = request.services.database
    with database.write() as connection:
        image = images.get_own_image(connection, request.context, request.params["image_id"])
        images.set_active(connection, database.now(connection), image, active)


def _authorize_owner(request: Request, owner: str | None) -> None:
    if owner != request.context.project_id:
        request.authorize("image:images:set_owner")


def hold(request: Request, connection: sa.Connection, owner: str | None) -> None:
    """Keep the owner from being deleted. Who may name any owner may also name one that identity does not know."""
    if owner is not None and owner == request.context.project_id:
        request.services.tokens.hold(connection, owner)
    elif owner is not None:
        request.services.tokens.hold_known(connection, owner)


def authorize_visibility(request: Request, visibility: str) -> None:
    """Raise Forbidden unless the caller may make an image visible so."""
    if visibility == "public":
        request.authorize("image:images:publicize")
    elif visibility == "community":
        request.authorize("image:images:communitize")
