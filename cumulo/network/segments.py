"""Where networks lie: which number of an overlay or which VLAN of a physical network each has to itself.

A network of type local lies nowhere but on its hosts, a flat one is the whole of its physical network, a vlan one has a
number there, a vxlan or gre one a number of its overlay. The unique index over (type, physical network, number) is what keeps
two networks apart; callers hold the lock of `revisions`, so a number that is free stays so until it is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import network_segment
from cumulo.common.ids import Ids

LARGEST = {"vlan": 4094, "vxlan": 2**24 - 1, "gre": 2**31 - 1}
OVERLAYS = ("vxlan", "gre")
_KINDS = {"gre": "TunnelIdInUse", "flat": "FlatNetworkInUse", "vlan": "VlanIdInUse", "vxlan": "TunnelIdInUse"}


@dataclasses.dataclass(frozen=True)
class Spans:
    """The numbers that networks get which ask for none: (physical network, first, last) for vlan, (first, last) for vxlan."""

    vlan: Sequence[tuple[str, int, int]] = ()
    vxlan: tuple[int, int] = (1, LARGEST["vxlan"])


NO_SPANS = Spans()


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


def take(connection: sa.Connection, ids: Ids, now: float, network_id: str, place: Place) -> None:
    """Record that the network lies there."""
    if place.network_type != "local":
        connection.execute(sa.insert(network_segment).values(
            id=ids.new_id(), network_id=network_id, name="", description="", network_type=place.network_type,
            physical_network=place.physical_network or "", segmentation_id=place.segmentation_id or 0,
            created_at=now, updated_at=now, revision_number=1))


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
