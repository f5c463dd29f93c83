"""Where networks lie: which number of an overlay or which VLAN of a physical network each has to itself.

A network of type local lies nowhere but on its hosts, a flat one is the whole of its physical network, a vlan one has a
number there, a vxlan or gre one a number of its overlay. The unique index over (type, physical network, number) is what keeps
two networks apart; callers hold the lock of `revisions`, so a number that is free stays so until it is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network, network_host, network_segment, port, subnet
from cumulo.common.ids import Ids

Row = Mapping[str, Any]

LARGEST = {"vlan": 4094, "vxlan": 2**24 - 1, "gre": 2**31 - 1}
OVERLAYS = ("vxlan", "gre")
_KINDS = {"gre": "TunnelIdInUse", "flat": "FlatNetworkInUse", "vlan": "VlanIdInUse", "vxlan": "TunnelIdInUse"}


@dataclasses.dataclass(frozen=True)
class Spans:
    """The numbers that networks get which ask for none: (physical network, first, last) for vlan, (first, last) for vxlan."""

    vlan: Sequence[tuple[str, int, int]] = ()
    vxlan: tuple[int, int] = (1, LARGEST["vxlan"])


NO_SPANS = Spans()
NOTHING_SAID = {"name": "", "description": ""}


@dataclasses.dataclass(frozen=True)
class Place:
    """A segment as a network's provider attributes name it."""

    network_type: str
    physical_network: str | None
    segmentation_id: int | None


def choose(connection: sa.Connection, spans: Spans, network_type: str, physical: str | None, number: int | None) -> Place:
    """The segment that was asked for, if nobody has it; with no number a free one. Raises Conflict."""
    if network_type in LARGEST and number is None:
        return _free(connection, spans, network_type, physical)
    place = Place(network_type, physical, number)
    if network_type != "local" and _is_taken(connection, place):
        raise errors.Conflict(
            f"Unable to create the network. The {network_type} segment "
            f"{physical or ''}{':' if physical and number is not None else ''}{'' if number is None else number} is in use.",
            kind=_KINDS[network_type])
    return place


def take(connection: sa.Connection, ids: Ids, now: float, network_id: str, place: Place,
         said: Mapping[str, str] = NOTHING_SAID) -> str:
    """Record that the network lies there, and return the segment's id; nothing for a local network, which lies nowhere."""
    if place.network_type == "local":
        return ""
    segment_id = ids.new_id()
    connection.execute(sa.insert(network_segment).values({
        **NOTHING_SAID, "id": segment_id, "network_id": network_id, "network_type": place.network_type,
        "physical_network": place.physical_network or "", "segmentation_id": place.segmentation_id or 0,
        "created_at": now, "updated_at": now, "revision_number": 1, **said}))
    return segment_id


def _is_taken(connection: sa.Connection, place: Place) -> bool:
    return connection.execute(sa.select(network_segment.c.id).where(
        network_segment.c.network_type == place.network_type,
        network_segment.c.physical_network == (place.physical_network or ""),
        network_segment.c.segmentation_id == (place.segmentation_id or 0))).first() is not None


def _free(connection: sa.Connection, spans: Spans, network_type: str, physical: str | None) -> Place:
    ranges = [("", *spans.vxlan)] if network_type in OVERLAYS else [
        each for each in spans.vlan if physical in (None, each[0])]
    for name, first, last in ranges:
        number = _free_in(connection, network_type, name, first, last)
        if number is not None:
            return Place(network_type, name or None, number)
    raise errors.Conflict("Unable to create the network. No network segment of its type is available for allocation.",
                          kind="NoNetworkAvailable")


def _free_in(connection: sa.Connection, network_type: str, physical: str, first: int, last: int) -> int | None:
    """The number after the highest one taken; the lowest gap once the end is reached."""
    column = network_segment.c.segmentation_id
    taken = (network_segment.c.network_type == network_type, network_segment.c.physical_network == physical,
             column.between(first, last))
    highest = connection.execute(sa.select(sa.func.max(column)).where(*taken)).scalar()
    if highest is None or highest < last:
        return first if highest is None else int(highest) + 1
    expected = first
    for number in connection.execute(sa.select(column).where(*taken).order_by(column)).scalars():
        if number != expected:
            return expected
        expected += 1
    return None


WIRED = ("flat", "vlan")
"""The types of which a network may have several segments, each on a physical network of its own."""


def list_segments(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every segment that meets the conditions, with the project of its network."""
    rows = connection.execute(
        sa.select(network_segment, network.c.project_id).join(network, network.c.id == network_segment.c.network_id)
        .where(*where).order_by(network_segment.c.created_at, network_segment.c.id)).mappings()
    return [row | {"physical_network": row["physical_network"] or None, "segmentation_id": row["segmentation_id"] or None}
            for row in map(dict, rows)]


def get_segment(connection: sa.Connection, segment_id: str) -> Row:
    """The segment; raises NotFound (SegmentNotFound)."""
    found = list_segments(connection, network_segment.c.id == segment_id)
    if not found:
        raise not_found(segment_id)
    return found[0]


def not_found(segment_id: str) -> errors.NotFound:
    """The error for a segment that is not there, or not there for the caller."""
    return errors.NotFound(f"Segment {segment_id} could not be found.", kind="SegmentNotFound")


def several(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> dict[str, list[Row]]:
    """The segments of the networks that meet the conditions and have more than one."""
    many = sa.select(network_segment.c.network_id).group_by(network_segment.c.network_id).having(
        sa.func.count() > 1)
    found: dict[str, list[Row]] = {}
    for row in list_segments(connection, network_segment.c.network_id.in_(many), *where):
        found.setdefault(row["network_id"], []).append(row)
    return found


def add_segment(connection: sa.Connection, ids: Ids, now: float, of_network: Row, place: Place,
                said: Mapping[str, str], spans: Spans) -> Row:
    """Let a network lie on one physical network more; raises Conflict where the place is taken, BadRequest where it cannot.

    The caller holds the lock of `revisions` and says that the network changes.
    """
    held = list_segments(connection, network_segment.c.network_id == of_network["id"])
    if of_network["provider_network_type"] not in WIRED or place.network_type not in WIRED:
        raise errors.BadRequest("Invalid input for operation: only flat and vlan networks have several segments.",
                                kind="InvalidInput")
    chosen = choose(connection, spans, place.network_type, place.physical_network, place.segmentation_id)
    if any(each["physical_network"] == chosen.physical_network for each in held):
        raise errors.BadRequest(f"Invalid input for operation: network {of_network['id']} is on physical network "
                                f"{chosen.physical_network} already: a host could not tell which of the two it is on.",
                                kind="InvalidInput")
    segment_id = take(connection, ids, now, of_network["id"], chosen, said)
    return get_segment(connection, segment_id)


def update_segment(connection: sa.Connection, now: float, segment_id: str, values: Mapping[str, str]) -> Row:
    """Change what is said of a segment."""
    connection.execute(sa.update(network_segment).where(network_segment.c.id == segment_id).values(
        updated_at=now, revision_number=network_segment.c.revision_number + 1, **values))
    return get_segment(connection, segment_id)


def delete_segment(connection: sa.Connection, row: Row) -> None:
    """Take a segment from its network; raises Conflict (SegmentInUse) for the last one and for one that something is on.

    The caller holds the lock of `revisions` and says that the network changes.
    """
    others = list_segments(connection, network_segment.c.network_id == row["network_id"], network_segment.c.id != row["id"])
    held = connection.execute(sa.select(subnet.c.id).where(subnet.c.segment_id == row["id"]).limit(1)).scalar()
    hosts = connection.execute(sa.select(network_host.c.host, network_host.c.wired).where(network_host.c.host.in_(
        sa.select(port.c.binding_host_id).where(port.c.network_id == row["network_id"])))).all()
    here = [host for host, wired in hosts if (on_host([*others, row], wired or ()) or row)["id"] == row["id"]]
    why = ("it is the network's only one" if not others else f"subnet {held} is on it" if held else
           f"ports on host {min(here)} are on it" if here else "")
    if why:
        raise errors.Conflict(f"Segment {row['id']} cannot be deleted: {why}.", kind="SegmentInUse")
    connection.execute(sa.delete(network_segment).where(network_segment.c.id == row["id"]))
    first = others[0]
    connection.execute(sa.update(network).where(
        network.c.id == row["network_id"], network.c.provider_physical_network == row["physical_network"]).values(
        provider_network_type=first["network_type"], provider_physical_network=first["physical_network"],
        provider_segmentation_id=first["segmentation_id"]))


def on_host(rows: Sequence[Row], wired: Collection[str]) -> Row | None:
    """The segment that a host is on, by the physical networks it is wired to; None where it is on none of them. Pure."""
    return next((row for row in rows if row["physical_network"] in wired), None)
