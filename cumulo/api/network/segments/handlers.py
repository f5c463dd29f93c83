"""Segments of networks: the administrator's alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.network import lifecycle, resource, standard
from cumulo.api.network.networks import provider
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_z
from cumulo.common.db.tables.network import network_segment
from cumulo.network import networks, revisions, segments

Row = dict[str, Any]
_SAME = ("id", "network_id", "network_type", "physical_network", "segmentation_id", "name", "description", "revision_number")
ATTRIBUTES = (*_SAME, "created_at", "updated_at")


def is_visible(request: Request) -> standard.Conditions:
    """An administrator sees them, nobody else."""
    return [] if request.may("network:segments:get:all") else [sa.false()]


def segment_view(request: Request, row: Row) -> Row:
    """Every attribute."""
    return {name: row[name] for name in _SAME} | {
        "created_at": iso_z(row["created_at"]), "updated_at": iso_z(row["updated_at"])}


KIND = standard.Kind("segment", "segments", "segment_id", "network:segments", network_segment, segments.list_segments,
                     segment_view, ATTRIBUTES, is_visible, segments.not_found)


def _create(request: Request, connection: sa.Connection, now: float, body: Mapping[str, Any]) -> Row:
    conf = request.services.conf.network
    of_network = networks.get_network(connection, body["network_id"])
    asked = {f"provider_{name}": body.get(name) for name in ("network_type", "physical_network", "segmentation_id")}
    provider.check(conf, asked)
    revisions.advance(connection, of_network["id"])
    said = {name: body[name] for name in segments.NOTHING_SAID if body.get(name) is not None}
    place = segments.Place(asked["provider_network_type"], asked["provider_physical_network"], asked["provider_segmentation_id"])
    return segments.add_segment(connection, request.services.ids, now, of_network, place, said, provider.spans(conf))


def _update(request: Request, connection: sa.Connection, now: float, row: Row, body: Mapping[str, Any]) -> Row:
    return segments.update_segment(connection, now, row["id"], {name: value or "" for name, value in body.items()})


def _delete(request: Request, connection: sa.Connection, now: float, row: Row) -> None:
    revisions.advance(connection, row["network_id"])
    segments.delete_segment(connection, row)


def _concerned(connection: sa.Connection, rows: list[Row]) -> set[str]:
    return resource.hosts_of(connection, {row["network_id"] for row in rows})


CHANGES = lifecycle.Changes(_create, _update, _delete, _concerned)
