"""What the routes of namespaces do."""

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from cumulo.api.image.metadefs import view
from cumulo.api.image.metadefs.common import changing, prefix, reading
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.image.metadefs import items, namespaces, resource_types

Row = dict[str, Any]


def list_namespaces(request: Request) -> Row:
    """List the namespaces that the caller may see, a page at a time, without what is in them."""
    conf = request.services.conf.image
    page = paging.page(request, maximum=conf.max_page_size, sort_keys=namespaces.SORT_KEYS,
                       default_sort=namespaces.DEFAULT_SORT)
    limit = page.limit if "limit" in request.query else min(conf.default_page_size, conf.max_page_size)
    visibility = request.query.get("visibility")
    if visibility not in (None, *namespaces.VISIBILITIES):
        raise errors.BadRequest(f"visibility must be {' or '.join(namespaces.VISIBILITIES)}.")
    wanted = tuple(each for each in request.query.get("resource_types", "").split(",") if each)
    query = namespaces.Query(visibility, wanted, page.sort, int(limit or 0), page.marker)
    with request.services.database.read() as connection:
        found, more = namespaces.listed(connection, request.context, query)
        about = resource_types.associations(connection, [row["id"] for row in found])
    answer: Row = {"namespaces": [view.namespace(row, about[row["id"]]) for row in found],
                   "schema": f"{view.SCHEMAS}/namespaces", "first": _first(request)}
    if more:
        answer["next"] = paging.next_url(request, found[-1]["namespace"], view.PATH)
    return answer


def _first(request: Request) -> str:
    kept = [(name, value) for name, value in request.query.items() if name != "marker"]
    return f"{view.PATH}?{urlencode(kept)}" if kept else view.PATH


def create(request: Request) -> Reply:
    """Make a namespace, with whatever the body puts in it."""
    services, body = request.services, request.body
    owner = body.get("owner", request.context.project_id)
    namespace_id = services.ids.new_id()
    with services.database.write() as connection:
        if owner is not None:
            services.tokens.hold_known(connection, owner)
        now = services.database.now(connection)
        namespaces.create(connection, now, namespace_id, owner, body)
        for each in body.get("resource_type_associations", ()):
            resource_types.associate(connection, now, namespace_id, each)
        for kind, new in _contents(body):
            items.create_all(connection, now, namespace_id, kind, new)
        row = namespaces.get_visible(connection, request.context, body["namespace"])
        shown = _whole(connection, row)
    return Reply(shown, headers={"Location": request.url + view.path_of(row["namespace"])})


def _contents(body: Row) -> list[tuple[items.Kind, list[tuple[str, Row]]]]:
    objects = [(each["name"], {name: value for name, value in each.items() if name != "name"})
               for each in body.get("objects", ())]
    return [(items.OBJECT, objects), (items.PROPERTY, list(body.get("properties", {}).items())),
            (items.TAG, [(each["name"], {}) for each in body.get("tags", ())])]


def _whole(connection: sa.Connection, row: Row, before: str = "") -> Row:
    """Return a namespace with everything in it."""
    about = resource_types.associations(connection, [row["id"]])[row["id"]]
    objects, properties, tags = (items.listed(connection, row["id"], kind) for kind in items.KINDS)
    shown = view.namespace(row, about)
    if objects:
        shown["objects"] = [view.object_(row["namespace"], each, before) for each in objects]
    if properties:
        shown["properties"] = view.properties(properties, before)
    if tags:
        shown["tags"] = [view.tag(each) for each in tags]
    return shown


def show(request: Request) -> Row:
    """Show a namespace with everything in it."""
    with reading(request) as (connection, row):
        return _whole(connection, row, prefix(request, connection, row))


def update(request: Request) -> Row:
    """Change a namespace, also its name; what is in it stays."""
    with changing(request) as (connection, row, now):
        owner = request.body.get("owner", row["owner"])
        if owner is not None:
            request.services.tokens.hold_known(connection, owner)
        changed = namespaces.update(connection, now, row, request.body | {"owner": owner})
        return view.namespace(changed, resource_types.associations(connection, [row["id"]])[row["id"]])


def delete(request: Request) -> None:
    """Delete a namespace and everything in it."""
    with changing(request) as (connection, row, _):
        namespaces.delete(connection, row)


def list_resource_types(request: Request) -> Row:
    """List all kinds of resources."""
    with request.services.database.read() as connection:
        return {"resource_types": [view.resource_type(row) for row in resource_types.listed(connection)]}


def list_associations(request: Request) -> Row:
    """List the kinds of resources that a namespace is about."""
    with reading(request) as (connection, row):
        found = resource_types.associations(connection, [row["id"]])[row["id"]]
    return {"resource_type_associations": [view.association(each) for each in found]}


def associate(request: Request) -> Row:
    """Say that a namespace is about a kind of resource."""
    with changing(request) as (connection, row, now):
        return view.association(resource_types.associate(connection, now, row["id"], request.body))


def dissociate(request: Request) -> None:
    """Say that a namespace is not about a kind of resource any more."""
    with changing(request) as (connection, row, _):
        namespaces.refuse_protected(row)
        resource_types.dissociate(connection, row["id"], request.params["resource_type"])
