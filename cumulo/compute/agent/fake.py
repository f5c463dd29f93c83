"""A driver that runs nothing: it remembers servers in a file, and waits and fails as it is told.

What it knows survives its process, like real servers do. The script (option fake_script) is read
before every call, so a test changes delays and faults while the agent runs:

    {"delays": {"create": 2.5}, "faults": {"start": "no room"}, "inventory": {"vcpus": 8}, "cells": [...], "devices": [...],
     "strays": ["images-cache/.x.partial"], "guests_off": ["a server's id"]}

A guest obeys its power button at once, unless "press_power_button" has the fault "ignored", and lets go of a card
unless "unplug_card" has it. Those in guests_off shut
themselves down when somebody looks at all servers.
"""

import io
import json
import pathlib
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from cumulo.common import errors
from cumulo.common.audit.holdings import ComputeHoldings, HeldServer
from cumulo.common.clock import Clock
from cumulo.common.names import tap_name
from cumulo.common.threads import Threads
from cumulo.common.volume_copies import COPIED, COPYING, LOST, SHUT, Copying
from cumulo.compute import fits
from cumulo.compute.agent import host_cells, support
from cumulo.compute.agent.driver import Channel, Facts, Inventory, Orders, Power, Progress, Tell
from cumulo.compute.agent.fake_display import open_display
from cumulo.compute.agent.host_cells import Shares
from cumulo.compute.hardware import rescue_disk

ABILITIES = ["machine:pc", "machine:q35", "secure-boot", "tpm", "uefi"]
INVENTORY = {"vcpus": 64, "memory_mib": 262144, "disk_gib": 10240}
IGNORED = "ignored"
SEND_POLL_S = 0.05
MOVED = tuple(f"{what}_{which}_bytes" for what in ("memory", "disk") for which in ("total", "processed", "remaining"))
"""What is told of a move under way, beside its percent."""


class FakeDriver:
    """Implements cumulo.compute.agent.driver.Driver without a hypervisor."""

    def __init__(self, path: pathlib.Path, clock: Clock, threads: Threads, *, host: str, script: str = "",
                 shares: Shares = Shares()) -> None:
        self._path = path
        self._clock = clock
        self._threads = threads
        self._lock = threads.lock()
        self._host = host
        self._shares = shares
        self._script_path = script
        self.calls: list[tuple[str, str]] = []
        self._read_as: tuple[int, int, int] | None = None  # which version of the file is what we remember
        self._remembered: dict[str, Any] = {}

    def inventory(self) -> Inventory:
        """Return a large host, or what the script says."""
        script = self._script()
        sizes = INVENTORY | script.get("inventory", {})
        cells = fits.host_cells(script.get("cells") or [_cell(sizes)])
        devices = fits.devices(script.get("devices", ()))
        return Inventory(**sizes, hypervisor={
            "type": "QEMU", "version": 1, "virt_type": "fake", "hostname": self._host,
            "cpu_info": {"arch": "x86_64", "model": "fake", "topology": {"sockets": 1, "cores": 64, "threads": 1}},
            "disk_free_gib": sizes["disk_gib"], "uptime_s": 0, "consoles": ["novnc", "spice-html5", "serial"],
            "abilities": script.get("abilities", ABILITIES), "supports": sorted(support.FAKE),
            "cells": [each.to_json() for each in host_cells.parted(cells, self._shares)],
            "devices": [each.to_json() for each in host_cells.given_away(devices, self._shares)],
        })

    def servers(self) -> dict[str, Power]:
        """Return the servers remembered."""
        for server_id in self._script().get("guests_off", ()):
            if self.power(server_id) is Power.RUNNING:
                self._turn_off(server_id)
        return {server_id: Power(server["power"]) for server_id, server in self._read().items()}

    def power(self, server_id: str) -> Power | None:
        """Return whether a server is remembered as running."""
        server = self._read().get(server_id)
        return None if server is None else Power(server["power"])

    def create(self, facts: Facts, progress: Progress) -> None:
        """Remember a server that is off."""
        self._begin("create", facts["id"])
        progress(100.0)
        server = self._read().get(facts["id"]) or {"power": Power.OFF.value, "console": "", "files": []}
        if "disk" not in server["files"] and (facts.get("image") or "volumes" not in server):
            self._change(facts["id"], server | {"name": facts["name"], "image": (facts.get("image") or {}).get("id"),
                                                "files": sorted({*server["files"], *_files(facts)}),
                                                "cards": _cards(facts), "volumes": _volumes(facts), "sizes": _sizes(facts),
                                                "fit": facts.get("fit")})

    def wipe(self, server_id: str, keep_ephemeral: bool) -> None:
        """Remember a server that is off and has no disk."""
        self._begin("wipe", server_id)
        kept = ("ephemeral", "swap") if keep_ephemeral else ()
        files = [name for name in self._known(server_id)["files"] if name in kept]
        known = {name: value for name, value in self._known(server_id).items() if name != "volumes"}  # create makes it anew
        self._change(server_id, known | {"power": Power.OFF.value, "files": files})

    def rescue(self, facts: Facts, image: Facts | None, progress: Progress) -> None:
        """Remember a rescue disk, and the server as off."""
        self._begin("rescue", facts["id"])
        server = self._known(facts["id"])
        if "rescue" not in server["files"]:
            properties = (image or facts.get("image") or {}).get("properties")
            added = ["rescue", *(["rescue.base"] if image else []), *(["rescue.device"] if rescue_disk(properties) else [])]
            self._change(facts["id"], server | {"power": Power.OFF.value, "files": sorted([*server["files"], *added])})

    def unrescue(self, facts: Facts) -> None:
        """Forget the rescue disk, and remember the server as off."""
        self._begin("unrescue", facts["id"])
        server = self._known(facts["id"])
        if "rescue" in server["files"]:
            files = [name for name in server["files"] if not name.startswith("rescue")]
            self._change(facts["id"], server | {"power": Power.OFF.value, "files": files})

    def redefine(self, facts: Facts) -> None:
        """Remember the cards the server has now; raises NotFound for one that is not remembered."""
        server = self._known(facts["id"])
        self._change(facts["id"], server | {"cards": _cards(facts), "volumes": _volumes(facts), "fit": facts.get("fit")})

    def start(self, server_id: str) -> None:
        """Remember the server as running; its console gets the lines of a boot."""
        self._begin("start", server_id)
        server = self._known(server_id)
        if server["power"] != Power.RUNNING.value:
            self._change(server_id, server | {
                "power": Power.RUNNING.value, "copies": {}, "console": server["console"] + _booted(server["name"])})

    def pause(self, server_id: str) -> None:
        """Remember a running server as paused."""
        self._begin("pause", server_id)
        self._turn(server_id, Power.RUNNING, Power.PAUSED)

    def unpause(self, server_id: str) -> None:
        """Remember a paused server as running."""
        self._begin("unpause", server_id)
        self._turn(server_id, Power.PAUSED, Power.RUNNING)

    def suspend(self, server_id: str) -> None:
        """Remember a running server as saved."""
        self._begin("suspend", server_id)
        self._turn(server_id, Power.RUNNING, Power.SAVED)

    def set_password(self, facts: Facts) -> None:
        """Remember that somebody set one, not which."""
        self._begin("set_password", facts["id"])
        server = self._known(facts["id"])
        if server["power"] != Power.RUNNING.value:
            raise errors.Conflict("the guest is off", server_id=facts["id"])
        self._change(facts["id"], server | {"passwords": server.get("passwords", 0) + 1})

    def interrupt(self, server_id: str) -> None:
        """Say so on the console, as a kernel does that knows of no reason."""
        self._begin("interrupt", server_id)
        server = self._known(server_id)
        if server["power"] not in (Power.RUNNING.value, Power.PAUSED.value):
            raise errors.Conflict("the guest is off", server_id=server_id)
        self._change(server_id, server | {"console": server["console"] + "NMI: unknown reason\n"})

    def press_power_button(self, server_id: str) -> None:
        """Remember the server as off, unless it is to ignore the button."""
        if self._script().get("faults", {}).get("press_power_button") != IGNORED:
            self._begin("press_power_button", server_id)
            self._turn_off(server_id)

    def cut_power(self, server_id: str) -> None:
        """Remember the server as off."""
        self._begin("cut_power", server_id)
        self._turn_off(server_id)

    def remove(self, server_id: str) -> None:
        """Forget a server."""
        self._begin("remove", server_id)
        self._change(server_id, None)

    def plug_card(self, facts: Facts, port_id: str) -> None:
        """Remember the cards the server has now."""
        self._begin("plug_card", facts["id"])
        self._change(facts["id"], self._known(facts["id"]) | {"cards": _cards(facts)})

    def unplug_card(self, server_id: str, device: str) -> bool:
        """Forget a card, unless guests are to keep theirs."""
        if self._script().get("faults", {}).get("unplug_card") == IGNORED:
            return False
        self._begin("unplug_card", server_id)
        server = self._read().get(server_id)
        if server is not None:
            self._change(server_id, server | {"cards": [card for card in server["cards"] if card != device]})
        return True

    def plug_disk(self, facts: Facts, disk: Facts) -> None:
        """Remember the volumes the server has now."""
        self._begin("plug_disk", facts["id"])
        self._change(facts["id"], self._known(facts["id"]) | {"volumes": sorted({*_volumes(facts), disk["id"]})})

    def keep_secrets(self, facts: Facts) -> None:
        """Nothing: nothing is opened."""

    def unplug_disk(self, server_id: str, volume_id: str) -> bool:
        """Forget a volume, unless guests are to keep theirs."""
        if self._script().get("faults", {}).get("unplug_disk") == IGNORED:
            return False
        self._begin("unplug_disk", server_id)
        server = self._read().get(server_id)
        if server is not None:
            kept = [each for each in server.get("volumes", ()) if each != volume_id]
            opened = {each: how for each, how in server.get("opened", {}).items() if each != volume_id}
            self._change(server_id, server | {"volumes": kept, "opened": opened})
        return True

    def replace_disk(self, server_id: str, volume_id: str, disk: Facts, progress: Progress) -> None:
        """Remember another volume in the place of one, and how it is opened."""
        self._begin("replace_disk", server_id)
        server = self._known(server_id)
        if _has(server, disk):
            return
        if server["power"] not in (Power.RUNNING.value, Power.PAUSED.value) or volume_id not in server.get("volumes", ()):
            raise errors.Conflict("the guest is off, or does not have the volume", server_id=server_id)
        progress(100.0)
        self._change(server_id, server | {"volumes": sorted({*server["volumes"]} - {volume_id} | {disk["id"]}),
                                          "opened": server.get("opened", {}) | {disk["id"]: disk["connection"]}})

    def keep_disk_replaced(self, server_id: str, volume_id: str, disk: Facts) -> bool:
        """Say what is remembered."""
        self._begin("keep_disk_replaced", server_id)
        server = self._read().get(server_id)
        return server is not None and _has(server, disk)

    def grow_volume(self, server_id: str, volume_id: str, size_gib: int) -> None:
        """Nothing is seen here."""
        self._begin("grow_volume", server_id)

    def copy_volume(self, server_id: str, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Write a file that tells whose copy it is, at the second call."""
        server = self._read().get(server_id) or {}
        if server.get("power") not in (Power.RUNNING.value, Power.PAUSED.value) or volume_id not in server.get("volumes", ()):
            return Copying(SHUT)
        copies = server.get("copies", {})
        if copies.get(volume_id) not in (None, target.name):
            raise errors.Retry("the volume is being copied for something else")
        if volume_id not in copies:
            if not begin:
                return Copying(LOST)
            self._begin("copy_volume", server_id)
            self._change(server_id, server | {"copies": copies | {volume_id: target.name}})
            return Copying(COPYING, 50.0)
        target.write_bytes(f"copy of {volume_id}".encode())
        self.stop_copying(server_id, volume_id, target)
        return Copying(COPIED, 100.0)

    def stop_copying(self, server_id: str, volume_id: str, target: pathlib.Path) -> None:
        """Forget it."""
        server = self._read().get(server_id) or {}
        copies = server.get("copies", {})
        if copies.get(volume_id) == target.name:
            self._change(server_id, server | {"copies": {each: name for each, name in copies.items() if each != volume_id}})

    def keep_disk(self, server_id: str) -> None:
        """Remember a copy of the disk."""
        self._begin("keep_disk", server_id)
        self._set_file(server_id, "disk.before", True)

    def restore_disk(self, server_id: str) -> None:
        """Forget the copy, and remember the server as off."""
        self._begin("restore_disk", server_id)
        self._turn_off(server_id)
        self._set_file(server_id, "disk.before", False)

    def forget_disk(self, server_id: str) -> None:
        """Forget the copy."""
        self._begin("forget_disk", server_id)
        self._set_file(server_id, "disk.before", False)

    def adapt(self, facts: Facts) -> None:
        """Remember the files and cards that a server of these facts has."""
        self._begin("adapt", facts["id"])
        server = self._known(facts["id"])
        self._change(facts["id"], server | {"files": sorted({*server["files"], *_files(facts)}), "cards": _cards(facts), "volumes": _volumes(facts),
                                            "sizes": _sizes(facts), "fit": facts.get("fit")})

    def _set_file(self, server_id: str, name: str, is_there: bool) -> None:
        server = self._read().get(server_id)
        if server is not None:
            kept = {each for each in server["files"] if each != name}
            self._change(server_id, server | {"files": sorted(kept | ({name} if is_there else set()))})

    def take_snapshot(self, server_id: str, disk_format: str, progress: Progress) -> None:
        """Remember that the server's disk was copied."""
        self._begin("take_snapshot", server_id)
        server = self._known(server_id)
        self._change(server_id, server | {"files": sorted({*server["files"], "snapshot"}), "snapshot": disk_format})
        progress(100.0)

    def open_snapshot(self, server_id: str) -> BinaryIO:
        """Return a disk that tells whose it was, in the format it was copied to."""
        server = self._known(server_id)
        if "snapshot" not in server["files"]:
            raise errors.NotFound("the disk was not copied", server_id=server_id)
        text = f"disk of {server_id}".encode()
        return io.BytesIO(_qcow2(text) if server.get("snapshot") == "qcow2" else text.ljust(512, b"\0"))

    def drop_snapshot(self, server_id: str) -> None:
        """Forget the copy."""
        self._begin("drop_snapshot", server_id)
        server = self._read().get(server_id)
        if server is not None:
            self._change(server_id, server | {"files": [name for name in server["files"] if name != "snapshot"]})

    def survey(self, facts: Facts) -> Facts:
        """Return the names of its files."""
        self._begin("survey", facts["id"])
        server = self._known(facts["id"])
        if server["power"] not in (Power.RUNNING.value, Power.PAUSED.value):
            raise errors.Conflict("the guest does not run", server_id=facts["id"])
        return {"files": server["files"]}

    def expect(self, facts: Facts, coming: Facts, progress: Progress) -> Facts:
        """Remember a server that is off, with the files of the one that comes."""
        self._begin("expect", facts["id"])
        progress(100.0)
        self._change(facts["id"], {"power": Power.OFF.value, "console": "", "files": coming["files"], "cards": _cards(facts),
                                   "volumes": _volumes(facts), "fit": facts.get("other_fit"),
                                   "name": facts["name"], "image": (facts.get("image") or {}).get("id")})
        return {"host": self._host}

    def send(self, server_id: str, to: Facts, orders: Orders, tell: Tell) -> None:
        """Forget a server, after as long as the script says; what expects it remembers it."""
        until = self._clock.monotonic() + self._script().get("delays", {}).get("send", 0.0)
        self._begin("send", server_id, delay=False)
        while server_id in self._read():
            said = orders()
            if said.get("stop"):
                raise errors.Conflict("it was told to stay", server_id=server_id)
            if said.get("hurry") or self._clock.monotonic() >= until:
                self._change(server_id, None)
            else:
                tell({"percent": 50} | dict.fromkeys(MOVED, 1 << 20))
                self._clock.sleep(SEND_POLL_S)

    def stop_sending(self, server_id: str) -> None:
        """Nothing is under way when nobody waits for it."""

    def receive(self, facts: Facts, paused: bool) -> None:
        """Remember it as running, or paused."""
        self._begin("receive", facts["id"])
        server = self._known(facts["id"])
        if server["power"] == Power.OFF.value:
            self._change(facts["id"], server | {"power": (Power.PAUSED if paused else Power.RUNNING).value})

    def console_log(self, server_id: str, lines: int | None) -> str:
        """Return the lines its starts printed."""
        kept = self._known(server_id)["console"].splitlines(keepends=True)
        return "".join(kept if lines is None or lines < 0 else kept[len(kept) - min(lines, len(kept)):])

    def open_console(self, server_id: str, kind: str) -> Channel:
        """Open a console that shows nothing."""
        server = self._known(server_id)
        if server["power"] not in (Power.RUNNING.value, Power.PAUSED.value):
            raise errors.Conflict("the guest is off", server_id=server_id)
        return open_display(self._threads, kind, server["name"])

    def diagnostics(self, server_id: str) -> dict[str, Any]:
        """Return what a guest has; one that does nothing uses nothing."""
        server = self._known(server_id)
        if server["power"] not in (Power.RUNNING.value, Power.PAUSED.value):
            raise errors.Conflict("the guest is off", server_id=server_id)
        sizes = server.get("sizes", {"vcpus": 1, "memory_mib": 0})
        disks = [name for name in server["files"] if name in ("disk", "ephemeral", "swap")]
        return {
            "state": server["power"], "hypervisor": "fake", "hypervisor_os": None,
            "processors": [{"time_ns": 0} for _ in range(sizes["vcpus"])],
            "memory": {"maximum_mib": sizes["memory_mib"], "used_mib": 0},
            "cards": [{"device": card, "mac_address": None, "rx_octets": 0, "tx_octets": 0} for card in server["cards"]],
            "disks": [{"device": name, "read_bytes": 0, "write_bytes": 0} for name in disks]}

    def holdings(self) -> ComputeHoldings:
        """Return what the servers remembered would have left on a host, and the strays of the script."""
        return ComputeHoldings(
            tuple(_held(server_id, server) for server_id, server in sorted(self._read().items())),
            tuple(self._script().get("strays", ())))

    def tidy(self) -> None:
        """Nothing grows here."""

    def _begin(self, call: str, server_id: str, *, delay: bool = True) -> None:
        """Wait and fail as the script says."""
        self.calls.append((call, server_id))
        script = self._script()
        if delay and (pause_s := script.get("delays", {}).get(call)):
            self._clock.sleep(pause_s)
        if fault := script.get("faults", {}).get(call):
            raise errors.InternalError(fault)

    def _turn(self, server_id: str, before: Power, after: Power) -> None:
        server = self._known(server_id)
        if server["power"] == before.value:
            self._change(server_id, server | {"power": after.value})

    def _turn_off(self, server_id: str) -> None:
        server = self._read().get(server_id)
        if server is not None:
            self._change(server_id, server | {"power": Power.OFF.value})

    def _known(self, server_id: str) -> dict[str, Any]:
        server: dict[str, Any] | None = self._read().get(server_id)
        if server is None:
            raise errors.NotFound("this host has no such server", server_id=server_id)
        return server

    def _change(self, server_id: str, server: dict[str, Any] | None) -> None:
        with self._lock:
            servers = {**self._read(), server_id: server}
            kept = {each: value for each, value in servers.items() if value is not None}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(".new")
            partial.write_text(json.dumps(kept))
            partial.rename(self._path)

    def _read(self) -> dict[str, Any]:
        """The servers in the file, which nobody changes in place; it is read again once somebody has written it."""
        try:
            about = self._path.stat()
        except FileNotFoundError:
            return {}  # the first start
        version = (about.st_ino, about.st_mtime_ns, about.st_size)
        if version != self._read_as:
            self._remembered, self._read_as = json.loads(self._path.read_text()), version
        return self._remembered

    def _script(self) -> dict[str, Any]:
        if not self._script_path or not pathlib.Path(self._script_path).exists():
            return {}
        found: dict[str, Any] = json.loads(pathlib.Path(self._script_path).read_text())
        return found


def _cell(sizes: Facts) -> Facts:
    """The one cell of a host whose script tells of none."""
    return {"id": 0, "shared": f"0-{sizes['vcpus'] - 1}", "pages": {"4": sizes["memory_mib"] * 256}}


def _held(server_id: str, server: dict[str, Any]) -> HeldServer:
    runs = server["power"] in (Power.RUNNING.value, Power.PAUSED.value)
    return HeldServer(server_id, server["power"], True, tuple(server.get("files", ())),
                      tuple(server.get("cards", ())) if runs else (), int(runs),
                      tuple(server.get("volumes", ())) if runs else ())


def _files(facts: Facts) -> list[str]:
    """The names a server's directory would have."""
    flavor = facts["flavor"]
    wanted = {"ephemeral": flavor.get("ephemeral_gib"), "swap": flavor.get("swap_mib"),
              "config.iso": facts.get("config_drive"), "kernel": facts.get("kernel"), "ramdisk": facts.get("ramdisk")}
    root = ["base", "disk"] if facts.get("image") else []
    return sorted([*root, *(name for name, is_wanted in wanted.items() if is_wanted)])


def _sizes(facts: Facts) -> dict[str, int]:
    return {name: facts["flavor"][name] for name in ("vcpus", "memory_mib")}


def _cards(facts: Facts) -> list[str]:
    return sorted(tap_name(port["id"]) for port in facts.get("ports") or ())


def _volumes(facts: Facts) -> list[str]:
    return sorted(each["id"] for each in facts.get("volumes") or ())


def _has(server: Mapping[str, Any], disk: Facts) -> bool:
    """Say whether a volume took the place of another one, or of itself elsewhere, as it is to be opened now."""
    return disk["id"] in server.get("volumes", ()) and server.get("opened", {}).get(disk["id"]) == disk["connection"]


def _booted(name: str) -> str:
    """What a guest prints from its start until somebody can log in."""
    return f"\nbooting\nstarting services\nnetwork is up\n\n{name} login: "


def _qcow2(text: bytes) -> bytes:
    """Return an empty qcow2 disk of 1 MiB (QEMU's docs/interop/qcow2.txt) with a text behind its tables.

    Its clusters of 512 bytes: the header, the table of reference counts, its one block, the first-level table.
    """
    cluster = 512
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 9, 1 << 20, 0, 32, 3 * cluster, cluster, 1, 0, 0)
    counts = struct.pack(">4H", 1, 1, 1, 1)
    parts = (header, struct.pack(">Q", 2 * cluster), counts, b"", text)
    return b"".join(part.ljust(cluster, b"\0") for part in parts)
