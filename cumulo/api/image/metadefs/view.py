"""Metadata definitions as JSON: what was not given is left out."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from cumulo.api.wsgi.times import iso_z

Row = dict[str, Any]
PATH = "/v2/metadefs/namespaces"
SCHEMAS = "/v2/schemas/metadefs"
_OPTIONAL = ("display_name", "description", "owner")


def path_of(*names: str) -> str:
    """Return the path of a namespace, or of something in it."""
    return "/".join((PATH, *(quote(name, safe=":") for name in names)))


def namespace(row: Row, associations: Iterable[Row] = ()) -> Row:
    """Return a namespace with the kinds of resources it is about, if any."""
    shown = {name: row[name] for name in ("namespace", "visibility", "protected")}
    shown |= {name: row[name] for name in _OPTIONAL if row[name] is not None}
    about = [association(each) for each in associations]
    return shown | _times(row) | {
        **({"resource_type_associations": about} if about else {}),
        "self": path_of(row["namespace"]), "schema": f"{SCHEMAS}/namespace"}


def association(row: Row) -> Row:
    """Return what ties a namespace to a kind of resource."""
    shown = {name: row[name] for name in ("name", "prefix", "properties_target") if row[name] is not None}
    return shown | {"created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["created_at"])}


def resource_type(row: Row) -> Row:
    """Return a kind of resource."""
    return {"name": row["name"], "created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["created_at"])}


def object_(namespace_name: str, row: Row, prefix: str = "") -> Row:
    """Return an object; a prefix goes before the names of its properties."""
    content = {name: value for name, value in row["content"].items() if value is not None}
    properties = {prefix + name: each for name, each in content.pop("properties", {}).items()}
    return content | _times(row) | {
        "name": row["name"], "properties": properties, "required": [prefix + name for name in content.get("required", ())],
        "self": path_of(namespace_name, "objects", row["name"]), "schema": f"{SCHEMAS}/object"}


def property_(row: Row, prefix: str = "") -> Row:
    """Return a property; a prefix goes before its name."""
    return {**row["content"], "name": prefix + row["name"]}


def properties(rows: Iterable[Row], prefix: str = "") -> Row:
    """Return properties by their names; a prefix goes before these."""
    return {prefix + row["name"]: row["content"] for row in rows}


def tag(row: Row) -> Row:
    """Return a tag."""
    return {"name": row["name"], **_times(row)}


def _times(row: Row) -> Row:
    return {"created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["updated_at"])}
