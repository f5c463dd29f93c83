"""The tables of nftables in the kernel: changed by differences, replaced whole by an agent that has just begun.

What rules that are gone had let through is cut after the change: an agent that dies in between has a successor that
looks at every connection once.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from typing import Any

from cumulo.common import command, log, names
from cumulo.network.agent import filter, nft, revoked, track
from cumulo.network.agent.kernel import run_program
from cumulo.network.agent.nft import Table
from cumulo.network.agent.revoked import Connection
from cumulo.network.agent.rules import Packet
from cumulo.network.agent.wanted import Wanted

LOG = log.get(__name__)
_TIMEOUT_S = 60.0


class Firewall:
    """Owns the tables that filter and track; what they were last made is known here alone."""

    def __init__(self, *, tracks: bool) -> None:
        self._tracks = tracks
        self._applied: dict[str, Table] = {}
        self._seen: tuple[Wanted, int, Mapping[str, int]] | None = None  # what the tables were last made from
        self._looked_at: Table | None = None  # the filter that every connection has been held to

    def apply(self, wanted: Wanted) -> None:
        """Make the tables fit, in one transaction; without networks there are none."""
        numbers = _devices()
        devices = {each["bridge"]: numbers.get(each["bridge"], 0) for each in wanted.networks.values()}
        if self._seen is not None and self._seen[0] is wanted and self._seen[1:] == (wanted.filtered, devices):
            return
        self._seen = None
        tables = self._tables(wanted)
        if not wanted.networks:
            texts = [nft.none(each) for each in tables]
        else:
            texts = [nft.change(self._applied[each.name], each) if each.name in self._applied else nft.whole(each)
                     for each in tables]
        text = "".join(texts)
        known = self._applied
        self._applied = {}  # whatever goes wrong from here on, the next run makes them whole
        if text and (wanted.networks or known or self._are_there()):
            command.run(["nft", "-f", "-"], timeout_s=_TIMEOUT_S, input=text.encode())
        self._applied = {each.name: each for each in tables} if wanted.networks else {}
        if self._tracks and wanted.networks and self._looked_at != tables[0]:
            self._cut(wanted, revoked.narrowed(self._looked_at, tables[0]))
        self._looked_at = tables[0] if wanted.networks else None
        self._seen = wanted, wanted.filtered, devices

    def _cut(self, wanted: Wanted, taps: set[str]) -> None:
        """Forget the connections of these devices that nothing lets through any more."""
        devices, zones = _devices(), dict[int, list[Any]]()
        for network, port in wanted.ports_here():
            if names.tap_name(port["id"]) in taps and (network["nat"] or network["bridge"] in devices):
                zones.setdefault(track.zone(network, devices), []).append(port)
        if not zones:
            return
        listed = run_program({"do": "connections", "zones": sorted(zones)})["connections"]
        known = (Connection(zone, Packet(*said), key) for zone, *said, key in listed)
        keys = [each.key for each in revoked.forbidden(known, zones, wanted)]
        if keys:
            LOG.info("connections_cut", count=run_program({"do": "forget", "connections": keys})["forgotten"])

    def differences(self, wanted: Wanted) -> list[str]:
        """Say which tables in the kernel are not as they must be, by what the kernel makes of the same text elsewhere."""
        tables = self._tables(wanted) if wanted.networks else []
        request = {"do": "nft", "text": "".join(nft.whole(each) for each in tables)}
        right = run_program(request, apart=True)["tables"]
        held = run_program({"do": "nft", "text": ""})["tables"]
        return [f"table {place} is not as desired" for place in sorted(right.keys() | held.keys())
                if right.get(place) != held.get(place)]

    def _tables(self, wanted: Wanted) -> list[Table]:
        return [filter.table(wanted), *([track.table(wanted, _devices())] if self._tracks else [])]

    def _are_there(self) -> bool:
        listed = command.run(["nft", "list", "tables"], timeout_s=_TIMEOUT_S).stdout.decode().split("\n")
        return any(f"table {family} {name}" in listed for family, name in (
            (filter.FAMILY, filter.NAME), (track.FAMILY, track.NAME)))


def _devices() -> Mapping[str, int]:
    return {name: index for index, name in socket.if_nameindex()}
