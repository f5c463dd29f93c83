"""A domain's own settings: kept and shown here, obeyed by what serves the domain's users.

    Place()                     all settings of a domain
    Place("ldap")               those of a group
    Place("ldap", "url")        one
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables import identity_cloud as cloud
from cumulo.identity import backends, domains, rows
from cumulo.identity.domain_config_options import DEFAULTS

Groups = dict[str, dict[str, Any]]
_TABLE = cloud.domain_config
_CLASH = "Another request has just changed the domain's configuration, or deleted the domain."


@dataclasses.dataclass(frozen=True)
class Place:
    """Which settings are meant."""

    group: str | None = None
    option: str | None = None

    def check(self) -> None:
        """Raise Forbidden unless a domain may have such settings."""
        if self.group is not None and self.group not in DEFAULTS:
            raise errors.Forbidden(f"Invalid domain specific configuration: group {self.group} is not supported.")
        if self.group is not None and self.option is not None and self.option not in DEFAULTS[self.group]:
            raise errors.Forbidden(f"Invalid domain specific configuration: option {self.option} in group "
                                   f"{self.group} is not supported.")

    def of(self, groups: Groups) -> dict[str, Any] | None:
        """Return the part of these settings that is meant, as the API shows it; None where there is nothing."""
        if self.group is None:
            return dict(groups) or None
        options = groups.get(self.group)
        if options is None or self.option is None:
            return None if options is None else {self.group: options}
        return {self.option: options[self.option]} if self.option in options else None


def defaults(place: Place) -> dict[str, Any]:
    """Return what holds where a domain has no setting of its own; raises Forbidden for what it cannot have."""
    place.check()
    return place.of(DEFAULTS) or {}


def get(connection: sa.Connection, domain_id: str, place: Place) -> dict[str, Any]:
    """Return settings of a domain; raises Forbidden for what it cannot have, NotFound for what it has not."""
    domains.get(connection, domain_id)
    place.check()
    found = place.of(_read(connection, domain_id))
    if found is None:
        raise _not_found(domain_id, place)
    return found


def replace(connection: sa.Connection, domain_id: str, groups: Mapping[str, Mapping[str, Any]]) -> tuple[Groups, bool]:
    """Give a domain these settings and no others; return them, and whether it had none before.

    Raises Conflict where it has users and would have no backend for them (backends.py).
    """
    domains.get(connection, domain_id)
    _check_groups(groups)
    _lock(connection, domain_id)
    had = connection.execute(sa.delete(_TABLE).where(_TABLE.c.domain_id == domain_id)).rowcount
    _write(connection, domain_id, groups, {})
    backends.check_users(connection, domain_id)
    return _read(connection, domain_id), not had


def update(connection: sa.Connection, domain_id: str, place: Place, values: Mapping[str, Any]) -> Groups:
    """Change settings of a domain; return what is now there of the group, or of all.

    Raises Forbidden where the values are of another place, NotFound where the domain has nothing there, Conflict where
    it has users and would have no backend for them.
    """
    domains.get(connection, domain_id)
    place.check()
    groups = _groups_of(place, values)
    _check_groups(groups)
    _lock(connection, domain_id)
    before = _read(connection, domain_id)
    if place.of(before) is None:
        raise _not_found(domain_id, place)
    _write(connection, domain_id, groups, before)
    backends.check_users(connection, domain_id)
    after = _read(connection, domain_id)
    return after if place.group is None else {place.group: after[place.group]}


def delete(connection: sa.Connection, domain_id: str, place: Place) -> None:
    """Delete settings of a domain; raises NotFound where it has nothing there."""
    domains.get(connection, domain_id)
    place.check()
    statement = sa.delete(_TABLE).where(_TABLE.c.domain_id == domain_id)
    if place.group is not None:
        statement = statement.where(_TABLE.c.group_name == place.group)
    if place.option is not None:
        statement = statement.where(_TABLE.c.option_name == place.option)
    if not connection.execute(statement).rowcount:
        raise _not_found(domain_id, place)


def _lock(connection: sa.Connection, domain_id: str) -> None:
    """Let nobody make a user in the domain until the transaction ends."""
    table = tables.domain
    connection.execute(sa.select(table.c.id).where(table.c.id == domain_id).with_for_update()).first()


def _groups_of(place: Place, values: Mapping[str, Any]) -> Groups:
    """Return the values of a change as {group: {option: value}}; they must be of the place and nothing else."""
    if place.group is None:
        return {name: dict(options) for name, options in values.items()}
    named = place.option or place.group
    if set(values) != {named}:
        raise errors.Forbidden(f"Invalid domain specific configuration: {named}, and only that, must be given here.")
    return {place.group: dict(values) if place.option is not None else dict(values[place.group])}


def _check_groups(groups: Mapping[str, Mapping[str, Any]]) -> None:
    for group, options in groups.items():
        Place(group).check()
        for option in options:
            Place(group, option).check()


def _read(connection: sa.Connection, domain_id: str) -> Groups:
    statement = sa.select(_TABLE.c.group_name, _TABLE.c.option_name, _TABLE.c.value).where(
        _TABLE.c.domain_id == domain_id).order_by(_TABLE.c.group_name, _TABLE.c.option_name)
    found: Groups = {}
    for group, option, value in connection.execute(statement):
        found.setdefault(group, {})[option] = value["is"]
    return found


def _write(connection: sa.Connection, domain_id: str, groups: Mapping[str, Mapping[str, Any]], before: Groups) -> None:
    for group, options in groups.items():
        for option, value in options.items():
            key = {"domain_id": domain_id, "group_name": group, "option_name": option}
            if option in before.get(group, {}):
                where = [_TABLE.c[name] == each for name, each in key.items()]
                connection.execute(sa.update(_TABLE).where(*where).values(value={"is": value}))
            else:
                rows.insert(connection, _TABLE, key | {"value": {"is": value}}, _CLASH)


def _not_found(domain_id: str, place: Place) -> errors.NotFound:
    what = " ".join(part for part in (place.group, place.option) if part)
    return errors.NotFound(f"Could not find {what or 'any'} configuration for domain {domain_id}.")
