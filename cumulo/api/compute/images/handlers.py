"""Images and their metadata, over the image API's own rules: what may be seen, changed and read there holds here."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api.compute.images import view
from cumulo.api.image.images import handlers as image_api
from cumulo.api.wsgi import paging, times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import quotas
from cumulo.image import attributes, images, listing, protections

Metadata = dict[str, str]


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


def list_metadata(request: Request) -> dict[str, Any]:
    """Show the metadata of an image."""
    with request.services.database.read() as connection:
        return {"metadata": _metadata(request, _image(request, connection))}


def merge(request: Request) -> dict[str, Any]:
    """Add metadata, and change what is there."""
    return {"metadata": _change(request, lambda old: old | request.body["metadata"])}


def replace(request: Request) -> dict[str, Any]:
    """Put new metadata in place of what the caller may see of the old."""
    with request.services.database.read() as connection:
        seen = _metadata(request, _image(request, connection))
    return {"metadata": _change(request, lambda old: {
        key: value for key, value in old.items() if key not in seen} | request.body["metadata"])}


def show_item(request: Request) -> dict[str, Any]:
    """Show one key; raises NotFound."""
    with request.services.database.read() as connection:
        return {"meta": _one(_metadata(request, _image(request, connection)), request)}


def set_item(request: Request) -> dict[str, Any]:
    """Set one key, which must be the one of the path."""
    asked = request.body["meta"]
    if list(asked) != [request.params["key"]]:
        raise errors.BadRequest("Request body and URI mismatch")
    _change(request, lambda old: old | asked)
    return {"meta": asked}


def delete_item(request: Request) -> None:
    """Remove one key; raises NotFound."""

    def without(old: Metadata) -> Metadata:
        gone = _one(_protections(request).readable(old, request.context.roles), request)
        return {key: value for key, value in old.items() if key not in gone}

    _change(request, without)


def _change(request: Request, change: Callable[[Metadata], Metadata]) -> Metadata:
    """Change the properties of an image of the caller's; raises whatever the image API would."""
    database = request.services.database
    with database.write() as connection:
        before = images.get_own_image(connection, request.context, request.params["image_id"])
        after = before | {"properties": change(dict(before["properties"]))}
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


def _one(metadata: Metadata, request: Request) -> Metadata:
    key = request.params["key"]
    if key not in metadata:
        raise errors.NotFound("Metadata item was not found")
    return {key: metadata[key]}


def _protections(request: Request) -> protections.Protections:
    return protections.of(request.services.conf)
