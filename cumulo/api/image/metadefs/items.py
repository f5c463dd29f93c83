"""What the routes of objects, properties and tags of a namespace do."""

from typing import Any

from cumulo.api.image.metadefs import view
from cumulo.api.image.metadefs.common import changing, prefix, reading
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.image.metadefs import items, namespaces

Row = dict[str, Any]
MOST_CHARACTERS = 80
_APPEND = "X-Openstack-Append"


def list_objects(request: Request) -> Row:
    """List the objects of a namespace."""
    with reading(request) as (connection, row):
        found, before = items.listed(connection, row["id"], items.OBJECT), prefix(request, connection, row)
    return {"objects": [view.object_(row["namespace"], each, before) for each in found],
            "schema": f"{view.SCHEMAS}/objects"}


def create_object(request: Request) -> Row:
    """Put an object into a namespace."""
    with changing(request) as (connection, row, now):
        name, content = request.body["name"], _without_name(request.body)
        items.create(connection, now, row["id"], items.OBJECT, name, content)
        return view.object_(row["namespace"], items.get(connection, row["id"], items.OBJECT, name))


def show_object(request: Request) -> Row:
    """Show an object."""
    with reading(request) as (connection, row):
        found = items.get(connection, row["id"], items.OBJECT, request.params["object_name"])
        return view.object_(row["namespace"], found, prefix(request, connection, row))


def update_object(request: Request) -> Row:
    """Change an object, also its name."""
    with changing(request) as (connection, row, now):
        before = items.get(connection, row["id"], items.OBJECT, request.params["object_name"])
        return view.object_(row["namespace"], items.update(
            connection, now, before, items.OBJECT, request.body["name"], _without_name(request.body)))


def delete_object(request: Request) -> None:
    """Delete an object."""
    _delete(request, items.OBJECT, request.params["object_name"])


def delete_objects(request: Request) -> None:
    """Delete all objects of a namespace."""
    _delete_all(request, items.OBJECT)


def list_properties(request: Request) -> Row:
    """List the properties of a namespace, by their names."""
    with reading(request) as (connection, row):
        found, before = items.listed(connection, row["id"], items.PROPERTY), prefix(request, connection, row)
    return {"properties": view.properties(found, before), "schema": f"{view.SCHEMAS}/properties"}


def create_property(request: Request) -> Row:
    """Put a property into a namespace."""
    with changing(request) as (connection, row, now):
        name = request.body["name"]
        items.create(connection, now, row["id"], items.PROPERTY, name, _without_name(request.body))
        return view.property_(items.get(connection, row["id"], items.PROPERTY, name))


def show_property(request: Request) -> Row:
    """Show a property; on a kind of resource it is known by the name with the prefix, too."""
    with reading(request) as (connection, row):
        before = prefix(request, connection, row)
        name = request.params["property_name"].removeprefix(before)
        return view.property_(items.get(connection, row["id"], items.PROPERTY, name), before)


def update_property(request: Request) -> Row:
    """Change a property, also its name."""
    with changing(request) as (connection, row, now):
        before = items.get(connection, row["id"], items.PROPERTY, request.params["property_name"])
        return view.property_(items.update(
            connection, now, before, items.PROPERTY, request.body["name"], _without_name(request.body)))


def delete_property(request: Request) -> None:
    """Delete a property."""
    _delete(request, items.PROPERTY, request.params["property_name"])


def delete_properties(request: Request) -> None:
    """Delete all properties of a namespace."""
    _delete_all(request, items.PROPERTY)


def list_tags(request: Request) -> Row:
    """List the tags of a namespace."""
    with reading(request) as (connection, row):
        found = items.listed(connection, row["id"], items.TAG)
    return _tags(row, found)


def _tags(row: Row, found: list[Row]) -> Row:
    return {"tags": [view.tag(each) for each in found], "first": view.path_of(row["namespace"], "tags"),
            "schema": f"{view.SCHEMAS}/tags"}


def create_tags(request: Request) -> Row:
    """Give a namespace these tags instead of those it has; with X-Openstack-Append: true beside them."""
    append = request.headers.get(_APPEND, "false").strip().lower()
    if append not in ("true", "false"):
        raise errors.BadRequest(f"{_APPEND} must be true or false.")
    new = [(each["name"], dict[str, Any]()) for each in request.body["tags"]]
    with changing(request) as (connection, row, now):
        if append == "true":
            present = {each["name"] for each in items.listed(connection, row["id"], items.TAG)}
            new = [each for each in new if each[0] not in present]
        else:
            namespaces.refuse_protected(row)
            items.delete_all(connection, row["id"], items.TAG)
        items.create_all(connection, now, row["id"], items.TAG, new)
        return _tags(row, items.listed(connection, row["id"], items.TAG))


def create_tag(request: Request) -> Row:
    """Put a tag into a namespace."""
    name = request.params["tag_name"]
    with changing(request) as (connection, row, now):
        if len(name) > MOST_CHARACTERS:
            raise errors.BadRequest(f"The name of a tag has 1 to {MOST_CHARACTERS} characters.")
        items.create(connection, now, row["id"], items.TAG, name, {})
        return view.tag(items.get(connection, row["id"], items.TAG, name))


def show_tag(request: Request) -> Row:
    """Show a tag."""
    with reading(request) as (connection, row):
        return view.tag(items.get(connection, row["id"], items.TAG, request.params["tag_name"]))


def update_tag(request: Request) -> Row:
    """Give a tag another name."""
    with changing(request) as (connection, row, now):
        before = items.get(connection, row["id"], items.TAG, request.params["tag_name"])
        return view.tag(items.update(connection, now, before, items.TAG, request.body["name"], {}))


def delete_tag(request: Request) -> None:
    """Delete a tag."""
    _delete(request, items.TAG, request.params["tag_name"])


def delete_tags(request: Request) -> None:
    """Delete all tags of a namespace."""
    _delete_all(request, items.TAG)


def _delete(request: Request, kind: items.Kind, name: str) -> None:
    with changing(request) as (connection, row, _):
        namespaces.refuse_protected(row)
        items.delete(connection, items.get(connection, row["id"], kind, name))


def _delete_all(request: Request, kind: items.Kind) -> None:
    with changing(request) as (connection, row, _):
        namespaces.refuse_protected(row)
        items.delete_all(connection, row["id"], kind)


def _without_name(body: Row) -> Row:
    return {name: value for name, value in body.items() if name != "name"}
