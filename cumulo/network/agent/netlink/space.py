"""A network namespace's devices, seen and changed: every method looks first and changes only what differs.

Every change goes through an Actor, so that the same code can say what differs instead of changing
it, and tests can stop it between any two changes.
"""

import ctypes
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pyroute2 import IPRoute, netns
from pyroute2.netlink.exceptions import NetlinkError

NETNS = pathlib.Path("/run/netns")
_SETTINGS = pathlib.Path("/proc/sys/net")
_UP = 1
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_LINK_LOCAL = "fe80:"

Address = tuple[str, int]


class Differs(Exception):
    """Something is not as it must be; the text says what would be changed."""


class Actor:
    """Makes changes; with `only_look` it raises Differs instead."""

    def __init__(self, *, only_look: bool = False) -> None:
        self.only_look = only_look

    def change(self, what: str, do: Callable[[], Any]) -> None:
        """Make one change."""
        if self.only_look:
            raise Differs(what)
        do()


class Space:
    """One namespace; without a name, the one that the program is in."""

    def __init__(self, actor: Actor, route: IPRoute, namespace: str = "") -> None:
        self.actor, self.route, self.namespace = actor, route, namespace
        self._looked: dict[str, Any] = {}  # by a comparison, which changes nothing: most of it is asking the kernel

    def look(self, name: str) -> Any:
        """What the kernel says of a device; None when there is none of that name."""
        if name not in self._looked or not self.actor.only_look:
            self._looked[name] = self._look(name)
        return self._looked[name]

    def _look(self, name: str) -> Any:
        try:
            return self.route.link("get", ifname=name)[0]
        except NetlinkError:
            return None

    def index(self, name: str) -> int:
        """The index of a device that must be there."""
        found = self.look(name)
        if found is None:
            raise Differs(f"{self._at(name)} is missing")
        return int(found["index"])

    def make(self, name: str, **how: Any) -> None:
        """Make a device unless it is there."""
        if self.look(name) is None:
            self.actor.change(f"make {self._at(name)}", lambda: self.route.link("add", ifname=name, **how))

    def remove(self, name: str) -> None:
        """Remove a device; idempotent."""
        found = self.look(name)
        if found is not None:
            self.actor.change(f"remove {self._at(name)}", lambda: self.route.link("del", index=found["index"]))

    def fit(self, name: str, *, up: bool = True, mtu: int | None = None, master: int | None = None,
            card: str | None = None) -> int:
        """Have a device be up or down, of this size, in this bridge, with this card address; return its index."""
        found = self.look(name)
        if found is None:
            raise Differs(f"{self._at(name)} is missing")
        index = int(found["index"])
        if card is not None and found.get_attr("IFLA_ADDRESS") != card:
            self.actor.change(f"give {self._at(name)} the card {card}", lambda: self._set_card(index, card))
            found = self.look(name)
        wanted: dict[str, Any] = {}
        if mtu is not None and found.get_attr("IFLA_MTU") != mtu:
            wanted["mtu"] = mtu
        if master is not None and found.get_attr("IFLA_MASTER") != master:
            wanted["master"] = master
        if bool(found["flags"] & _UP) != up:
            wanted["state"] = "up" if up else "down"
        if wanted:
            said = ", ".join(f"{key} {value}" for key, value in wanted.items())
            self.actor.change(f"set {said} of {self._at(name)}", lambda: self.route.link("set", index=index, **wanted))
        return index

    def addresses(self, name: str, wanted: Iterable[Address]) -> None:
        """Give a device exactly these addresses, besides the link's own."""
        index, needed = self.index(name), set(wanted)
        held = {(each.get_attr("IFA_ADDRESS"), each["prefixlen"]) for each in self.route.get_addr(index=index)}
        for address, length in sorted(held - needed):
            if not address.startswith(_LINK_LOCAL):
                self.actor.change(f"take {address} from {self._at(name)}", lambda a=address, n=length: self.route.addr(
                    "del", index=index, address=a, prefixlen=n))
        for address, length in sorted(needed - held):
            # No detection of duplicates: the control plane gives an address once, and waiting would lose packets.
            more = {"flags": 2} if ":" in address else {}
            self.actor.change(f"give {address} to {self._at(name)}", lambda a=address, n=length, m=more: self.route.addr(
                "add", index=index, address=a, prefixlen=n, **m))

    def setting(self, name: str, value: str) -> None:
        """Write a kernel setting below /proc/sys/net, such as ipv4/ip_forward, of the namespace this program is in."""
        path = _SETTINGS / name
        if path.exists() and path.read_text().strip() != value:
            self.actor.change(f"set {name} to {value}", lambda: path.write_text(value))

    def pair(self, outside: str, inside: str, other: "Space") -> None:
        """Have a pair with one end here and one in another namespace; a half that is left is made anew."""
        if self.look(outside) is not None and other.look(inside) is not None:
            return
        self.remove(outside)
        self.actor.change(f"make the pair {self._at(outside)}", lambda: self._make_pair(outside, inside, other.namespace))

    def _make_pair(self, outside: str, inside: str, namespace: str) -> None:
        target = os.open(NETNS / namespace, os.O_RDONLY)
        try:
            self.route.link("add", ifname=outside, kind="veth", peer={"ifname": inside, "net_ns_fd": target})
        finally:
            os.close(target)

    def _set_card(self, index: int, card: str) -> None:
        self.route.link("set", index=index, state="down")
        self.route.link("set", index=index, address=card)

    def _at(self, name: str) -> str:
        return f"{name} in {self.namespace}" if self.namespace else name


def quieten(space: Space, name: str) -> None:
    """Keep the host itself from speaking IPv6 on a device of guests."""
    space.setting(f"ipv6/conf/{name}/disable_ipv6", "1")


def answer_without_address(space: Space, name: str) -> None:
    """Let a bridge know IPv6 neighbours, which it answers for, and have no IPv6 address of its own all the same."""
    space.setting(f"ipv6/conf/{name}/addr_gen_mode", "1")
    space.setting(f"ipv6/conf/{name}/accept_ra", "0")
    space.setting(f"ipv6/conf/{name}/disable_ipv6", "0")


def namespaces() -> list[str]:
    """The names of the namespaces of this host."""
    return [each.name for each in NETNS.iterdir()] if NETNS.is_dir() else []


def make_namespace(actor: Actor, name: str) -> None:
    """Make a namespace; idempotent."""
    if name not in namespaces():
        actor.change(f"make the namespace {name}", lambda: netns.create(name))


def remove_namespace(actor: Actor, name: str) -> None:
    """Remove a namespace; idempotent."""
    if name in namespaces():
        actor.change(f"remove the namespace {name}", lambda: netns.remove(name))


@contextmanager
def apart() -> Iterator[None]:
    """Be in a namespace that nobody else is in, and that is gone afterwards."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        if _LIBC.unshare(_CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        yield
    finally:
        netns.setns(home)
        os.close(home)


@contextmanager
def inside(actor: Actor, name: str) -> Iterator[Space]:
    """The devices of a namespace by its name, which must be there; the program itself is in it meanwhile."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        netns.setns(name)
        with IPRoute() as route:
            yield Space(actor, route, name)
    finally:
        netns.setns(home)
        os.close(home)
