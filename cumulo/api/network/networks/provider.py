"""What an administrator may say of where a network lies, and what follows from the options where nobody says anything."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.network import hosts, segments

_HEADERS_BYTES = {"vxlan": 50, "gre": 42}
"""What a packet of an overlay carries beside itself: the inner Ethernet header and the outer ones of IPv4 and of UDP and
VXLAN (RFC 7348), or of GRE with a key (RFC 2890)."""


_PARTS = ("network_type", "physical_network", "segmentation_id")


def network_type(conf: Any, connection: sa.Connection, values: MutableMapping[str, Any]) -> str:
    """The type that was asked for; else the usual one, where every host can carry it."""
    asked = values.get("provider_network_type")
    if asked is not None:
        return str(asked)
    if values.get("provider_physical_network") is not None or values.get("provider_segmentation_id") is not None:
        raise errors.BadRequest("provider:network_type is needed beside other provider attributes.", kind="InvalidInput")
    usual = str(conf.tenant_network_type)
    return usual if usual == "local" or hosts.all_carry(connection, usual) else "local"


def take_segments(conf: Any, values: MutableMapping[str, Any]) -> list[segments.Place]:
    """Take `segments` out of what was asked for: the first becomes the network's provider attributes, the others are returned.

    Raises BadRequest for segments beside provider attributes, and for those that no network can have.
    """
    asked = values.pop("segments", None)
    if asked is None:
        return []
    if any(name.startswith("provider_") for name in values):
        raise errors.BadRequest("Invalid input for operation: segments and provider attributes are not given together.",
                                kind="SegmentsSetInConjunctionWithProviders")
    places = [{f"provider_{name}": each.get(f"provider:{name}") for name in _PARTS} for each in asked]
    for each in places:
        check(conf, each)
    values.update(places[0])
    return [segments.Place(*(each[f"provider_{name}"] for name in _PARTS)) for each in places[1:]]


def check(conf: Any, values: MutableMapping[str, Any]) -> None:
    """Raise BadRequest for a place that no network can have; numbers become numbers."""
    kind, physical = values["provider_network_type"], values.get("provider_physical_network")
    number = values.get("provider_segmentation_id")
    if kind in ("local", *segments.OVERLAYS) and physical is not None:
        raise _invalid(f"A {kind} network has no physical network.")
    if kind in ("local", "flat") and number is not None:
        raise _invalid(f"A {kind} network has no segmentation_id.")
    if kind == "flat" and physical is None or physical is not None and physical not in conf.physical_networks:
        raise _invalid(f"Unknown provider:physical_network '{physical}' for a {kind} network.")
    if kind == "vlan" and number is not None and physical is None:
        raise _invalid("A vlan network with a segmentation_id names its physical network.")
    if number is not None:
        values["provider_segmentation_id"] = int(number)
        if not 1 <= int(number) <= segments.LARGEST[kind]:
            raise _invalid(f"The segmentation_id of a {kind} network is 1 to {segments.LARGEST[kind]}.")


def spans(conf: Any) -> segments.Spans:
    """The numbers that networks get which ask for none."""
    first, _, last = str(conf.vxlan_ids).partition(":")
    return segments.Spans(vlan=[_vlan_range(each) for each in conf.vlan_ranges], vxlan=(int(first), int(last)))


def largest_mtu(conf: Any, kind: str) -> int:
    """The largest packet of a network of this type, which is what it gets unless it says otherwise."""
    return int(conf.mtu) - _HEADERS_BYTES.get(kind, 0)


def check_mtu(conf: Any, kind: str, mtu: int | None) -> None:
    """Raise BadRequest for packets that would not fit into those of the overlay."""
    if kind in _HEADERS_BYTES and mtu is not None and mtu > largest_mtu(conf, kind):
        raise _invalid(f"Requested MTU is too big, maximum is {largest_mtu(conf, kind)}")


def _vlan_range(text: str) -> tuple[str, int, int]:
    physical, first, last = text.split(":")
    return physical, int(first), int(last)


def _invalid(message: str) -> errors.BadRequest:
    return errors.BadRequest(f"Invalid input for operation: {message}", kind="InvalidInput")
