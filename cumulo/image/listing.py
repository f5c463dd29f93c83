"""Lists of images: filters, order and pages as one statement.

Visibility: without a filter a project sees public images, its own, and those shared with it that it
accepted; an administrator sees all. Community images of others appear only when asked for.
"""

import csv
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import image_member, image_property, image_tag
from cumulo.image import images
from cumulo.image.attributes import VISIBILITIES

SORT_KEYS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at",
             "min_disk", "min_ram", "visibility", "owner")
DEFAULT_SORT = (("created_at", False),)
MEMBER_STATUSES = ("pending", "accepted", "rejected")
_TEXT = ("id", "name", "status", "container_format", "disk_format", "checksum", "os_hash_algo", "os_hash_value",
         "owner")
_INTEGERS = ("size", "virtual_size", "min_disk", "min_ram")
_TIMES = ("created_at", "updated_at")
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda a, b: a == b, "neq": lambda a, b: a != b, "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}
FILTERS = (*_TEXT, *_INTEGERS, *_TIMES, "size_min", "size_max", "protected", "os_hidden", "visibility", "member_status",
           "tag")
"""Every other name filters by the property of that name."""
MOST_FILTERS = 64
"""Each becomes a part of the statement, and databases read statements of limited depth only."""
_MAX_INTEGER = 2**63 - 1
C = image_table.c


@dataclasses.dataclass(frozen=True)
class Query:
    """What is asked for: filters as (name, value) pairs in which a name may repeat, order, page.

    is_readable says of a property's name whether the caller may know its value.
    """

    filters: tuple[tuple[str, str], ...]
    sort: tuple[tuple[str, bool], ...]
    limit: int
    marker: str | None
    parse_time: Callable[[str], float]
    is_readable: Callable[[str], bool] = lambda name: True


def list_images(connection: sa.Connection, context: Context, query: Query) -> tuple[list[images.Image], bool]:
    """Return a page of images, and whether more follow; raises BadRequest for a bad filter or marker."""
    filters = dict(query.filters)
    statement = sa.select(image_table).where(_visible(context, filters))
    for condition in _conditions(query, filters):
        statement = statement.where(condition)
    order = _order(query.sort)
    if query.marker:
        statement = statement.where(_after(order, _marker(connection, context, query.marker)))
    statement = statement.order_by(*(key.asc() if up else key.desc() for key, up, _ in order)).limit(query.limit + 1)
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    return images.with_details(connection, rows[:query.limit]), len(rows) > query.limit > 0


def _visible(context: Context, filters: Mapping[str, str]) -> sa.ColumnElement[bool]:
    wanted = filters.get("visibility")
    if wanted is not None and wanted not in (*VISIBILITIES, "all"):
        raise errors.BadRequest(f"visibility must be one of {', '.join(VISIBILITIES)} or all.")
    status = filters.get("member_status", "accepted")
    if status not in (*MEMBER_STATUSES, "all"):
        raise errors.BadRequest(f"member_status must be one of {', '.join(MEMBER_STATUSES)} or all.")
    shared = sa.select(image_member.c.image_id).where(image_member.c.member_id == (context.project_id or ""))
    if status != "all":
        shared = shared.where(image_member.c.status == status)
    # Owning nothing must not match images without an owner.
    own = C.owner == context.project_id if context.project_id else sa.false()
    seen = sa.or_(C.visibility == "public", own, sa.and_(C.visibility == "shared", C.id.in_(shared)))
    if "member_status" in filters and wanted == "shared":
        seen = sa.or_(own, C.id.in_(shared))
    elif images.is_admin(context):
        seen = sa.or_(C.visibility != "community", own)
    if wanted in ("community", "all"):
        seen = sa.or_(seen, C.visibility == "community")
    return seen if wanted in (None, "all") else sa.and_(seen, C.visibility == wanted)


def _conditions(query: Query, filters: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    if len(query.filters) > MOST_FILTERS:
        raise errors.BadRequest(f"A list has at most {MOST_FILTERS} filters.")
    conditions = [] if "os_hidden" in filters else [C.os_hidden == sa.false()]
    for name, value in query.filters:
        if name in ("visibility", "member_status"):
            continue
        conditions.append(_condition(name, value, query))
    return conditions


def _condition(name: str, value: str, query: Query) -> sa.ColumnElement[bool]:
    if name in _TEXT:
        return C[name].in_(_choices(value))
    if name in _INTEGERS:
        return C[name] == _integer(name, value)
    if name == "size_min":
        return C.size >= _integer(name, value)
    if name == "size_max":
        return C.size <= _integer(name, value)
    if name in ("protected", "os_hidden"):
        return C[name] == _boolean(name, value)
    if name in _TIMES:
        return _time(C[name], name, value, query.parse_time)
    if name == "tag":
        return sa.exists().where(image_tag.c.image_id == C.id, image_tag.c.tag == value)
    if not query.is_readable(name):
        return sa.false()
    return sa.exists().where(image_property.c.image_id == C.id, image_property.c.name == name,
                             image_property.c.value == value)


def _choices(value: str) -> list[str]:
    if not value.startswith("in:"):
        return [value]
    try:
        return next(csv.reader([value[3:]], strict=True), [])
    except csv.Error as failure:
        raise errors.BadRequest(f"The list of values {value[:64]!r} cannot be read: {failure}.") from failure


def _integer(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 19 or int(value) > _MAX_INTEGER:
        raise errors.BadRequest(f"{name} must be an integer of 0 or more.")
    return int(value)


def _boolean(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise errors.BadRequest(f"{name} must be true or false.")
    return value.lower() == "true"


def _time(column: Any, name: str, value: str, parse_time: Callable[[str], float]) -> sa.ColumnElement[bool]:
    operator, colon, moment = value.partition(":")
    if operator not in _COMPARISONS or not colon:
        operator, moment = "eq", value
    try:
        epoch_s = parse_time(moment)
    except (ValueError, OverflowError) as failure:
        raise errors.BadRequest(f"{name} must be an operator, a colon and a time of ISO 8601.") from failure
    # Answers show whole seconds, so comparisons are made in whole seconds too.
    return _COMPARISONS[operator](sa.func.floor(column), epoch_s)  # type: ignore[no-any-return]


_Order = list[tuple[Any, bool, str]]


def _order(sort: tuple[tuple[str, bool], ...]) -> _Order:
    """Return (expression, ascending, name) triples that end in the id, so that the order is total."""
    keys = {name: is_up for name, is_up in reversed(sort)}
    ordered = [(name, keys[name]) for name in dict.fromkeys(name for name, _ in sort)]
    if "id" not in keys:
        direction = ordered[-1][1] if ordered else False
        if "created_at" not in keys:
            ordered.append(("created_at", direction))
        ordered.append(("id", direction))
    return [(_sortable(name), is_up, name) for name, is_up in ordered]


def _sortable(name: str) -> Any:
    """Databases differ in where NULL sorts, and no comparison matches it: give it a value of its own."""
    column = C[name]
    if not column.nullable:
        return column
    return sa.func.coalesce(column, -1 if isinstance(column.type, sa.Integer) else "")


def _marker(connection: sa.Connection, context: Context, marker: str) -> images.Image:
    try:
        return images.get_visible_image(connection, context, marker)
    except errors.NotFound as failure:
        raise errors.BadRequest(f"No image found with the marker {marker[:64]}.") from failure


def _after(order: _Order, marker: images.Image) -> sa.ColumnElement[bool]:
    """Return the condition "sorts after the marker", as (a > x) or (a = x and b > y) or ..."""
    alternatives, equal = [], []
    for key, is_up, name in order:
        value = marker[name]
        if value is None:
            value = -1 if name == "size" else ""
        alternatives.append(sa.and_(*equal, key > value if is_up else key < value))
        equal.append(key == value)
    return sa.or_(*alternatives)
