"""Images and their metadata, over the image API's own rules: what may be seen, changed and read there holds here."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.images import view
from cumulo.api.image.images import handlers as image_api
from cumulo.api.metadata import Change, Handlers, Metadata
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import quotas
from cumulo.image import attributes, images, listing, protections


def list_brief(request: Request) -> dict[str, Any]:
    """List images with id, name and links."""
    return _list(request, lambda row: view.brief(request, row))


def list_full(request: Request) -> dict[str, Any]:
    """List images with everything that show shows."""
    return _list(request, lambda row: _full(request, row))


def _list(request: Request, shown: Callable[[images.Image], dict[str, Any]]) -> dict[str, Any]:
    most = request.services.conf.servers.page_limit
    limit = min(paging.number(request, "limit") or most, most)  # 0 means no limit of the caller's own
    wanted = listing.Query(
        filters=tuple(_filters(request)), sort=listing.DEFAULT_SORT, limit=limit, marker=request.query.get("marker") or None,
        parse_time=times.parse, is_readable=lambda name: _protections(request).allows("read", name, request.context.roles))
    with request.services.database.read() as connection:
        rows, has_more = listing.list_images(connection, request.context, wanted)
    answer: dict[str, Any] = {"images": [shown(row) for row in rows]}
    if has_more:
        answer["images_links"] = [{"rel": "next", "href": paging.next_url(request, rows[-1]["id"])}]
    return answer


def _filters(request: Request) -> list[tuple[str, str]]:
    """What is asked for in the image API's words."""
    query = request.query
    found = [(name, query[asked]) for asked, name in (("name", "name"), ("minRam", "min_ram"), ("minDisk", "min_disk"),
                                                      ("type", "image_type")) if asked in query]
    if "server" in query:
        found.append(("instance_uuid", query["server"].rstrip("/").rpartition("/")[2]))
    if "status" in query:
        words = [word for word, shown in view.STATUSES.items() if shown == query["status"].upper()]
        found.append(("status", "in:" + ",".join(words or ["none"])))
    since = times.query(request, "changes-since")
    return found if since is None else [*found, ("updated_at", f"gte:{times.iso_z(since)}")]


def show(request: Request) -> dict[str, Any]:
    """Show an image."""
    with request.services.database.read() as connection:
        return {"image": _full(request, _image(request, connection))}


def delete(request: Request) -> None:
    """Delete an image, as the image API does."""
    image_api.delete(request)


def _read(request: Request) -> Metadata:
    with request.services.database.read() as connection:
        return _metadata(request, _image(request, connection))


def _change(request: Request, change: Change) -> Metadata:
    """Change what the caller may see of an image's properties; raises whatever the image API would."""
    database = request.services.database
    with database.write() as connection:
        before = images.get_own_image(connection, request.context, request.params["image_id"])
        seen = _metadata(request, before)
        unseen = {key: value for key, value in before["properties"].items() if key not in seen}
        after = before | {"properties": unseen | change(seen)}
        for name in after["properties"]:
            if attributes.is_attribute(name):
                raise errors.BadRequest(f"{name} is an attribute of images and cannot be their metadata.")
        quotas.check_metadata(quotas.limits_for(connection, request.services.conf, request.context.project_id),
                              after["properties"])
        attributes.check_bounds(after, image_api.bounds(request))
        _protections(request).check_change(before["properties"], after["properties"], request.context.roles)
        images.save_changes(connection, database.now(connection), before, after)
    return _metadata(request, after)


def _image(request: Request, connection: sa.Connection) -> images.Image:
    return images.get_visible_image(connection, request.context, request.params["image_id"])


def _full(request: Request, row: images.Image) -> dict[str, Any]:
    return view.full(request, row, _metadata(request, row))


def _metadata(request: Request, row: images.Image) -> Metadata:
    return _protections(request).readable(row["properties"], request.context.roles)


def _protections(request: Request) -> protections.Protections:
    return protections.of(request.services.conf)


METADATA = Handlers(_read, _change)
