"""Flavors: the sizes servers come in, and who may use a private one."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import flavor, flavor_access

Row = Mapping[str, Any]


def visible_to(context: Context, *, any_flavor: bool = False) -> sa.ColumnElement[bool]:
    """Return the condition for flavors the caller may see: public ones and those the project was given."""
    if any_flavor:
        return sa.true()
    given = sa.select(flavor_access.c.flavor_id).where(flavor_access.c.project_id == context.project_id)
    return sa.or_(flavor.c.is_public.is_(True), flavor.c.id.in_(given))


def get_flavor(connection: sa.Connection, context: Context, flavor_id: str, *, any_flavor: bool = False) -> Row:
    """Return a flavor the caller may see; raises NotFound."""
    row = connection.execute(sa.select(flavor).where(
        flavor.c.id == flavor_id, visible_to(context, any_flavor=any_flavor))).mappings().first()
    if row is None:
        raise errors.NotFound(f"Flavor {flavor_id} could not be found.", flavor_id=flavor_id)
    return row


def create_flavor(connection: sa.Connection, now: float, values: dict[str, Any]) -> None:
    """Insert a flavor; raises Conflict when its id or name exists."""
    taken = connection.execute(sa.select(flavor.c.id).where(
        sa.or_(flavor.c.id == values["id"], flavor.c.name == values["name"]))).first()
    conflict = errors.Conflict(f"A flavor with the id {values['id']} or the name {values['name']} already exists.")
    if taken:
        raise conflict
    try:
        connection.execute(sa.insert(flavor).values(created_at=now, extra_specs={}, **values))
    except IntegrityError as failure:
        raise conflict from failure


def describe_flavor(connection: sa.Connection, flavor_id: str, description: str | None) -> None:
    """Change the one thing of a flavor that may change; raises NotFound."""
    changed = connection.execute(sa.update(flavor).where(flavor.c.id == flavor_id).values(description=description))
    if changed.rowcount == 0:
        raise errors.NotFound(f"Flavor {flavor_id} could not be found.", flavor_id=flavor_id)


def delete_flavor(connection: sa.Connection, flavor_id: str) -> None:
    """Delete a flavor; servers made from it keep their copy. Raises NotFound."""
    connection.execute(sa.delete(flavor_access).where(flavor_access.c.flavor_id == flavor_id))
    if connection.execute(sa.delete(flavor).where(flavor.c.id == flavor_id)).rowcount == 0:
        raise errors.NotFound(f"Flavor {flavor_id} could not be found.", flavor_id=flavor_id)


def extra_specs(connection: sa.Connection, context: Context, flavor_id: str, *, any_flavor: bool,
                change: bool = False) -> dict[str, str]:
    """Return a flavor's extra specs; change locks the row, for a caller that writes them back."""
    query = sa.select(flavor.c.extra_specs).where(flavor.c.id == flavor_id, visible_to(context, any_flavor=any_flavor))
    row = connection.execute(query.with_for_update() if change else query).first()
    if row is None:
        raise errors.NotFound(f"Flavor {flavor_id} could not be found.", flavor_id=flavor_id)
    return dict(row.extra_specs)


def set_extra_specs(connection: sa.Connection, flavor_id: str, specs: dict[str, str]) -> None:
    """Replace a flavor's extra specs."""
    connection.execute(sa.update(flavor).where(flavor.c.id == flavor_id).values(extra_specs=specs))


def list_access(connection: sa.Connection, flavor_id: str) -> list[str]:
    """Return the projects that were given a private flavor."""
    return list(connection.execute(sa.select(flavor_access.c.project_id).where(
        flavor_access.c.flavor_id == flavor_id).order_by(flavor_access.c.project_id)).scalars())


def add_access(connection: sa.Connection, flavor_id: str, project_id: str) -> None:
    """Give a project a private flavor; raises Conflict when it has it."""
    if project_id in list_access(connection, flavor_id):
        raise errors.Conflict(f"Flavor access already exists for flavor {flavor_id} and project {project_id}.")
    connection.execute(sa.insert(flavor_access).values(flavor_id=flavor_id, project_id=project_id))


def remove_access(connection: sa.Connection, flavor_id: str, project_id: str) -> None:
    """Take a private flavor from a project; raises NotFound when it has not got it."""
    gone = connection.execute(sa.delete(flavor_access).where(
        flavor_access.c.flavor_id == flavor_id, flavor_access.c.project_id == project_id))
    if gone.rowcount == 0:
        raise errors.NotFound(f"Flavor {flavor_id} has no access for project {project_id}.")


def copy_of(row: Row) -> dict[str, Any]:
    """Return what a server keeps of its flavor."""
    return {name: row[name] for name in (
        "id", "name", "vcpus", "memory_mib", "root_gib", "ephemeral_gib", "swap_mib", "extra_specs")}
