"""The links of this host's network namespace, seen all at once: one netlink dump, however many there are.

Built by hand (rtnetlink(7)), as the agent looks every few seconds and a host has a card for each guest: a name, the bridge
that it is in and whether it is up are three fixed places in a message.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from cumulo.common import errors

_GET, _ERROR, _DONE = 18, 2, 3  # RTM_GETLINK, NLMSG_ERROR, NLMSG_DONE
_REQUEST, _DUMP, _BROKEN = 0x1, 0x300, 0x10
_NAME, _MASTER, _MASK = 3, 10, 29  # IFLA_IFNAME, IFLA_MASTER, IFLA_EXT_MASK
_SKIP_STATS = 8
_HEAD, _LINK, _ATTRIBUTE, _NUMBER = struct.Struct("=IHHII"), struct.Struct("=BxHiII"), struct.Struct("=HH"), struct.Struct("=I")
_CODE = struct.Struct("=i")
_UP = 1
_TIMEOUT_S = 10.0
_AT_ONCE = 1 << 18
_TRIES = 3


class Link(NamedTuple):
    """A link; master is the index of the bridge that it is in, 0 for none."""

    index: int
    master: int
    is_up: bool


def held() -> dict[str, Link]:
    """Every link by its name. What changes under the look is looked at again; at last that is left to the next look."""
    found: dict[str, Link] = {}
    for _ in range(_TRIES):
        found, is_whole = _dump()
        if is_whole:
            break
    return found


def _dump() -> tuple[dict[str, Link], bool]:
    found: dict[str, Link] = {}
    is_whole = True
    mask = _ATTRIBUTE.pack(_ATTRIBUTE.size + 4, _MASK) + _NUMBER.pack(_SKIP_STATS)
    body = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + mask
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as asked:
        asked.settimeout(_TIMEOUT_S)
        asked.send(_HEAD.pack(_HEAD.size + len(body), _GET, _REQUEST | _DUMP, 1, 0) + body)
        while True:
            data = asked.recv(_AT_ONCE)
            for kind, flags, content in _messages(data):
                is_whole = is_whole and not flags & _BROKEN
                if kind == _DONE:
                    return found, is_whole
                if kind == _ERROR:
                    raise errors.CommandFailed(f"The kernel does not list links: error {-_CODE.unpack_from(content)[0]}.")
                name, link = _parsed(content)
                found[name] = link


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at < len(data):
        length, kind, flags, _, _ = _HEAD.unpack_from(data, at)
        yield kind, flags, data[at + _HEAD.size:at + length]
        at += -(-length // 4) * 4


def _parsed(content: bytes) -> tuple[str, Link]:
    _, _, index, flags, _ = _LINK.unpack_from(content)
    name, master, at = "", 0, _LINK.size
    while at + _ATTRIBUTE.size <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, at)
        if kind == _NAME:
            name = content[at + _ATTRIBUTE.size:at + length - 1].decode()
        elif kind == _MASTER:
            master = _NUMBER.unpack_from(content, at + _ATTRIBUTE.size)[0]
        at += -(-length // 4) * 4
    return name, Link(index, master, bool(flags & _UP))
