"""QoS specs: how much a volume's users may ask of it in a second, said for types.

    consumer    who holds users to it: front-end, the host of the server that has the volume; back-end, the backend; both
    specs       what it says; the front end knows LIMITS, each also as <name>_per_gb, which grows with the volume

What is changed takes hold when a volume is attached, or its server is started, the next time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_qos_specs, volume_type
from cumulo.common.ids import Ids

Row = Mapping[str, Any]
FRONT_END, BACK_END, BOTH = "front-end", "back-end", "both"
CAPABILITY = ("QoS_support", "True")
"""What a backend says of itself that holds users to what is its own to hold them to."""
_AMOUNTS = ("total_bytes_sec", "read_bytes_sec", "write_bytes_sec", "total_iops_sec", "read_iops_sec", "write_iops_sec")
LIMITS = (*_AMOUNTS, *(f"{name}_max" for name in _AMOUNTS), "size_iops_sec")
"""What the front end knows, by libvirt's names: https://libvirt.org/formatdomain.html, iotune."""
_PER_GB = "_per_gb"


def not_found(specs_id: str) -> errors.NotFound:
    """The error for QoS specs that are not there."""
    return errors.NotFound(f"No such qos_specs {specs_id[:64]}.")


def get(connection: sa.Connection, specs_id: str, *, lock: bool = False) -> Row:
    """Return QoS specs; raises NotFound."""
    query = sa.select(volume_qos_specs).where(volume_qos_specs.c.id == specs_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise not_found(specs_id)
    return row


def create(connection: sa.Connection, ids: Ids, now: float, name: str, consumer: str, specs: Mapping[str, str]) -> Row:
    """Make QoS specs; raises Conflict for a name that is taken."""
    row = {"id": ids.new_id(), "name": name, "consumer": consumer, "specs": dict(specs), "created_at": now, "updated_at": now}
    try:
        connection.execute(sa.insert(volume_qos_specs).values(row))
    except IntegrityError as failure:
        raise errors.Conflict(f"QoS specs {name} already exist.") from failure
    return row


def update(connection: sa.Connection, now: float, specs_id: str, **values: Any) -> None:
    """Change QoS specs that the caller holds."""
    connection.execute(sa.update(volume_qos_specs).where(volume_qos_specs.c.id == specs_id).values(updated_at=now, **values))


def delete(connection: sa.Connection, now: float, specs_id: str, *, force: bool) -> None:
    """Remove QoS specs that the caller holds; raises BadRequest while types have them, unless forced."""
    used = types_of(connection, specs_id)
    if used and not force:
        raise errors.BadRequest(f"QoS specs {specs_id} are still associated with volume types "
                                f"{', '.join(each['id'] for each in used)}.")
    part_all(connection, now, specs_id)
    connection.execute(sa.delete(volume_qos_specs).where(volume_qos_specs.c.id == specs_id))


def types_of(connection: sa.Connection, specs_id: str) -> list[Row]:
    """Return the types that have QoS specs, by name."""
    query = sa.select(volume_type).where(volume_type.c.qos_specs_id == specs_id).order_by(volume_type.c.name)
    return list(connection.execute(query).mappings())


def join(connection: sa.Connection, now: float, specs_id: str, of: Row) -> None:
    """Give a type QoS specs; both are held. Raises BadRequest for a type that has others."""
    if of["qos_specs_id"] not in (None, specs_id):
        raise errors.BadRequest(f"Type {of['id']} is already associated with another qos specs: {of['qos_specs_id']}")
    _set(connection, now, volume_type.c.id == of["id"], specs_id)


def part(connection: sa.Connection, now: float, specs_id: str, of: Row) -> None:
    """Take QoS specs from a type, where it has these."""
    _set(connection, now, sa.and_(volume_type.c.id == of["id"], volume_type.c.qos_specs_id == specs_id), None)


def part_all(connection: sa.Connection, now: float, specs_id: str) -> None:
    """Take QoS specs from every type that has them."""
    _set(connection, now, volume_type.c.qos_specs_id == specs_id, None)


def _set(connection: sa.Connection, now: float, which: sa.ColumnElement[bool], specs_id: str | None) -> None:
    connection.execute(sa.update(volume_type).where(which).values(qos_specs_id=specs_id, updated_at=now))


def asks(connection: sa.Connection, type_id: str | None) -> tuple[tuple[str, str], ...]:
    """Return what a type asks of a backend because the backend alone holds users to its QoS specs."""
    if type_id is None:
        return ()
    query = sa.select(volume_qos_specs.c.consumer).join(
        volume_type, volume_type.c.qos_specs_id == volume_qos_specs.c.id).where(volume_type.c.id == type_id)
    return (CAPABILITY,) if connection.execute(query).scalar() == BACK_END else ()


def limits_of(connection: sa.Connection, volume_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return what the front end holds the users of each of these volumes to; those without limits are left out."""
    if not volume_ids:
        return {}
    query = sa.select(volume.c.id, volume.c.size_gib, volume_qos_specs.c.specs).join(
        volume_type, volume_type.c.id == volume.c.type_id).join(
            volume_qos_specs, volume_qos_specs.c.id == volume_type.c.qos_specs_id).where(
                volume.c.id.in_(volume_ids), volume_qos_specs.c.consumer != BACK_END)
    found = {row.id: front_end(row.specs, row.size_gib) for row in connection.execute(query)}
    return {volume_id: limits for volume_id, limits in found.items() if limits}


def front_end(specs: Mapping[str, str], size_gib: int) -> dict[str, int]:
    """Return what specs say to the front end of a volume of this size; what is no number of 1 or more says nothing.

    Where a total is said, what is said of reads or writes alone is left out: a hypervisor takes one or the other.
    """
    found = {}
    for name in LIMITS:
        fixed, scaled = _number(specs.get(name)), _number(specs.get(name + _PER_GB))
        value = scaled * size_gib if scaled else fixed
        if value:
            found[name] = min(value, 2**63 - 1)
    for kind in ("bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"):
        if f"total_{kind}" in found:
            found = {name: value for name, value in found.items() if name not in (f"read_{kind}", f"write_{kind}")}
    return found


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else 0
