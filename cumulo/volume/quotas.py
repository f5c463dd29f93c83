"""What a project may have of volumes and what it has, counted from the rows themselves.

Two requests of one project must not both find room for the last volume. A check therefore first raises the generation
of the project's row: the database makes the second request wait there until the first has committed, and it then
counts the first one's volumes too. A volume that grows counts with the size it is growing to; what it is deleted for
counts until it is gone.
"""

import dataclasses
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.db.absent import insert_if_absent
from cumulo.common.db.tables.volume import volume, volume_group, volume_project, volume_snapshot, volume_type
from cumulo.common.db.tables.volume_backup import volume_backup
from cumulo.volume import quota_rows

UNLIMITED = -1
VOLUMES, SNAPSHOTS, GIGABYTES, PER_VOLUME, GROUPS = "volumes", "snapshots", "gigabytes", "per_volume_gigabytes", "groups"
BACKUPS, BACKUP_GIGABYTES = "backups", "backup_gigabytes"
NAMES = (PER_VOLUME, VOLUMES, SNAPSHOTS, GIGABYTES, GROUPS, BACKUPS, BACKUP_GIGABYTES)
BY_TYPE = (VOLUMES, GIGABYTES, SNAPSHOTS)
"""What may also be limited for one type alone, as <name>_<name of the type>."""
_SIZE = sa.func.coalesce(volume.c.growing_gib, volume.c.size_gib)
# Statements of every request, built once: that costs more than running them.
_WHOSE = sa.bindparam("whose")
_VOLUMES = sa.select(volume_type.c.name, sa.func.count(), sa.func.sum(_SIZE)).select_from(
    volume.outerjoin(volume_type, volume_type.c.id == volume.c.type_id)).where(
        volume.c.project_id == _WHOSE).group_by(volume_type.c.name)
_SNAPSHOTS = sa.select(volume_type.c.name, sa.func.count(), sa.func.sum(volume_snapshot.c.size_gib)).select_from(
    volume_snapshot.join(volume, volume.c.id == volume_snapshot.c.volume_id).outerjoin(
        volume_type, volume_type.c.id == volume.c.type_id)).where(
            volume_snapshot.c.project_id == _WHOSE).group_by(volume_type.c.name)
_GROUPS = sa.select(sa.func.count()).select_from(volume_group).where(volume_group.c.project_id == _WHOSE)
_BACKUPS = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(volume_backup.c.size_gib), 0)).where(
    volume_backup.c.project_id == _WHOSE)
_TURN = sa.update(volume_project).where(volume_project.c.project_id == _WHOSE).values(
    generation=volume_project.c.generation + 1)


@dataclasses.dataclass(frozen=True)
class Amount:
    """What something new takes; type_name is the name of its type, if it has one."""

    volumes: int = 0
    snapshots: int = 0
    gigabytes: int = 0
    backups: int = 0
    backup_gigabytes: int = 0
    type_name: str | None = None
    only_type: bool = False
    groups: int = 0

    def of_type(self) -> "Amount":
        """Return what it takes of its type's own limits alone: what changes its type takes nothing more of the others."""
        return dataclasses.replace(self, only_type=True)

    def by_name(self) -> dict[str, int]:
        """Return what it takes by the names of limits, those of its type among them."""
        each = {VOLUMES: self.volumes, SNAPSHOTS: self.snapshots, GIGABYTES: self.gigabytes}
        own = {f"{name}_{self.type_name}": value for name, value in each.items()} if self.type_name else {}
        beside = {GROUPS: self.groups, BACKUPS: self.backups, BACKUP_GIGABYTES: self.backup_gigabytes}
        all_of_it = own if self.only_type else each | own | beside
        return {name: value for name, value in all_of_it.items() if value}


def configured(conf: cfg.ConfigOpts) -> dict[str, int]:
    """Return the limits that are configured."""
    return {name: getattr(conf.volume, f"quota_{name}") for name in NAMES}


def type_names(connection: sa.Connection) -> list[str]:
    """Return the limits that types have of their own."""
    names = connection.execute(sa.select(volume_type.c.name).order_by(volume_type.c.name)).scalars().all()
    return [f"{name}_{type_name}" for type_name in names for name in BY_TYPE]


def defaults(connection: sa.Connection, conf: cfg.ConfigOpts) -> dict[str, int]:
    """Return the limits that a project has unless it was given others."""
    own = dict.fromkeys(type_names(connection), UNLIMITED)
    rows = quota_rows.of_class(connection, quota_rows.DEFAULT)
    known = configured(conf) | own
    return known | {name: most for name, most in rows.items() if name in known}


def limits_for(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str) -> dict[str, int]:
    """Return the limits in force for a project."""
    known = defaults(connection, conf)
    rows = quota_rows.of_project(connection, project_id)
    return known | {name: most for name, most in rows.items() if name in known}


def usage_of(connection: sa.Connection, project_id: str, names: Collection[str] | None = None) -> dict[str, int]:
    """Return what a project has, by the names of limits; what it has none of is left out. names: no others are asked for."""
    found: dict[str, int] = {}
    whose = {"whose": project_id}

    def are_asked(*kinds: str) -> bool:
        return names is None or any(name.startswith(kinds) for name in names)

    if are_asked(VOLUMES, GIGABYTES):
        for type_name, count, size in connection.execute(_VOLUMES, whose):
            _add(found, Amount(volumes=count, gigabytes=int(size), type_name=type_name))
    if are_asked(SNAPSHOTS, GIGABYTES):
        for type_name, count, size in connection.execute(_SNAPSHOTS, whose):
            _add(found, Amount(snapshots=count, gigabytes=int(size), type_name=type_name))
    if are_asked(GROUPS):
        _add(found, Amount(groups=connection.execute(_GROUPS, whose).scalar_one()))
    if are_asked(BACKUPS, BACKUP_GIGABYTES):
        for count, size in connection.execute(_BACKUPS, whose):
            _add(found, Amount(backups=count, backup_gigabytes=int(size)))
    return found


def _add(found: dict[str, int], amount: Amount) -> None:
    for name, value in amount.by_name().items():
        found[name] = found.get(name, 0) + value


def _some_limits(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str, names: Collection[str]) -> dict[str, int]:
    """Return those of some limits that are in force for a project; the names are those of limits that there are."""
    known = {name: most for name, most in configured(conf).items() if name in names}
    for rows in (quota_rows.of_class(connection, quota_rows.DEFAULT), quota_rows.of_project(connection, project_id)):
        known |= {name: most for name, most in rows.items() if name in names}
    return {name: most for name, most in known.items() if most != UNLIMITED}


def check(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str, amount: Amount) -> None:
    """Raise TooLarge when a project may not have so much more; call it in the transaction that makes it."""
    _take_turn(connection, project_id)
    asked = amount.by_name()
    limits = _some_limits(connection, conf, project_id, asked)
    used = usage_of(connection, project_id, limits) if limits else {}
    for name, limit in limits.items():
        wanted = asked[name]
        if used.get(name, 0) + wanted > limit:
            raise errors.TooLarge(f"Quota exceeded for {name}: {wanted} asked for, {used.get(name, 0)} of {limit} used.")


def check_size(connection: sa.Connection, conf: cfg.ConfigOpts, project_id: str, size_gib: int) -> None:
    """Raise TooLarge when one volume of a project may not have that size, BadRequest where none may."""
    if size_gib > conf.volume.largest_gib:
        raise errors.BadRequest(f"A volume may have {conf.volume.largest_gib} GiB at most.")
    limit = _some_limits(connection, conf, project_id, (PER_VOLUME,)).get(PER_VOLUME)
    if limit is not None and size_gib > limit:
        raise errors.TooLarge(f"Quota exceeded for {PER_VOLUME}: {size_gib} GiB asked for, one volume may have {limit}.")


def check_room(wanted: Mapping[str, int], used: Mapping[str, int]) -> None:
    """Raise BadRequest when a new limit is below what is used."""
    for name, most in wanted.items():
        if most != UNLIMITED and most < used.get(name, 0):
            raise errors.BadRequest(f"The limit {most} of {name} is below what is used: {used[name]}.")


def _take_turn(connection: sa.Connection, project_id: str) -> None:
    if connection.execute(_TURN, {"whose": project_id}).rowcount == 0:  # the project's first time
        insert_if_absent(connection, volume_project, {"project_id": project_id, "generation": 0})
        connection.execute(_TURN, {"whose": project_id})
