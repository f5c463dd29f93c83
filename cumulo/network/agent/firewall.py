"""The tables of nftables in the kernel: changed by differences, replaced whole by an agent that has just begun."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from cumulo.common import command
from cumulo.network.agent import filter, nft, track
from cumulo.network.agent.kernel import run_program
from cumulo.network.agent.nft import Table
from cumulo.network.agent.wanted import Wanted

_TIMEOUT_S = 60.0


class Firewall:
    """Owns the tables that filter and track; what they were last made is known here alone."""

    def __init__(self, *, tracks: bool) -> None:
        self._tracks = tracks
        self._applied: dict[str, Table] = {}

    def apply(self, wanted: Wanted) -> None:
        """Make the tables fit, in one transaction; without networks there are none."""
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
