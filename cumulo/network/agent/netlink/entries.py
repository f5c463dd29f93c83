"""Forwarding entries and neighbours in bulk: read, compared, and changed by one batch of messages.

Built by hand (rtnetlink(7), linux/neighbour.h): a network may have thousands of them, and what they
are is three fixed shapes.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import NamedTuple

_NETLINK_ROUTE, _SOL_NETLINK, _CAP_ACK, _STRICT = 0, 270, 10, 12
_NEW, _DELETE, _GET, _ERROR, _DONE = 28, 29, 30, 2, 3
_REQUEST, _ACK, _DUMP, _CREATE, _REPLACE = 0x1, 0x4, 0x300, 0x400, 0x100
_AF_BRIDGE = 7
_TO, _CARD, _BY_DEVICE = 1, 2, 8  # NDA_DST, NDA_LLADDR, NDA_IFINDEX
_NOARP, _PERMANENT = 0x40, 0x80
_SELF, _MASTER = 0x02, 0x04
_HEAD, _BODY, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BxxxiHBB"), struct.Struct("=HH")
_FLAGS = {_NEW: _REQUEST | _ACK | _CREATE | _REPLACE, _DELETE: _REQUEST | _ACK}
_AT_ONCE = 200  # messages a batch: their answers fit the receive buffer


class Entry(NamedTuple):
    """One row of a table; `to` is packed, empty where the entry has none."""

    family: int
    device: int
    state: int
    flags: int
    to: bytes
    card: bytes


Change = tuple[int, Entry]
"""A message and what it is about."""


class Table:
    """A netlink socket for entries."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        self._socket.setsockopt(_SOL_NETLINK, _STRICT, 1)
        self._number = 0

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._socket.close()

    def compare(self, tunnel: int, bridge: int, cards: Mapping[str, str], neighbours: Mapping[str, str], *,
                leads: bool = True) -> list[Change]:
        """What to change so that the tunnel leads to exactly these cards and the bridge answers for these addresses.

        cards: card -> the address of its host; neighbours: address -> card. A device that does not lead to hosts by
        itself has no entries of its own.
        """
        wanted = {each for each in _entries(tunnel, bridge, cards, neighbours) if leads or each.flags != _SELF}
        held = {entry for entry in self._held(tunnel, bridge) if entry.card and (leads or entry.flags != _SELF)}
        # An entry that leads elsewhere is replaced by the new one: gone only if nothing is wanted in its place.
        kept = {_place(entry) for entry in wanted}
        gone = [(_DELETE, entry) for entry in sorted(held - wanted) if _place(entry) not in kept]
        return gone + [(_NEW, entry) for entry in sorted(wanted - held)]

    def make(self, changes: Iterable[Change]) -> None:
        """Change what `compare` named."""
        waiting = list(changes)
        for start in range(0, len(waiting), _AT_ONCE):
            batch = waiting[start:start + _AT_ONCE]
            self._socket.send(b"".join(self._message(kind, _FLAGS[kind], _body(entry)) for kind, entry in batch))
            answered = 0
            while answered < len(batch):
                for said, content in _messages(self._socket.recv(1 << 18)):
                    answered += said == _ERROR
                    _raise(content, ignoring=errno.ENOENT)

    def _held(self, tunnel: int, bridge: int) -> Iterator[Entry]:
        """What is there of ours: the tunnel's and the bridge's own first entries are the kernel's."""
        for entry in self._dump(_AF_BRIDGE, tunnel):
            # Entries of the bridge that are permanent are its own: the card of the device itself.
            if entry.device == tunnel and (entry.flags & _SELF or not entry.state & _PERMANENT):
                yield entry._replace(flags=_SELF if entry.flags & _SELF else _MASTER,
                                     state=entry.state & (_PERMANENT | _NOARP))
        for family in (socket.AF_INET, socket.AF_INET6):
            for entry in self._dump(family, bridge):
                if entry.device == bridge and entry.state & _PERMANENT:
                    yield entry._replace(flags=0, state=_PERMANENT)

    def _dump(self, family: int, device: int) -> Iterator[Entry]:
        by_device = family == _AF_BRIDGE
        body = _BODY.pack(family, device if by_device else 0, 0, 0, 0)
        if not by_device:
            body += _attribute(_BY_DEVICE, struct.pack("=I", device))
        self._socket.send(self._message(_GET, _REQUEST | _DUMP, body))
        while True:
            for kind, content in _messages(self._socket.recv(1 << 18)):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    _raise(content)
                yield _parsed(content)

    def _message(self, kind: int, flags: int, body: bytes) -> bytes:
        self._number += 1
        return _HEAD.pack(_HEAD.size + len(body), kind, flags, self._number, 0) + body


def _entries(tunnel: int, bridge: int, cards: Mapping[str, str], neighbours: Mapping[str, str]) -> Iterator[Entry]:
    for card, remote in cards.items():
        packed = bytes.fromhex(card.replace(":", ""))
        yield Entry(_AF_BRIDGE, tunnel, _PERMANENT, _SELF, _address(remote)[1], packed)
        yield Entry(_AF_BRIDGE, tunnel, _NOARP, _MASTER, b"", packed)
    for address, card in neighbours.items():
        family, to = _address(address)
        yield Entry(family, bridge, _PERMANENT, 0, to, bytes.fromhex(card.replace(":", "")))


def _place(entry: Entry) -> tuple[int, int, int, bytes]:
    """What two entries cannot share: the card where it is the key, else the address."""
    return entry.family, entry.device, entry.flags, entry.card if entry.family == _AF_BRIDGE else entry.to


def _address(text: str) -> tuple[int, bytes]:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return family, socket.inet_pton(family, text)


def _body(entry: Entry) -> bytes:
    to = _attribute(_TO, entry.to) if entry.to else b""
    return (_BODY.pack(entry.family, entry.device, entry.state, entry.flags, 0) + to
            + _attribute(_CARD, entry.card))


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value.ljust(-(-len(value) // 4) * 4, b"\0")


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, kind, _, _, _ = _HEAD.unpack_from(data)
        yield kind, data[_HEAD.size:length]
        data = data[-(-length // 4) * 4:]


def _parsed(content: bytes) -> Entry:
    family, device, state, flags, _ = _BODY.unpack_from(content)
    found: dict[int, bytes] = {}
    rest = content[_BODY.size:]
    while len(rest) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(rest)
        found[kind] = rest[_ATTRIBUTE.size:length]
        rest = rest[-(-length // 4) * 4:]
    return Entry(family, device, state, flags, found.get(_TO, b""), found.get(_CARD, b""))


def _raise(content: bytes, ignoring: int = 0) -> None:
    code = -struct.unpack_from("=i", content)[0]
    if code and code != ignoring:
        raise OSError(code, os.strerror(code))
