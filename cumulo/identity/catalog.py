"""The catalog: regions, services and their endpoints, and what of it a token shows."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables import identity_cloud as cloud
from cumulo.common.ids import Ids
from cumulo.identity import endpoint_filter, rows
from cumulo.identity.model import Endpoint, Region, Service

Record = TypeVar("Record", Region, Service, Endpoint)
TABLES: dict[type, sa.Table] = {Region: tables.region, Service: tables.service, Endpoint: tables.endpoint}
FILTERS: dict[type, tuple[str, ...]] = {
    Region: ("parent_region_id",), Service: ("name", "type"), Endpoint: ("interface", "service_id", "region_id")}
CLASHES: dict[type, str] = {
    Region: "A region with this id exists already.", Service: "The service exists already.",
    Endpoint: "The endpoint's service or region has just been deleted."}
_VARIABLE = re.compile(r"\$\((\w+)\)s|%\((\w+)\)s")


def get(connection: sa.Connection, kind: type[Record], record_id: str) -> Record:
    """Return a region, service or endpoint; raises NotFound."""
    row = connection.execute(_select(kind).where(TABLES[kind].c.id == record_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find {kind.__name__.lower()}: {record_id}.")
    return kind(*row)


def listed(connection: sa.Connection, kind: type[Record], query: Mapping[str, str]) -> list[Record]:
    """Return the regions, services or endpoints that fit a query string, oldest first."""
    table = TABLES[kind]
    statement = _select(kind).where(*rows.conditions(table, FILTERS[kind], query)).order_by(
        table.c.created_at, table.c.id)
    return [kind(*row) for row in connection.execute(statement)]


def create(connection: sa.Connection, ids: Ids, now: float, kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Insert a record and return it; raises BadRequest for what it refers to, Conflict for an id in use."""
    _check_references(connection, kind, values, None)
    record_id = values.get("id") or rows.new_id(ids)
    row = _defaults(kind) | _columns(kind, values) | {"id": record_id, "created_at": now}
    rows.insert(connection, TABLES[kind], row, CLASHES[kind])
    return get(connection, kind, record_id)


def update(connection: sa.Connection, kind: type[Record], record_id: str, values: Mapping[str, Any]) -> Record:
    """Change a record; raises NotFound, or BadRequest for what it refers to."""
    get(connection, kind, record_id)
    _check_references(connection, kind, values, record_id)
    rows.update(connection, TABLES[kind], record_id, _columns(kind, values), CLASHES[kind])
    return get(connection, kind, record_id)


def delete(connection: sa.Connection, kind: type[Record], record_id: str) -> None:
    """Delete a record; a service takes its endpoints along, a region in use is Forbidden."""
    get(connection, kind, record_id)
    if kind is Service:
        connection.execute(sa.delete(tables.endpoint).where(tables.endpoint.c.service_id == record_id))
    if kind is Region:
        _check_region_unused(connection, record_id)
    rows.delete(connection, sa.delete(TABLES[kind]).where(TABLES[kind].c.id == record_id),
                "Something has just come to refer to it.")


def for_token(connection: sa.Connection, *, user_id: str, project_id: str | None) -> list[dict[str, Any]]:
    """Return the catalog as tokens show it: enabled services, with URLs filled in.

    An endpoint whose URL needs a project is left out where there is none; a project that was given endpoints sees those.
    """
    values = {"user_id": user_id} | ({"project_id": project_id, "tenant_id": project_id} if project_id else {})
    shown: dict[str, list[dict[str, Any]]] = {}
    services = [each for each in listed(connection, Service, {}) if each.enabled]
    for endpoint in endpoint_filter.for_catalog(connection, project_id, listed(connection, Endpoint, {})):
        url = fill_in(endpoint.url, values) if endpoint.enabled else None
        if url is not None:
            shown.setdefault(endpoint.service_id, []).append({
                "id": endpoint.id, "interface": endpoint.interface, "region": endpoint.region_id,
                "region_id": endpoint.region_id, "url": url})
    return [{"id": each.id, "type": each.type, "name": each.name, "endpoints": shown.get(each.id, [])}
            for each in services]


def url_of(connection: sa.Connection, service_type: str, region: str, interface: str, *, user_id: str,
           project_id: str | None) -> str:
    """Return the URL of the first such endpoint that the catalog shows; raises NotFound."""
    for service in for_token(connection, user_id=user_id, project_id=project_id):
        for endpoint in service["endpoints"] if service["type"] == service_type else ():
            if (endpoint["region"], endpoint["interface"]) == (region, interface):
                return str(endpoint["url"])
    raise errors.NotFound(f"The catalog has no {interface} endpoint of the type {service_type} in region {region}.")


def fill_in(url: str, values: Mapping[str, str]) -> str | None:
    """Return the URL with $(name)s and %(name)s replaced; None where a name has no value."""
    names = {first or second for first, second in _VARIABLE.findall(url)}
    if not names <= values.keys():
        return None
    return _VARIABLE.sub(lambda match: values[match[1] or match[2]], url)


def _select(kind: type[Record]) -> "sa.Select[Any]":
    table = TABLES[kind]
    return sa.select(*(table.c[name] for name in kind.__dataclass_fields__))


def _defaults(kind: type) -> dict[str, Any]:
    if kind is Region:
        return {"description": ""}
    return {"enabled": True} | ({"description": "", "name": ""} if kind is Service else {})


def _columns(kind: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the kind's columns; null empties a text that cannot be null."""
    table = TABLES[kind]
    found = {name: values[name] for name in kind.__dataclass_fields__ if name in values and name != "id"}
    return {name: "" if value is None and not table.c[name].nullable else value for name, value in found.items()}


def _check_references(connection: sa.Connection, kind: type, values: Mapping[str, Any],
                      record_id: str | None) -> None:
    if values.get("service_id") is not None and kind is Endpoint:
        _check_exists(connection, Service, values["service_id"])
    for name in ("region_id", "parent_region_id"):
        if values.get(name) is not None:
            _check_exists(connection, Region, values[name])
    parent = values.get("parent_region_id")
    while kind is Region and parent is not None and record_id is not None:
        if parent == record_id:
            raise errors.BadRequest("A region cannot be its own ancestor.")
        parent = get(connection, Region, parent).parent_region_id


def _check_exists(connection: sa.Connection, kind: type, record_id: str) -> None:
    table = TABLES[kind]
    if connection.execute(sa.select(table.c.id).where(table.c.id == record_id)).first() is None:
        raise errors.BadRequest(f"Could not find {kind.__name__.lower()}: {record_id}.")


def _check_region_unused(connection: sa.Connection, region_id: str) -> None:
    endpoint, region = tables.endpoint, tables.region
    if connection.execute(sa.select(endpoint.c.id).where(endpoint.c.region_id == region_id)).first():
        raise errors.Forbidden("The region still has endpoints.")
    if connection.execute(sa.select(region.c.id).where(region.c.parent_region_id == region_id)).first():
        raise errors.Forbidden("The region still has regions below it.")
    limit = cloud.registered_limit
    if connection.execute(sa.select(limit.c.id).where(limit.c.region_id == region_id)).first():
        raise errors.Forbidden("The region still has registered limits.")
