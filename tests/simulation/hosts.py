"""The machines of a simulated cloud, and the drivers through which agents change them.

What a Host holds survives its agents, as domains and bridges do. Every change of it is a boundary:
the agent may die before or after, the disk may be full, and it may take a while. A driver call is
made of several changes, so it can be half done.
"""

import errno
import hashlib
import io
import os
import pathlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any, BinaryIO

from cumulo.common import errors, names
from cumulo.common.audit.holdings import ComputeHoldings, HeldServer, NetworkHoldings
from cumulo.common.volume_copies import COPIED, COPYING, LOST, SHUT, Copying
from cumulo.compute import fits
from cumulo.compute.agent.driver import Facts, Inventory, Orders, Power, Progress, Tell
from cumulo.image.store.file import FileStore, Part
from cumulo.image.store.http import HttpStore
from cumulo.image.store.protocol import StoreFailed
from cumulo.network.agent.fake import FakeDriver, lie_together
from cumulo.network.agent.wanted import Wanted
from tests.simulation.copies import HeldBackups
from tests.simulation.disks import HeldVolumes
from tests.simulation.kernel import Kernel
from tests.simulation.weather import Weather

ROOMY = {"vcpus": 16, "memory_mib": 32768, "disk_gib": 200}
TIGHT = {"vcpus": 16, "memory_mib": 1024, "disk_gib": 200}  # the simulated flavor takes 512
CELLS = [{"id": 0, "shared": "0-9", "dedicated": "10-15", "pages": {"4": 32768 * 256}}]  # a larger server has two of its own
NAT_FAILS = "nft ended with 1"
SHARED = ("groups", "prefixes", "routers")
MADE = ("base", "disk", "domain")  # in this order, and removed in the opposite one
SNAPSHOT = "snapshot"
RESCUE, BEFORE = "rescue", "disk.before"
FILES = ("base", "disk", SNAPSHOT, RESCUE, "rescue.base", BEFORE)


class Violation(Exception):
    """Something happened that must never happen."""


class Host:
    """One hypervisor with its network."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.made: dict[str, set[str]] = {}  # server id -> which of MADE are there
        self.power: dict[str, Power] = {}
        self.cards: dict[str, tuple[str, ...]] = {}
        self.own: dict[str, frozenset[int]] = {}  # server id -> the host's processors that are its own
        self.networks: dict[str, Mapping[str, Any]] = {}
        # Of the document's other parts, by their ids: groups, lists of prefixes, routers.
        self.shared: dict[str, dict[str, Any]] = {part: {} for part in SHARED}
        self.failed_networks: set[str] = set()
        self.disks = HeldVolumes()
        self.volumes: dict[str, set[str]] = {}  # server id -> the volumes its guest has
        self.opened: dict[str, dict[str, Any]] = {}  # server id -> how its guest opens those that were replaced under it
        self.copies: dict[str, str] = {}  # volume id -> the file that its guest copies it to

    def holdings(self) -> ComputeHoldings:
        """What a hypervisor's driver would list."""
        return ComputeHoldings(tuple(self._held(each) for each in sorted(self.made.keys() | self.power.keys())))

    def network_holdings(self) -> NetworkHoldings:
        """What a network driver would list, as the fake one does for the same networks."""
        driver = FakeDriver()
        driver.networks, driver.routers = dict(self.networks), set(self.shared["routers"])
        return driver.holdings()

    def _held(self, server_id: str) -> HeldServer:
        power = self.power.get(server_id)
        files = tuple(part for part in FILES if part in self.made.get(server_id, ()))
        cards = self.cards.get(server_id, ()) if power in (Power.RUNNING, Power.PAUSED) else ()
        volumes = sorted(self.volumes.get(server_id, ())) if power in (Power.RUNNING, Power.PAUSED) else ()
        return HeldServer(server_id, power.value if power else None, True, files, cards, volumes=tuple(volumes))


class Hosts:
    """All machines, and what must hold over all of them at every moment."""

    def __init__(self, names: Collection[str], inventory: dict[str, int]) -> None:
        self.inventory = inventory
        self.by_name = {name: Host(name) for name in names}
        self.excused: dict[str, str] = {}  # server id -> why it may end in ERROR
        self.violations: list[str] = []
        self.backups = HeldBackups()

    def started(self, host: Host, server_id: str) -> None:
        """Note that a server begins to run; a second copy is the worst there is."""
        for other in self.by_name.values():
            if other is not host and other.power.get(server_id) in (Power.RUNNING, Power.PAUSED):
                self.violations.append(f"server {server_id} runs on {other.name} and on {host.name}")
        for other_id, own in host.own.items():
            runs = host.power.get(other_id) in (Power.RUNNING, Power.PAUSED)
            if other_id != server_id and runs and own & host.own.get(server_id, frozenset()):
                self.violations.append(f"servers {server_id} and {other_id} of {host.name} have the same processors")
        for volume_id in sorted(host.volumes.get(server_id, ())):
            self.opened(volume_id, server_id)
        host.power[server_id] = Power.RUNNING

    def lose_power(self, name: str) -> None:
        """Have all guests of a host be off; what its owner does about them may fail, as where an image is gone."""
        power = self.by_name[name].power
        for server_id in sorted(power):
            self.excused[server_id] = "its host lost its power"
            power[server_id] = Power.OFF if power[server_id] is not Power.SAVED else Power.SAVED

    def opened(self, volume_id: str, server_id: str) -> None:
        """Note that a guest opens a volume: it must be made and served, and a second guest would write over it."""
        if not any(volume_id in each.disks.volumes and volume_id in each.disks.exports and volume_id not in each.disks.half_made
                   for each in self.by_name.values()):
            self.violations.append(f"volume {volume_id} is opened by {server_id}, and is not whole or not served")
        for host in self.by_name.values():
            for other, volumes in host.volumes.items():
                runs = host.power.get(other) in (Power.RUNNING, Power.PAUSED)
                if other != server_id and volume_id in volumes and runs:
                    self.violations.append(f"volume {volume_id} is opened by {server_id} and by {other}")


class SimComputeDriver:
    """cumulo.compute.agent.driver.Driver over a Host."""

    def __init__(self, kernel: Kernel, weather: Weather, hosts: Hosts, host: Host) -> None:
        self._kernel, self._weather, self._hosts, self._host = kernel, weather, hosts, host

    def inventory(self) -> Inventory:
        """Return what every host of the run has."""
        return Inventory(**self._hosts.inventory, hypervisor={"type": "QEMU", "hostname": self._host.name, "cells": CELLS})

    def servers(self) -> dict[str, Power]:
        """Return every server with a domain."""
        return {server_id: self._host.power[server_id] for server_id in self._host.made
                if server_id in self._host.power}

    def power(self, server_id: str) -> Power | None:
        """Return whether a server runs."""
        self._kernel.check_alive()
        return self._host.power.get(server_id)

    def create(self, facts: Facts, progress: Progress) -> None:
        """Make what is missing of a server."""
        server_id = facts["id"]
        for part in MADE:
            self._change(f"create {part}")
            if self._host.name in self._weather.disk_full or self._weather.happens("create fails"):
                self._hosts.excused[server_id] = "its host could not make it"
                raise errors.CommandFailed(f"no space left for the {part}")
            self._host.made.setdefault(server_id, set()).add(part)
            progress(100.0 * len(self._host.made[server_id]) / len(MADE))
        self._host.power.setdefault(server_id, Power.OFF)
        self._host.cards[server_id] = _cards(facts)
        self._host.own[server_id] = _own(facts)
        self._host.volumes[server_id] = _volumes(facts)
        self._done("create")

    def redefine(self, facts: Facts) -> None:
        """Check that it is there."""
        self._change("redefine")
        self._known(facts["id"])
        self._host.cards[facts["id"]] = _cards(facts)
        self._host.own[facts["id"]] = _own(facts)
        self._host.volumes[facts["id"]] = _volumes(facts)

    def start(self, server_id: str) -> None:
        """Start a server that is off."""
        self._change("start")
        self._known(server_id)
        if self._host.power[server_id] is not Power.RUNNING:
            self._hosts.started(self._host, server_id)
        self._done("start")

    def wipe(self, server_id: str, keep_ephemeral: bool) -> None:
        """Take its disks away."""
        self._change("wipe")
        self._known(server_id)
        self._host.power[server_id] = Power.OFF
        for part in (RESCUE, "rescue.base", SNAPSHOT, BEFORE, "disk", "base"):
            self._change(f"wipe {part}")
            self._host.made[server_id].discard(part)
        self._done("wipe")

    def rescue(self, facts: Facts, image: Facts | None, progress: Progress) -> None:
        """Give it a rescue disk."""
        server_id = facts["id"]
        self._change("rescue")
        self._known(server_id)
        if RESCUE in self._host.made[server_id] and self._host.power[server_id] is Power.RUNNING:
            return
        if image:
            self._host.made[server_id].add("rescue.base")
        self._host.power[server_id] = Power.OFF
        self._change("rescue disk")
        if self._host.name in self._weather.disk_full:
            raise errors.CommandFailed("no space left for the rescue disk")
        self._host.made[server_id].add(RESCUE)
        self._host.cards[server_id] = _cards(facts)
        self._host.own[server_id] = _own(facts)
        self._host.volumes[server_id] = _volumes(facts)
        self._done("rescue")

    def unrescue(self, facts: Facts) -> None:
        """Take it away."""
        server_id = facts["id"]
        self._change("unrescue")
        self._known(server_id)
        if RESCUE in self._host.made[server_id]:
            self._host.power[server_id] = Power.OFF
            self._host.cards[server_id] = _cards(facts)
            self._host.own[server_id] = _own(facts)
            self._host.volumes[server_id] = _volumes(facts)
            self._change("remove rescue disk")
        self._host.made.get(server_id, set()).difference_update((RESCUE, "rescue.base"))
        self._done("unrescue")

    def pause(self, server_id: str) -> None:
        """Have it stand still."""
        self._turn("pause", server_id, Power.RUNNING, Power.PAUSED)

    def unpause(self, server_id: str) -> None:
        """Have it go on."""
        self._turn("unpause", server_id, Power.PAUSED, Power.RUNNING)

    def suspend(self, server_id: str) -> None:
        """Keep its memory on disk."""
        self._turn("suspend", server_id, Power.RUNNING, Power.SAVED)

    def _turn(self, what: str, server_id: str, before: Power, after: Power) -> None:
        self._change(what)
        self._known(server_id)
        if self._host.power[server_id] is before:
            self._host.power[server_id] = after
        self._done(what)

    def set_password(self, facts: Facts) -> None:
        """Set it, in a guest that runs."""
        self._change("set password")
        self._known(facts["id"])
        if self._host.power[facts["id"]] is not Power.RUNNING:
            raise errors.Conflict("the guest is off")
        self._done("set password")

    def interrupt(self, server_id: str) -> None:
        """Its guest does nothing about it."""
        self._known(server_id)

    def press_power_button(self, server_id: str) -> None:
        """Most guests obey, some when they like, some never."""
        self._change("press")
        if server_id in self._host.power and not self._weather.happens("button ignored"):
            self._host.power[server_id] = Power.OFF

    def cut_power(self, server_id: str) -> None:
        """Stop a server at once."""
        self._change("cut power")
        if server_id in self._host.power:
            self._host.power[server_id] = Power.OFF
        self._done("cut power")

    def remove(self, server_id: str) -> None:
        """Take away whatever there is of a server."""
        self._change("remove domain")
        self._host.power.pop(server_id, None)
        self._host.cards.pop(server_id, None)
        self._host.volumes.pop(server_id, None)
        for part in (BEFORE, "rescue.base", RESCUE, SNAPSHOT, *reversed(MADE)):
            if part in self._host.made.get(server_id, ()):
                self._change(f"remove {part}")
                self._host.made.get(server_id, set()).discard(part)
        if not self._host.made.get(server_id):
            self._host.made.pop(server_id, None)
        self._done("remove")

    def plug_card(self, facts: Facts, port_id: str) -> None:
        """Give it a card."""
        self._change("plug card")
        self._known(facts["id"])
        self._host.cards[facts["id"]] = _cards(facts)
        self._host.own[facts["id"]] = _own(facts)
        self._done("plug card")

    def unplug_card(self, server_id: str, device: str) -> bool:
        """Take a card from it; some guests take their time."""
        self._change("unplug card")
        if self._weather.between(0.0, 1.0) < 0.2:
            return False
        kept = tuple(card for card in self._host.cards.get(server_id, ()) if card != device)
        if server_id in self._host.cards:
            self._host.cards[server_id] = kept
        self._done("unplug card")
        return True

    def plug_disk(self, facts: Facts, disk: Facts) -> None:
        """Give it a volume."""
        self._change("plug disk")
        self._known(facts["id"])
        self._host.volumes.setdefault(facts["id"], set()).update((*_volumes(facts), disk["id"]))
        self._hosts.opened(disk["id"], facts["id"])
        self._done("plug disk")

    def keep_secrets(self, facts: Facts) -> None:
        """Nothing: nothing is opened."""

    def unplug_disk(self, server_id: str, volume_id: str) -> bool:
        """Take a volume from it; some guests take their time."""
        self._change("unplug disk")
        if self._weather.between(0.0, 1.0) < 0.2:
            return False
        self._host.volumes.get(server_id, set()).discard(volume_id)
        self._host.opened.get(server_id, {}).pop(volume_id, None)
        self._done("unplug disk")
        return True

    def replace_disk(self, server_id: str, volume_id: str, disk: Facts, progress: Progress) -> None:
        """Copy a volume, and go over to the copy at one moment."""
        self._change("copy volume in the guest")
        opened = self._host.opened.setdefault(server_id, {})
        volumes = self._host.volumes.get(server_id, set())
        if disk["id"] not in volumes or opened.get(disk["id"]) != disk["connection"]:
            self._known(server_id)
            if self._host.power[server_id] not in (Power.RUNNING, Power.PAUSED) or volume_id not in volumes:
                raise errors.Conflict("the guest is off, or does not have the volume")
            self._change("go over to the copy")
            volumes.discard(volume_id)
            volumes.add(disk["id"])
            opened[disk["id"]] = disk["connection"]
            self._hosts.opened(disk["id"], server_id)
        self._done("replace disk")

    def keep_disk_replaced(self, server_id: str, volume_id: str, disk: Facts) -> bool:
        """End the copying."""
        self._change("stop copying")
        opened = self._host.opened.get(server_id, {})
        return disk["id"] in self._host.volumes.get(server_id, ()) and opened.get(disk["id"]) == disk["connection"]

    def grow_volume(self, server_id: str, volume_id: str, size_gib: int) -> None:
        """Let it see that a volume is larger."""
        self._change("grow volume")

    def copy_volume(self, server_id: str, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Copy a volume of a guest that runs, in three looks or more; some copies break off."""
        self._change("copy volume")
        copies = self._host.copies
        if self._host.power.get(server_id) not in (Power.RUNNING, Power.PAUSED) or volume_id not in self._host.volumes.get(server_id, ()):
            copies.pop(volume_id, None)
            return Copying(SHUT)
        if copies.get(volume_id) not in (None, target.name):
            raise errors.Retry("the volume is being copied for something else")
        if volume_id not in copies:
            if begin:
                copies[volume_id] = target.name
            return Copying(COPYING if begin else LOST)
        happened = self._weather.between(0.0, 1.0)
        if happened < 0.5:
            return Copying(COPYING, 50.0)
        copies.pop(volume_id)
        if happened < 0.6:
            return Copying(LOST)
        target.write_text(volume_id)
        self._done("copy volume")
        return Copying(COPIED, 100.0)

    def stop_copying(self, server_id: str, volume_id: str, target: pathlib.Path) -> None:
        """Forget it."""
        self._change("stop copying")
        if self._host.copies.get(volume_id) == target.name:
            self._host.copies.pop(volume_id)

    def keep_disk(self, server_id: str) -> None:
        """Keep a copy of its disk."""
        self._change("keep disk")
        self._known(server_id)
        if self._host.name in self._weather.disk_full:
            raise errors.CommandFailed("no space left for the copy")
        self._host.made[server_id].add(BEFORE)
        self._done("keep disk")

    def restore_disk(self, server_id: str) -> None:
        """Put the copy in the disk's place."""
        self.cut_power(server_id)
        self.forget_disk(server_id)

    def forget_disk(self, server_id: str) -> None:
        """Remove the copy."""
        self._change("forget disk")
        self._host.made.get(server_id, set()).discard(BEFORE)
        self._done("forget disk")

    def adapt(self, facts: Facts) -> None:
        """Give it another size."""
        self._change("adapt")
        self._known(facts["id"])
        self._host.cards[facts["id"]] = _cards(facts)
        self._host.own[facts["id"]] = _own(facts)
        self._host.volumes[facts["id"]] = _volumes(facts)
        self._done("adapt")

    def take_snapshot(self, server_id: str, disk_format: str, progress: Progress) -> None:
        """Copy its disk."""
        self._change("take snapshot")
        self._known(server_id)
        if self._host.name in self._weather.disk_full:
            raise errors.CommandFailed("no space left for the snapshot")
        self._host.made[server_id].add(SNAPSHOT)
        self._done("take snapshot")

    def open_snapshot(self, server_id: str) -> BinaryIO:
        """Return the copy."""
        if SNAPSHOT not in self._host.made.get(server_id, ()):
            raise errors.NotFound("the disk was not copied", server_id=server_id)
        return io.BytesIO(server_id.encode())

    def drop_snapshot(self, server_id: str) -> None:
        """Remove the copy."""
        self._change("drop snapshot")
        self._host.made.get(server_id, set()).discard(SNAPSHOT)
        self._done("drop snapshot")

    def survey(self, facts: Facts) -> Facts:
        """Say what is to come."""
        self._change("survey")
        self._known(facts["id"])
        if self._host.power[facts["id"]] not in (Power.RUNNING, Power.PAUSED):
            raise errors.Conflict("the guest does not run", server_id=facts["id"])
        return {"files": sorted(self._host.made[facts["id"]])}

    def expect(self, facts: Facts, coming: Facts, progress: Progress) -> Facts:
        """Make what another host's server needs, except that it does not run."""
        for part in coming["files"]:
            self._change(f"expect {part}")
            if self._host.name in self._weather.disk_full:
                raise errors.CommandFailed(f"no space left for the {part}")
            self._host.made.setdefault(facts["id"], set()).add(part)
        self._host.power.setdefault(facts["id"], Power.OFF)
        self._host.cards[facts["id"]] = _cards(facts)
        self._host.own[facts["id"]] = _own({"fit": facts.get("other_fit")})
        self._host.volumes[facts["id"]] = _volumes(facts)
        self._done("expect")
        return {"host": self._host.name}

    def send(self, server_id: str, to: Facts, orders: Orders, tell: Tell) -> None:
        """Have it run there and no more here, in one moment; some moves break off."""
        for _ in range(3):
            self._change("send")
            if server_id not in self._host.power:
                return
            if orders().get("stop"):
                raise errors.Conflict("it was told to stay", server_id=server_id)
        target = self._hosts.by_name[to["host"]]
        if self._weather.happens("send fails") or server_id not in target.power:
            raise errors.CommandFailed("the move broke off")
        power = self._host.power.pop(server_id, None)
        self._host.made.get(server_id, set()).discard("domain")
        if power is Power.RUNNING:
            self._hosts.started(target, server_id)
        elif power is not None:
            target.power[server_id] = power
        self._done("send")

    def stop_sending(self, server_id: str) -> None:
        """Nothing is under way when nobody waits for it."""

    def receive(self, facts: Facts, paused: bool) -> None:
        """Define it."""
        self._change("receive")
        self._known(facts["id"])
        self._host.cards[facts["id"]] = _cards(facts)
        self._host.own[facts["id"]] = _own(facts)
        self._done("receive")

    def console_log(self, server_id: str, lines: int | None) -> str:
        """Return nothing much."""
        self._known(server_id)
        return "login:\n"

    def holdings(self) -> ComputeHoldings:
        """Return what is on the host."""
        return self._host.holdings()

    def tidy(self) -> None:
        """Nothing grows here."""

    def _known(self, server_id: str) -> None:
        if server_id not in self._host.power:
            raise errors.NotFound("this host has no such server", server_id=server_id)

    def _change(self, what: str) -> None:
        act_on(self._kernel, self._weather, self._host.name, what)

    def _done(self, what: str) -> None:
        self._weather.boundary(f"{what} after")


class SimNetworkDriver:
    """cumulo.network.agent.driver.Driver over a Host."""

    def __init__(self, kernel: Kernel, weather: Weather, host: Host) -> None:
        self._kernel, self._weather, self._host = kernel, weather, host

    def apply(self, network: Mapping[str, Any], wanted: Wanted) -> None:
        """Make a network look as described."""
        act_on(self._kernel, self._weather, self._host.name, "apply network")
        if self._weather.happens("apply fails"):
            self._host.failed_networks.add(network["id"])
            raise errors.CommandFailed("dnsmasq ended with 2")
        if any(lie_together(network, each) for each in self._host.networks.values()):
            raise errors.CommandFailed("File exists")
        self._host.networks[network["id"]] = network

    def observe(self) -> None:
        """Nothing: what is here is in memory."""

    def is_healthy(self, network: Mapping[str, Any]) -> bool:
        """Say whether it is there."""
        return network["id"] in self._host.networks

    def sweep(self, wanted: Wanted) -> None:
        """Remove what is not among the networks."""
        for network_id in [each for each in self._host.networks if each not in wanted.networks]:
            del self._host.networks[network_id]

    def settle(self, wanted: Wanted) -> None:
        """Take over what all networks share."""
        act_on(self._kernel, self._weather, self._host.name, "settle networks")
        if self._weather.happens("apply fails"):
            raise errors.CommandFailed(NAT_FAILS)
        self._host.shared = {part: dict(getattr(wanted, part)) for part in SHARED}

    def holdings(self) -> NetworkHoldings:
        """Return what is on the host."""
        return self._host.network_holdings()

    def differences(self, wanted: Wanted) -> list[str]:
        """Say which of the parts that networks share are not on the host as they must be."""
        return [f"{part} are not as desired" for part in SHARED if self._host.shared[part] != getattr(wanted, part)]

    def misplaced(self, network_ids: Iterable[str], wanted: Wanted) -> list[str]:
        """Say which networks are not on the host as they must be."""
        return [f"{each} is not as desired" for each in network_ids
                if each in wanted.networks and self._host.networks.get(each) != wanted.networks[each]]

    def stop(self) -> None:
        """Nothing lives in the agent's process."""


class SimStore(FileStore):
    """An image store, or what waits for one, on a disk that fills under the name `full`."""

    def __init__(self, kernel: Kernel, weather: Weather, directory: str, name: str = "file",
                 full: str = "images") -> None:
        super().__init__(directory, name)
        self._kernel, self._weather, self._full = kernel, weather, full

    def create(self, name: str) -> "SimPart":
        """Begin to store data."""
        self._weather.boundary("image create")
        self.prepare()
        return SimPart(self._kernel, self._weather, self.directory, name, self._full)

    def delete(self, name: str) -> None:
        """Remove data."""
        self._weather.boundary("image delete")
        super().delete(name)


class SimPart(Part):
    """Data being written; a dead process writes nothing more."""

    def __init__(self, kernel: Kernel, weather: Weather, directory: str, name: str, full: str) -> None:
        super().__init__(directory, name)
        self._kernel, self._weather, self._full = kernel, weather, full

    def write(self, chunk: bytes) -> None:
        """Append a chunk, if it fits."""
        self._weather.boundary("image write")
        if self._full in self._weather.disk_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(chunk)

    def commit(self) -> None:
        """Make the data durable."""
        self._weather.boundary("image commit before")
        super().commit()
        self._weather.boundary("image commit after")


class SimWeb:
    """The web, as far as images are downloaded from it: the end of a URI says how many bytes there are."""

    def __init__(self, kernel: Kernel, weather: Weather) -> None:
        self._kernel, self._weather = kernel, weather

    def open(self, uri: str) -> "SimDownload":
        """Return the body of a URI."""
        self._kernel.pause()
        if self._weather.happens("download fails"):
            raise errors.BadRequest("The server does not answer.")
        return SimDownload(self._kernel, self._weather, int(uri.rpartition("/")[2]))


class SimWebStore(HttpStore):
    """What a store that only reads finds on that web. An API sends what it reads on, so to it nothing breaks off."""

    def __init__(self, kernel: Kernel, weather: Weather, allowed: str, *, breaks: bool) -> None:
        super().__init__("web", [allowed], 1.0)
        self._web = SimWeb(kernel, weather)
        self._kernel, self._weather, self._breaks = kernel, weather, breaks

    def size(self, name: str) -> int:
        """Return how many bytes a URL says that there are."""
        return self._found(name).size

    def open(self, name: str, first: int = 0) -> "SimDownload":  # type: ignore[override]
        """Return the body of a URL, which is not read from its middle."""
        return self._found(name)

    def _found(self, name: str) -> "SimDownload":
        try:
            body = self._web.open(name)
        except errors.BadRequest as failure:
            raise StoreFailed(failure.message) from failure
        body.breaks = self._breaks
        return body


class SimRemote:
    """The image service of another region: the end of an image's id says how many bytes it has."""

    def __init__(self, kernel: Kernel, weather: Weather) -> None:
        self._kernel, self._weather = kernel, weather

    def show(self, access: Mapping[str, str], image_id: str) -> dict[str, Any]:
        """Return an image, where the token that the scheduler hands out is one."""
        assert access["url"].endswith("/image") and len(access["token"]) > 100
        self._kernel.pause()
        if self._weather.happens("download fails"):
            raise errors.BadRequest("The other region does not answer.")
        size = self._size(image_id)
        return {"status": "active", "size": size, "disk_format": "raw", "container_format": "bare", "hw_far": "yes",
                "os_hash_algo": "sha256", "os_hash_value": hashlib.sha256(bytes(size)).hexdigest()}

    def open(self, access: Mapping[str, str], image_id: str) -> "SimDownload":
        """Return the data of an image."""
        return SimDownload(self._kernel, self._weather, self._size(image_id))

    def _size(self, image_id: str) -> int:
        return int(image_id[-4:], 16) % 9000 + 1


class SimDownload:
    """A body that comes in pieces, slowly, and may end early."""

    def __init__(self, kernel: Kernel, weather: Weather, size: int) -> None:
        self._kernel, self._weather = kernel, weather
        self.size = self._left = size
        self.breaks = True

    def read(self, size: int) -> bytes:
        """Return the next piece."""
        self._kernel.wait(self._weather.between(0.0, 1.0))
        if self.breaks and self._weather.happens("download fails"):
            raise OSError("the connection was reset")
        piece = min(self._left, size, 1000)
        self._left -= piece
        return bytes(piece)

    def close(self) -> None:
        """Nothing is held."""


def _volumes(facts: Facts) -> set[str]:
    return {each["id"] for each in facts["volumes"]}


def _own(facts: Facts) -> frozenset[int]:
    """The processors of its host that are a server's own."""
    given = fits.fit(facts.get("fit"))
    return frozenset(given.processors if given else ())


def _cards(facts: Facts) -> tuple[str, ...]:
    return tuple(sorted(names.tap_name(port["id"]) for port in facts["ports"]))


def act_on(kernel: Kernel, weather: Weather, host: str, what: str) -> None:
    """One change of a host: it takes a moment, or a while, and its maker may die before it."""
    slowest_s = weather.slow.get(host)
    if slowest_s:
        kernel.wait(weather.between(0.0, slowest_s))
    else:
        kernel.pause()
    weather.boundary(f"{what} before")
