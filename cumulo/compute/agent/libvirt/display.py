"""The consoles of a domain that runs: its display, which libvirt connects us to, and the terminal of its serial line.

The display listens nowhere: there is no socket that anybody else could find.
"""

import os
import select
import socket
from xml.etree import ElementTree

import libvirt

from cumulo.common import errors
from cumulo.compute.agent.driver import Channel

GRAPHICS = {"novnc": "vnc", "spice-html5": "spice"}
SERIAL = "serial"


def open_channel(domain: libvirt.virDomain, kind: str) -> Channel:
    """Open a console; raises Conflict for a domain that is off, BadRequest for a kind it has not."""
    if not domain.isActive():
        raise errors.Conflict("the guest is off", server_id=domain.name())
    definition = domain.XMLDesc()
    if kind == SERIAL:
        return Terminal(terminal_of(definition))
    # We are let in as libvirt itself: the API has decided already who may see it.
    descriptor = domain.openGraphicsFD(display_of(definition, kind), libvirt.VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
    return socket.socket(fileno=descriptor)


def display_of(definition: str, kind: str) -> int:
    """Return the number of the display of a kind; raises BadRequest where there is none."""
    for number, display in enumerate(ElementTree.fromstring(definition).findall("./devices/graphics")):
        if display.get("type") == GRAPHICS.get(kind):
            return number
    raise errors.BadRequest(f"Unavailable console type {kind}.")


def terminal_of(definition: str) -> str:
    """Return the path of the serial line's terminal in a live definition; raises BadRequest where there is none."""
    devices = ElementTree.fromstring(definition).find("./devices")
    found = [] if devices is None else [*devices.findall("./serial[@type='pty']/source"), *devices.findall("./console[@type='pty']/source")]
    source = found[0] if found else None
    path = None if source is None else source.get("path")
    if not path:
        raise errors.BadRequest(f"Unavailable console type {SERIAL}.")
    return path


class Terminal:
    """A pseudo-terminal with the calls of a socket."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._is_open = True

    def recv(self, size: int) -> bytes:
        """Return what it says next; nothing once it was shut down, and OSError when the guest has ended."""
        while self._is_open:
            ready, _, _ = select.select([self._descriptor], [], [], 1.0)
            if ready and self._is_open:
                return os.read(self._descriptor, size)
        return b""

    def sendall(self, data: bytes) -> None:
        """Type."""
        while data and self._is_open:
            select.select([], [self._descriptor], [])
            data = data[os.write(self._descriptor, data):]

    def shutdown(self, how: int) -> None:
        """Let nobody wait for it any more."""
        self._is_open = False

    def close(self) -> None:
        """Let go of it; idempotent."""
        self._is_open = False
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
