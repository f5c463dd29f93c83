"""What most resources of the network API have in common: found by who may see them, listed, shown, changed by owners.

A resource says what it is in one Kind; its handlers are functions of their own that use the functions here. Nothing
here changes a row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from oslo_policy import policy

from cumulo.api.network import collection, resource
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z
from cumulo.common import errors
from cumulo.common.db.tables.network_sharing import rbac_policy

Row = dict[str, Any]
Conditions = list[sa.ColumnElement[bool]]
TAG_QUERY = ("tags-any", "not-tags", "not-tags-any")


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of resource.

    rules is what the names of its policy rules begin with, parameter the variable of its paths; `rows` reads rows with
    all that the view needs, `visible` gives the conditions for what the caller may see of them.
    """

    name: str
    collection: str
    parameter: str
    rules: str
    table: sa.Table
    rows: Callable[..., list[Row]]
    view: Callable[[Request, Row], Row]
    attributes: tuple[str, ...]
    visible: Callable[[Request], Conditions]
    not_found: Callable[[str], errors.NotFound]

    @property
    def query(self) -> tuple[str, ...]:
        """The parameters of its list."""
        tags = TAG_QUERY if "tags" in self.attributes else ()
        return (*collection.SPECIAL, *self.attributes, *tags)


def index(kind: Kind, request: Request) -> Row:
    """The list of what the caller may see."""
    with request.services.database.read() as connection:
        rows = kind.rows(connection, *kind.visible(request), *collection.column_filters(request, kind.table))
    return collection.answer(request, kind.collection, [kind.view(request, row) for row in rows], kind.attributes)


def show(kind: Kind, request: Request) -> Row:
    """One of them; raises NotFound."""
    with request.services.database.read() as connection:
        row = found(kind, request, connection, request.params[kind.parameter])
    return {kind.name: collection.chosen_fields(request, kind.view(request, row))}


def found(kind: Kind, request: Request, connection: sa.Connection, wanted: str) -> Row:
    """The row with this id, if the caller may see it; raises NotFound."""
    rows = kind.rows(connection, kind.table.c.id == wanted, *kind.visible(request))
    if not rows:
        raise kind.not_found(wanted)
    return rows[0]


def plain(kind: Kind, request: Request, connection: sa.Connection, wanted: str) -> Row:
    """The columns of the row alone, where nothing else of it is needed; raises NotFound as `found` does."""
    row = connection.execute(sa.select(kind.table).where(kind.table.c.id == wanted, *kind.visible(request))).mappings().first()
    if row is None:
        raise kind.not_found(wanted)
    return dict(row)


def owned(kind: Kind, request: Request, connection: sa.Connection, action: str) -> Row:
    """The row that the path names, to be changed: raises NotFound, Forbidden, PreconditionFailed."""
    row = found(kind, request, connection, request.params[kind.parameter])
    request.authorize(f"{kind.rules}:{action}", {"project_id": row["project_id"]})
    resource.check_revision(request, row)
    return row


def own(request: Request, rule: str, table: sa.Table) -> Conditions:
    """The condition for what is the caller's own; none at all for who may see everybody's."""
    if request.may(rule):
        return []
    return [table.c.project_id == (request.context.project_id or "")]


def own_or_shared(request: Request, rule: str, table: sa.Table, object_type: str) -> Conditions:
    """The condition for what is the caller's own, everybody's, or shared with the caller's project by a policy."""
    if request.may(rule):
        return []
    return [sa.or_(table.c.project_id == (request.context.project_id or ""), is_shared(request, table, object_type))]


def is_shared(request: Request, table: sa.Table, object_type: str,
              action: str = "access_as_shared") -> sa.ColumnElement[bool]:
    """The condition for what others share with the caller's project, or with all."""
    named = sa.select(rbac_policy.c.object_id).where(
        rbac_policy.c.object_type == object_type, rbac_policy.c.action == action,
        rbac_policy.c.target_project.in_(("*", request.context.project_id or "")))
    return sa.or_(table.c.shared.is_(sa.true()), table.c.id.in_(named))


def plain_view(row: Mapping[str, Any], names: Iterable[str]) -> Row:
    """These columns and what every resource shows: whose it is, since when, and its revision."""
    return {name: row[name] for name in names} | {
        "id": row["id"], "project_id": row["project_id"], "tenant_id": row["project_id"],
        "created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["updated_at"]),
        "revision_number": row["revision_number"]}


PLAIN = ("id", "project_id", "tenant_id", "created_at", "updated_at", "revision_number")
"""The attributes that plain_view adds."""


def rules(prefix: str, path: str, parameter: str, what: str, *more: tuple[str, str, str, list[dict[str, str]]],
          write: str = "rule:project_member",
          changes: Collection[str] = ("create", "update", "delete")) -> tuple[policy.DocumentedRuleDefault, ...]:
    """The rules that every resource has, for its list, its members, and who sees everybody's; and those it has besides.

    write: who may change it; changes: how it can be changed.
    """
    one = f"{path}/{{{parameter}}}"
    reads = [{"method": "GET", "path": path}, {"method": "GET", "path": one}]
    common: tuple[tuple[str, str, str, list[dict[str, str]]], ...] = (
        ("get", "rule:project_reader or rule:system_reader", f"List and show {what}", reads),
        ("get:all", "rule:system_reader or rule:service", f"See the {what} of every project", reads),
        ("create", write, f"Create {what}", [{"method": "POST", "path": path}]),
        ("update", write, f"Change {what}", [{"method": "PUT", "path": one}]),
        ("delete", write, f"Delete {what}", [{"method": "DELETE", "path": one}]))
    common = tuple(each for each in common if each[0].startswith("get") or each[0] in changes)
    return tuple(policy.DocumentedRuleDefault(f"{prefix}:{name}", check, description, operations)
                 for name, check, description, operations in (*common, *more))
