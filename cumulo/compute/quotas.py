"""What a project may have and what it has, counted from the rows themselves.

Two requests of one project must not both find room for the last server. A check therefore first
raises the generation of the project's row: the database makes the second request wait there until
the first has committed, and it then counts the first one's servers too.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.db.absent import insert_if_absent
from cumulo.common.db.tables.compute import compute_project, keypair, server, server_group, server_move
from cumulo.common.db.tables.operations import operation
from cumulo.compute import quota_rows

UNLIMITED = -1
FIELDS = {"instances": "instances", "cores": "cores", "ram": "memory_mib", "key_pairs": "key_pairs",
          "metadata_items": "metadata_items", "server_groups": "server_groups",
          "server_group_members": "server_group_members"}
"""The API's names of what is limited here, and the fields of Limits."""
FILE_FIELDS = {name: name for name in ("injected_files", "injected_file_content_bytes", "injected_file_path_bytes")}
"""The same, of what versions below 2.57 have."""
_RESIZING = (operation.c.active_key.is_not(None), operation.c.flow == "resize_server")
_TURN = sa.update(compute_project).where(compute_project.c.project_id == sa.bindparam("whose")).values(
    generation=compute_project.c.generation + 1)


def _larger(name: str) -> sa.ColumnElement[int]:
    """The size of a server, or of its other side if that is larger."""
    own, other = server.c[name], server_move.c[name]
    return sa.case((other > own, other), else_=own)


# Statements of every request, built once: that costs more than running them.
_LIVING = (server.c.project_id == sa.bindparam("whose"), server.c.deleted_at.is_(None))
_LIVING_OF_USER = (*_LIVING, server.c.user_id == sa.bindparam("user"))
_TAKEN, _TAKEN_BY_USER = (
    sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_larger("vcpus")), 0),
              sa.func.coalesce(sa.func.sum(_larger("memory_mib")), 0),
              sa.select(sa.func.count()).select_from(operation).where(*_RESIZING).scalar_subquery())
    .select_from(server.outerjoin(server_move, server_move.c.server_id == server.c.id)).where(*living)
    for living in (_LIVING, _LIVING_OF_USER))


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one project (key_pairs: one user, metadata_items: one server, server_group_members: one group) may have; -1 is no limit."""

    instances: int
    cores: int
    memory_mib: int
    key_pairs: int
    metadata_items: int
    server_groups: int
    server_group_members: int
    injected_files: int = 5  # of one server, and the bytes of each
    injected_file_content_bytes: int = 10240
    injected_file_path_bytes: int = 255


@dataclasses.dataclass(frozen=True)
class Usage:
    """What servers take, or what new ones would take."""

    instances: int
    cores: int
    memory_mib: int


def limits_of(conf: cfg.ConfigOpts) -> Limits:
    """Return the limits that are configured."""
    group = conf.servers
    return Limits(group.quota_instances, group.quota_cores, group.quota_memory_mib, group.quota_key_pairs,
                  group.quota_metadata_items, group.quota_server_groups, group.quota_server_group_members,
                  group.quota_injected_files, group.quota_injected_file_content_bytes, group.quota_injected_file_path_bytes)


def limits_for(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str | None,
               user_id: str | None = None) -> Limits:
    """Return the limits in force: the configured ones, over them the class of defaults, the project's, the user's."""
    rows = quota_rows.of_class(connection, quota_rows.DEFAULT) | quota_rows.of_project(connection, project_id or "")
    return with_rows(limits_of(conf), rows | (
        quota_rows.of_project(connection, project_id or "", user_id) if user_id else {}))


def with_rows(limits: Limits, rows: Mapping[str, int]) -> Limits:
    """Return limits with those that somebody set in their places."""
    fields = FIELDS | FILE_FIELDS
    return dataclasses.replace(limits, **{fields[name]: most for name, most in rows.items() if name in fields})


def usage_of(connection: sa.Connection, project_id: str | None, user_id: str | None = None) -> Usage:
    """Return what the project's living servers take, or those that one user made there.

    A server that is being resized, or may still go back, takes what the larger of its two sizes does.
    """
    whose = {"whose": project_id} | ({"user": user_id} if user_id else {})
    row = connection.execute(_TAKEN_BY_USER if user_id else _TAKEN, whose).one()
    vcpus, memory_mib = _about_to_grow(connection, _LIVING_OF_USER if user_id else _LIVING, whose) if row[3] else (0, 0)
    return Usage(int(row[0]), int(row[1]) + vcpus, int(row[2]) + memory_mib)


def _about_to_grow(connection: sa.Connection, living: Sequence[sa.ColumnElement[bool]], whose: Mapping[str, Any],
                   ) -> tuple[int, int]:
    """By how much servers will grow whose resize has no room on a host yet: only its operation knows the size."""
    query = (sa.select(server.c.vcpus, server.c.memory_mib, operation.c.state)
             .join(operation, operation.c.active_key == server.c.id)
             .outerjoin(server_move, server_move.c.server_id == server.c.id)
             .where(*living, *_RESIZING, server_move.c.server_id.is_(None)))
    grow = [(row.state["flavor"]["vcpus"] - row.vcpus, row.state["flavor"]["memory_mib"] - row.memory_mib)
            for row in connection.execute(query, whose)]
    return sum(max(vcpus, 0) for vcpus, _ in grow), sum(max(memory_mib, 0) for _, memory_mib in grow)


def reserve(connection: sa.Connection, limits: Limits, project_id: str, *, fewest: int, most: int, vcpus: int,
            memory_mib: int, user_id: str | None = None) -> int:
    """Return how many servers of this size may be made: between fewest and most; else QuotaExceeded.

    Call it in the transaction that inserts them. A user who has limits in the project is held to them too.
    """
    _lock(connection, project_id)
    room = _room(limits, usage_of(connection, project_id), fewest, most, vcpus, memory_mib)
    own = quota_rows.of_project(connection, project_id, user_id) if user_id else {}
    if not own:
        return room
    return _room(with_rows(limits, own), usage_of(connection, project_id, user_id), fewest, room,
                 vcpus, memory_mib)


def _room(limits: Limits, used: Usage, fewest: int, most: int, vcpus: int, memory_mib: int) -> int:
    wanted = (("instances", 1, used.instances, limits.instances), ("cores", vcpus, used.cores, limits.cores),
              ("ram", memory_mib, used.memory_mib, limits.memory_mib))
    room = min([most, *((limit - taken) // each for _, each, taken, limit in wanted if limit != UNLIMITED and each)])
    if room >= fewest:
        return room
    _refuse([(name, each * fewest, taken, limit) for name, each, taken, limit in wanted
             if limit != UNLIMITED and taken + each * fewest > limit])
    return room


def check_growth(connection: sa.Connection, limits: Limits, project_id: str, *, vcpus: int, memory_mib: int,
                 user_id: str | None = None) -> None:
    """Raise QuotaExceeded when a server of the project may not grow by so much; less is always allowed.

    The user whose server it is is held to limits of their own too.
    """
    _lock(connection, project_id)
    _check_growth(limits, usage_of(connection, project_id), vcpus, memory_mib)
    own = quota_rows.of_project(connection, project_id, user_id) if user_id else {}
    if own:
        _check_growth(with_rows(limits, own), usage_of(connection, project_id, user_id), vcpus, memory_mib)


def _check_growth(limits: Limits, used: Usage, vcpus: int, memory_mib: int) -> None:
    wanted = (("cores", vcpus, used.cores, limits.cores), ("ram", memory_mib, used.memory_mib, limits.memory_mib))
    _refuse([(name, grows, taken, limit) for name, grows, taken, limit in wanted
             if limit != UNLIMITED and grows > 0 and taken + grows > limit])


def _refuse(over: list[tuple[str, int, int, int]]) -> None:
    """Raise QuotaExceeded for what is asked of each resource beyond what is taken of its limit, if anything is."""
    if over:
        raise errors.QuotaExceeded("Quota exceeded for " + "; ".join(
            f"{name}: Requested {asked}, but already used {taken} of {limit} {name}"
            for name, asked, taken, limit in over))


def check_keypairs(connection: sa.Connection, limits: Limits, user_id: str) -> None:
    """Raise QuotaExceeded when the user has as many keypairs as allowed."""
    count = connection.execute(
        sa.select(sa.func.count()).select_from(keypair).where(keypair.c.user_id == user_id)).scalar_one()
    if limits.key_pairs != UNLIMITED and count >= limits.key_pairs:
        raise errors.QuotaExceeded(f"Quota exceeded, too many key pairs: {count} of {limits.key_pairs} exist.")


def check_server_groups(connection: sa.Connection, limits: Limits, project_id: str) -> None:
    """Raise QuotaExceeded when the project has as many server groups as allowed."""
    _lock(connection, project_id)
    count = server_groups_of(connection, project_id)
    if limits.server_groups != UNLIMITED and count >= limits.server_groups:
        raise errors.QuotaExceeded(f"Quota exceeded, too many server groups: {count} of {limits.server_groups} exist.")


def server_groups_of(connection: sa.Connection, project_id: str | None) -> int:
    """Return how many server groups the project has."""
    return connection.execute(sa.select(sa.func.count()).select_from(server_group).where(
        server_group.c.project_id == project_id)).scalar_one()


def check_metadata(limits: Limits, metadata: dict[str, str]) -> None:
    """Raise QuotaExceeded when a server would have more metadata items than allowed."""
    if limits.metadata_items != UNLIMITED and len(metadata) > limits.metadata_items:
        raise errors.QuotaExceeded(
            f"Quota exceeded, too many metadata items: {len(metadata)}, allowed are {limits.metadata_items}.")


def _lock(connection: sa.Connection, project_id: str) -> None:
    if connection.execute(_TURN, {"whose": project_id}).rowcount == 0:  # the project's first time
        insert_if_absent(connection, compute_project, {"project_id": project_id, "generation": 0})
        connection.execute(_TURN, {"whose": project_id})
