"""Metering: which traffic of a project's routers is counted, under which labels.

A label counts for the routers of its project, or for those of all where it is shared; hosts learn of it with the routers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network_metering import metering_label, metering_label_rule
from cumulo.common.db.tables.network_router import router
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import ranges, revisions

Row = dict[str, Any]
ABILITY = "metering"
"""What a host that counts names among the types of networks that it carries."""
_RANGES = ("remote_ip_prefix", "source_ip_prefix", "destination_ip_prefix")


def list_labels(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every label that meets the conditions."""
    return [dict(row) for row in connection.execute(sa.select(metering_label).where(*where)).mappings()]


def label_not_found(label_id: str) -> errors.NotFound:
    """The error for a label that is not there, or not there for the caller."""
    return errors.NotFound(f"Metering label {label_id} does not exist.", kind="MeteringLabelNotFound")


def create_label(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, values: Mapping[str, Any]) -> Row:
    """Insert a label that counts nothing yet."""
    label_id = ids.new_id()
    connection.execute(sa.insert(metering_label).values(
        {"id": label_id, "project_id": project_id, "name": "", "description": "", "shared": False, "created_at": now}
        | dict(values)))
    return list_labels(connection, metering_label.c.id == label_id)[0]


def delete_label(connection: sa.Connection, label: Row) -> None:
    """Delete a label with its rules."""
    _note(connection, label)
    connection.execute(sa.delete(metering_label_rule).where(metering_label_rule.c.metering_label_id == label["id"]))
    connection.execute(sa.delete(metering_label).where(metering_label.c.id == label["id"]))


def list_rules(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every rule that meets the conditions, with the `project_id` of its label."""
    statement = sa.select(metering_label_rule, metering_label.c.project_id, metering_label.c.shared).join(
        metering_label, metering_label.c.id == metering_label_rule.c.metering_label_id).where(*where)
    return [dict(row) for row in connection.execute(statement).mappings()]


def rule_not_found(rule_id: str) -> errors.NotFound:
    """The error for a rule that is not there, or not there for the caller."""
    return errors.NotFound(f"Metering label rule {rule_id} does not exist.", kind="MeteringLabelRuleNotFound")


def create_rule(connection: sa.Connection, ids: Ids, now: float, label: Row, values: Mapping[str, Any]) -> Row:
    """Let a label count some traffic; raises Conflict where it counts a part of that already."""
    row: Row = {"direction": "ingress", "excluded": False} | dict.fromkeys(_RANGES) | dict(values)
    row |= {name: None if row[name] is None else _range(row[name]) for name in _RANGES}
    if all(row[name] is None for name in _RANGES):
        raise ranges.invalid("A metering label rule needs a remote, a source or a destination prefix.")
    if row["remote_ip_prefix"] is not None and (row["source_ip_prefix"] or row["destination_ip_prefix"]):
        raise ranges.invalid("remote_ip_prefix excludes source_ip_prefix and destination_ip_prefix.")
    _note(connection, label)
    _check_overlap(connection, label["id"], row)
    rule_id = ids.new_id()
    connection.execute(sa.insert(metering_label_rule).values(
        row | {"id": rule_id, "metering_label_id": label["id"], "created_at": now}))
    return list_rules(connection, metering_label_rule.c.id == rule_id)[0]


def delete_rule(connection: sa.Connection, rule: Row) -> None:
    """Let the label count it no longer."""
    _note(connection, rule)
    connection.execute(sa.delete(metering_label_rule).where(metering_label_rule.c.id == rule["id"]))


def of_router(connection: sa.Connection, project_id: str) -> list[Row]:
    """What the routers of a project count: the labels with their rules, as hosts get them."""
    rules = list_rules(connection, _counts_for(project_id))
    found: dict[str, list[Row]] = {}
    for each in sorted(rules, key=lambda each: str(each["id"])):
        found.setdefault(each["metering_label_id"], []).append(
            {name: each[name] for name in ("direction", "excluded", *_RANGES)})
    return [{"id": label_id, "rules": found[label_id]} for label_id in sorted(found)]


def _counts_for(project_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(metering_label.c.project_id == project_id, metering_label.c.shared.is_(sa.true()))


def _range(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ranges.invalid(f"'{text[:64]}' is not a range of addresses.") from None


def _check_overlap(connection: sa.Connection, label_id: str, row: Row) -> None:
    """Traffic that two rules of a label name would be counted twice."""
    for other in list_rules(connection, metering_label_rule.c.metering_label_id == label_id,
                            metering_label_rule.c.direction == row["direction"]):
        if all(_meet(row[name], other[name]) for name in _RANGES):
            conflicts.meet("create a metering rule", "one that counts the same", errors.Conflict(
                f"Metering label rule with prefix {row['remote_ip_prefix'] or row['source_ip_prefix']} overlaps another.",
                kind="MeteringLabelRuleOverlaps"))


def _meet(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return True
    first, second = ipaddress.ip_network(one), ipaddress.ip_network(other)
    return first.version == second.version and first.overlaps(second)  # type: ignore[arg-type]


def _note(connection: sa.Connection, label: Row) -> None:
    """Routers change with what they count."""
    revisions.hold(connection)
    where = [] if label["shared"] else [router.c.project_id == label["project_id"]]
    revisions.note(connection, connection.execute(sa.select(router.c.id).where(*where)).scalars().all())
