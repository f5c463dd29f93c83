"""Limits that somebody set: of a project, of one user in a project, of the class that every project begins with."""

from collections.abc import Mapping

import sqlalchemy as sa

from cumulo.common.db.tables.compute import compute_quota, compute_quota_class

DEFAULT = "default"
"""The class whose limits every project has that was given none."""
# Statements of every request, built once: that costs more than running them.
_OF_PROJECT = sa.select(compute_quota.c.resource, compute_quota.c.most).where(
    compute_quota.c.project_id == sa.bindparam("whose"), compute_quota.c.user_id == sa.bindparam("user"))
_OF_CLASS = sa.select(compute_quota_class.c.resource, compute_quota_class.c.most).where(
    compute_quota_class.c.name == sa.bindparam("whose"))


def of_project(connection: sa.Connection, project_id: str, user_id: str | None = None) -> dict[str, int]:
    """Return the limits that were set for a project, or for one user there, by the API's names."""
    rows = connection.execute(_OF_PROJECT, {"whose": project_id, "user": user_id or ""})
    return {row.resource: row.most for row in rows}


def of_class(connection: sa.Connection, name: str) -> dict[str, int]:
    """Return the limits that were set for a class."""
    rows = connection.execute(_OF_CLASS, {"whose": name})
    return {row.resource: row.most for row in rows}


def set_project(connection: sa.Connection, project_id: str, user_id: str | None, limits: Mapping[str, int]) -> None:
    """Set some limits of a project, or of one user there; the caller holds the project."""
    for resource, most in sorted(limits.items()):
        key = (compute_quota.c.project_id == project_id, compute_quota.c.user_id == (user_id or ""),
               compute_quota.c.resource == resource)
        connection.execute(sa.delete(compute_quota).where(*key))
        connection.execute(sa.insert(compute_quota).values(
            project_id=project_id, user_id=user_id or "", resource=resource, most=most))


def set_class(connection: sa.Connection, name: str, limits: Mapping[str, int]) -> None:
    """Set some limits of a class."""
    for resource, most in sorted(limits.items()):
        key = (compute_quota_class.c.name == name, compute_quota_class.c.resource == resource)
        connection.execute(sa.delete(compute_quota_class).where(*key))
        connection.execute(sa.insert(compute_quota_class).values(name=name, resource=resource, most=most))


def forget_project(connection: sa.Connection, project_id: str, user_id: str | None = None) -> None:
    """Give a project, or one user there, the limits back that everybody has; without a user, its users' too."""
    own = [compute_quota.c.user_id == user_id] if user_id else []
    connection.execute(sa.delete(compute_quota).where(compute_quota.c.project_id == project_id, *own))
