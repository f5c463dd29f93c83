"""The connections that the kernel tracks: listed by zone, and forgotten one by one.

Built by hand (linux/netfilter/nfnetlink_conntrack.h): there may be tens of thousands, and what is needed of each is what
its first packet said.
"""

import errno
import os
import socket
import struct
from collections.abc import Collection, Iterator
from typing import Any

_NETLINK_NETFILTER, _CONNTRACK = 12, 1
_GET, _DELETE = _CONNTRACK << 8 | 1, _CONNTRACK << 8 | 2
_ERROR, _DONE = 2, 3
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_ORIGINAL, _ID, _ZONE = 1, 12, 18
_IP, _PROTOCOL = 1, 2
_NESTED, _KIND = 0x8000, 0x3FFF
_HEAD, _BODY, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("!BBH"), struct.Struct("=HH")
# Within the protocol's part: ports, or type and code of either ICMP.
_FIRST, _SECOND = (2, 5, 8), (3, 6, 9)
_ENTRY_GONE = errno.ENOENT


def listed(zones: Collection[int]) -> list[list[Any]]:
    """[zone, protocol, source, target, first, second, key] of every connection in these zones.

    first and second are the ports, or the type and code of ICMP; key is what `forget` knows it by.
    """
    with _socket() as wire:
        return [each for family in (socket.AF_INET, socket.AF_INET6) for content in _dump(wire, family)
                if (each := _parsed(content))[0] in zones]


def forget(keys: Collection[str]) -> int:
    """Forget these connections: their next packet is the first of a new one. Returns how many were still there."""
    gone = 0
    with _socket() as wire:
        for key in keys:
            family, body = int(key[:2], 16), bytes.fromhex(key[2:])
            wire.send(_message(_DELETE, _REQUEST | _ACK, family, body))
            code = next(_messages(wire.recv(1 << 16)))[1]
            number = -struct.unpack_from("=i", code)[0]
            if number not in (0, _ENTRY_GONE):
                raise OSError(number, os.strerror(number))
            gone += number == 0
    return gone


def _socket() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)


def _dump(wire: socket.socket, family: int) -> Iterator[bytes]:
    wire.send(_message(_GET, _REQUEST | _DUMP, family, b""))
    while True:
        for kind, content in _messages(wire.recv(1 << 18)):
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -struct.unpack_from("=i", content)[0]
                raise OSError(number, os.strerror(number))
            yield content


def _message(kind: int, flags: int, family: int, body: bytes) -> bytes:
    return _HEAD.pack(_HEAD.size + _BODY.size + len(body), kind, flags, 1, 0) + _BODY.pack(family, 0, 0) + body


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, kind, _, _, _ = _HEAD.unpack_from(data)
        yield kind, data[_HEAD.size:length]
        data = data[-(-length // 4) * 4:]


def _parsed(content: bytes) -> list[Any]:
    family = content[0]
    found = _attributes(content[_BODY.size:])
    original = _attributes(found[_ORIGINAL])
    ends, said = _attributes(original[_IP]), _attributes(original[_PROTOCOL])
    source, target = (ends[number] for number in ((1, 2) if family == socket.AF_INET else (3, 4)))
    zone = int.from_bytes(found.get(_ZONE, b""), "big")
    key = _packed(_ORIGINAL | _NESTED, found[_ORIGINAL]) + _packed(_ID, found[_ID])
    key += _packed(_ZONE, found[_ZONE]) if _ZONE in found else b""
    return [zone, said[1][0], socket.inet_ntop(family, source), socket.inet_ntop(family, target),
            _number(said, _FIRST), _number(said, _SECOND), f"{family:02x}{key.hex()}"]


def _number(said: dict[int, bytes], kinds: tuple[int, ...]) -> int | None:
    return next((int.from_bytes(said[kind], "big") for kind in kinds if kind in said), None)


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        found[kind & _KIND] = data[_ATTRIBUTE.size:length]
        data = data[-(-length // 4) * 4:]
    return found


def _packed(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value.ljust(-(-len(value) // 4) * 4, b"\0")
