"""Watching gateways from the hosts that stand by for them: is there still a kernel at the other end of the tunnels?

An echo (ICMP) is answered by the kernel, whatever becomes of agents, by the way that what leaves takes as well. A host
that has answered and then misses several echoes in a row is reported, and again as long as it stays silent: whether a
gateway moves is for the scheduler to say. One that never answered, such as behind a filter, says nothing either way.
"""

from __future__ import annotations

import dataclasses
import socket
import struct
from collections.abc import Callable, Collection, Iterator
from typing import Any

from cumulo.common import errors, log
from cumulo.common.threads import Threads

LOG = log.get(__name__)
EVERY_S = 0.05
MISSES = 4
REPORT_AGAIN_S = 1.0
_ECHO, _ANSWER = 8, 0
_HEAD = struct.Struct("!BBHHH")


@dataclasses.dataclass
class Watched:
    """One address: how many echoes in a row were not answered; None before the first answer."""

    misses: int | None = None

    def round(self, answered: bool) -> bool:
        """Note whether an answer came since the last echo; say whether the silence is to be reported now."""
        if answered:
            self.misses = 0
        elif self.misses is not None:
            self.misses += 1
        again = round(REPORT_AGAIN_S / EVERY_S)
        return self.misses is not None and self.misses >= MISSES and (self.misses - MISSES) % again == 0


class Watch:
    """Asks the addresses it is given, and reports those that fall silent."""

    def __init__(self, wanted: Callable[[], Collection[str]], report: Callable[[str], Any], threads: Threads) -> None:
        self._wanted, self._report, self._threads = wanted, report, threads
        self._watched: dict[str, Watched] = {}
        self._number = 0

    def run_forever(self, stopping: Any) -> None:
        """Ask until the event is set."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as wire:
            wire.setblocking(False)
            while not stopping.wait(EVERY_S):
                self.run_once(wire)

    def run_once(self, wire: socket.socket) -> None:
        """Take the answers that came, judge, and ask again.

        Whatever held this thread up, answers have waited in the socket and an echo always had its time.
        """
        self._watched = {each: self._watched.get(each, Watched()) for each in sorted(self._wanted())}
        if not self._watched:
            return
        answered = set(_answers(wire, self._identifier))
        for address, watched in self._watched.items():
            if watched.round(address in answered):
                LOG.warning("gateway_silent", tunnel_address=address)
                self._threads.spawn(self._tell, address, name="gateway-silent")
            self._ask(wire, address)

    @property
    def _identifier(self) -> int:
        return id(self) & 0xFFFF

    def _ask(self, wire: socket.socket, address: str) -> None:
        self._number = (self._number + 1) & 0xFFFF
        try:
            wire.sendto(echo(self._identifier, self._number), (address, 0))
        except OSError as failure:  # no way there: that is silence as well
            LOG.debug("gateway_not_asked", tunnel_address=address, reason=failure.strerror)

    def _tell(self, address: str) -> None:
        try:
            self._report(address)
        except errors.CumuloError as failure:
            LOG.warning("silence_not_reported", tunnel_address=address, reason=failure.message)


def echo(identifier: int, number: int) -> bytes:
    """A request for an echo (RFC 792)."""
    total = (_ECHO << 8) + identifier + number
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return _HEAD.pack(_ECHO, 0, ~total & 0xFFFF, identifier, number)


def _answers(wire: socket.socket, identifier: int) -> Iterator[str]:
    """The addresses that answered; other programs' echoes come by here too."""
    while True:
        try:
            packet, (address, _) = wire.recvfrom(2048)
        except BlockingIOError:
            return
        length = (packet[0] & 0xF) * 4
        kind, _, _, whose, _ = _HEAD.unpack_from(packet, length)
        if kind == _ANSWER and whose == identifier:
            yield address
