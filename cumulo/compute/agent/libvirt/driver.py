"""The driver that runs servers under libvirt with QEMU: files first, then the domain."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO, TypeVar
from xml.etree import ElementTree

import libvirt

from cumulo.common import errors, log
from cumulo.common.audit.holdings import ComputeHoldings
from cumulo.common.clock import Clock
from cumulo.common.image_files import ImageCache, image_format
from cumulo.common.names import tap_name
from cumulo.common.volume_copies import SHUT, Copying
from cumulo.compute import hardware
from cumulo.compute.agent import config_drive, console, disks, files, listing, support
from cumulo.compute.agent.host_cells import Shares
from cumulo.compute.agent.driver import Channel, Facts, Inventory, Orders, Power, Progress, Tell
from cumulo.compute.agent.libvirt import (
    backup, container, display, domain, growing, host, migration, mirror, processes, replacing, secrets, statistics,
)
from cumulo.compute.agent.libvirt.connection import Connection
from cumulo.compute.agent.libvirt.volumes import opens_the_same
from cumulo.compute.agent.libvirt.xml import (
    MANUFACTURER,
    Machine,
    administrator,
    card_xml,
    consoles,
    domain_xml,
    hardware_of,
    properties_of,
    volume_target,
    volume_xml,
)

Answer = TypeVar("Answer")
# Guests run as a user of their own: it may pass through the directories, not list them.
PASS_THROUGH = 0o711
POLL_S = 0.2
STOP_TIMEOUT_S = 30.0
LOG = log.get(__name__)
GIB = 1024 ** 3


class LibvirtDriver:
    """Implements cumulo.compute.agent.driver.Driver."""

    def __init__(
        self, state_dir: pathlib.Path, connection: Connection, images: ImageCache, machine: Machine,
        clock: Clock, *, shares: Shares, live_migration_uri: str = "", image_cache_bytes: int, console_log_bytes: int,
    ) -> None:
        self._state_dir = state_dir
        self._connection = connection
        self._images = images
        self._machine = machine
        self._clock = clock
        self._shares = shares
        self._is_lxc = machine.virt_type == container.LXC
        self._supported = support.LXC if self._is_lxc else support.QEMU
        self._disk_format = disks.RAW if self._is_lxc else disks.OVERLAY
        self._live_migration_uri = live_migration_uri
        self._image_cache_bytes = image_cache_bytes
        self._console_log_bytes = console_log_bytes

    def inventory(self) -> Inventory:
        """Return what this host has: all its processors and memory, and the state directory's file system."""
        return self._ask(lambda connection: host.inventory(
            connection, self._state_dir, self._machine.virt_type, consoles(self._machine), self._shares))

    def servers(self) -> dict[str, Power]:
        """Return every domain that this cloud made."""
        return self._ask(lambda connection: domain.servers(connection, MANUFACTURER))

    def power(self, server_id: str) -> Power | None:
        """Return whether a domain runs; None when there is none."""
        return self._ask(lambda connection: domain.power(connection, server_id))

    def create(self, facts: Facts, progress: Progress) -> None:
        """Fetch the image, make the disks and the config drive, define the domain; what is there stays."""
        if facts.get("config_drive"):
            support.require(self._supported, "config_drive")
        if facts.get("volumes"):
            support.require(self._supported, "volumes")
        own = files.server_files(self._state_dir, facts["id"])
        own.directory.mkdir(mode=PASS_THROUGH, parents=True, exist_ok=True)
        if disks.has_root(facts):
            self._images.link(facts["image"], own.base, progress)
        self._link_kernel(facts, own, progress)
        disks.make_disks(facts, own, self._disk_format)
        if facts.get("config_drive") and not own.config_drive.exists():
            config_drive.make_config_drive(facts, own.config_drive)
        self._define(facts)

    def _link_kernel(self, facts: Facts, own: files.ServerFiles, progress: Progress) -> None:
        for part, target in (("kernel", own.kernel), ("ramdisk", own.ramdisk)):
            if facts.get(part):
                self._images.link(facts[part], target, progress)

    def redefine(self, facts: Facts) -> None:
        """Define the domain anew over the disks it has; raises NotFound without a disk, never making an empty one."""
        own = files.server_files(self._state_dir, facts["id"])
        if not disks.is_here(facts, own):
            raise errors.NotFound("the server's disk is not on this host", server_id=facts["id"])
        if facts.get("config_drive") and not own.config_drive.exists():
            config_drive.make_config_drive(facts, own.config_drive)
        self._define(facts)

    def wipe(self, server_id: str, keep_ephemeral: bool) -> None:
        """End the domain and remove the files it was made of; its definition and console stay."""
        if self.power(server_id) is None:
            raise errors.NotFound("this host has no such server", server_id=server_id)
        self.cut_power(server_id)
        own = files.server_files(self._state_dir, server_id)
        kept = {own.console, console.older(own.console)} | ({own.ephemeral, own.swap} if keep_ephemeral else set())
        for path in sorted(own.directory.iterdir()):
            if path not in kept:
                path.unlink()

    def rescue(self, facts: Facts, image: Facts | None, progress: Progress) -> None:
        """Make the rescue disk and define the domain over it."""
        support.require(self._supported, "rescue")
        own = files.server_files(self._state_dir, facts["id"])
        if own.rescue.exists() and self.power(facts["id"]) is Power.RUNNING:
            return
        if not disks.is_here(facts, own):
            raise errors.NotFound("the server's disk is not on this host", server_id=facts["id"])
        if image:
            self._images.link(image, own.rescue_base, progress)
        self.cut_power(facts["id"])
        if not own.rescue.exists():
            disks.note_rescue(own, hardware.rescue_disk(image["properties"] if image else properties_of(facts)))
            disks.make_rescue(facts, own, image)
        self._define(facts)

    def unrescue(self, facts: Facts) -> None:
        """Define the domain over its own disks and remove the rescue disk, the last thing: a repetition finds it."""
        own = files.server_files(self._state_dir, facts["id"])
        if own.rescue.exists():
            self.cut_power(facts["id"])
            self._define(facts, rescued=False)
        disks.forget_rescue(own)

    def start(self, server_id: str) -> None:
        """Start the domain."""
        self._ask(lambda connection: domain.start(connection, server_id))

    def pause(self, server_id: str) -> None:
        """Stop the domain's processors."""
        self._ask(lambda connection: domain.pause(connection, server_id))

    def unpause(self, server_id: str) -> None:
        """Let the domain's processors go on."""
        self._ask(lambda connection: domain.unpause(connection, server_id))

    def suspend(self, server_id: str) -> None:
        """Save the domain's memory; libvirt keeps the file and uses it at the next start."""
        support.require(self._supported, "suspend")
        self._ask(lambda connection: domain.suspend(connection, server_id))

    def set_password(self, facts: Facts) -> None:
        """Ask QEMU's agent in the guest, for the user that the image names."""
        support.require(self._supported, "password")
        user = administrator((facts.get("image") or {}).get("properties") or facts.get("image_properties") or {})
        self._ask(lambda connection: domain.set_password(connection, facts["id"], user, facts["admin_password"]))

    def interrupt(self, server_id: str) -> None:
        """Have QEMU do so."""
        support.require(self._supported, "interrupt")
        self._ask(lambda connection: domain.interrupt(connection, server_id))

    def press_power_button(self, server_id: str) -> None:
        """Press the ACPI power button."""
        self._ask(lambda connection: domain.press_power_button(connection, server_id))

    def cut_power(self, server_id: str) -> None:
        """End the domain's process."""
        self._ask(lambda connection: domain.cut_power(connection, server_id))

    def remove(self, server_id: str) -> None:
        """End and undefine the domain, then remove its files: in this order a repetition finds what is left."""
        self.cut_power(server_id)
        self._ask(lambda connection: _undefine(connection, server_id))
        if self._is_lxc:
            container.unlink(server_id)
        directory = files.server_files(self._state_dir, server_id).directory
        if directory.exists():
            shutil.rmtree(directory)

    def plug_card(self, facts: Facts, port_id: str) -> None:
        """Define the domain with the card, and put it into the running one."""
        support.require(self._supported, "cards")
        self._define(facts)
        port = next((each for each in facts["ports"] if each["id"] == port_id), None)
        if port is None:
            raise errors.NotFound("the server has no such port", port_id=port_id)
        device, xml = tap_name(port_id), card_xml(port, hardware_of(facts))
        self._ask(lambda connection: domain.plug_card(connection, facts["id"], device, xml))

    def unplug_card(self, server_id: str, device: str) -> bool:
        """Ask the running domain to let go of it; the definition follows at its next start."""
        return self._ask(lambda connection: domain.unplug_card(connection, server_id, device))

    def plug_disk(self, facts: Facts, disk: Facts) -> None:
        """Define the domain with the volume, and put it into the running one."""
        support.require(self._supported, "volumes")
        others = [each for each in facts.get("volumes") or () if each["id"] != disk["id"]]
        self._define({**facts, "volumes": [*others, disk]})
        self._ask(lambda connection: domain.plug_disk(connection, facts["id"], disk["id"], lambda taken: volume_xml(
            disk, volume_target(disk, taken), self._machine)))

    def keep_secrets(self, facts: Facts) -> None:
        """Tell libvirt, which keeps them in memory alone."""
        opened = [each for each in facts.get("volumes") or () if each.get("secrets")]
        if opened:
            self._ask(lambda connection: secrets.keep(connection, opened))

    def unplug_disk(self, server_id: str, volume_id: str) -> bool:
        """Ask the running domain to let go of it; the definition follows at its next start."""
        is_gone = self._ask(lambda connection: domain.unplug_disk(connection, server_id, volume_id))
        if is_gone:
            self._ask(lambda connection: secrets.forget(connection, secrets.of_volume(volume_id)))
        return is_gone

    def replace_disk(self, server_id: str, volume_id: str, disk: Facts, progress: Progress) -> None:
        """Have QEMU copy it and go over to the copy; one that another agent began is followed."""
        support.require(self._supported, "volumes")
        xml = volume_xml(disk, "vda", self._machine)
        wanted = ElementTree.fromstring(xml).find("source")
        self.keep_secrets({"volumes": [disk]})
        while not self._ask(lambda connection: replacing.is_replaced(connection, server_id, xml)):
            copying = self._ask(lambda connection: replacing.look(connection, server_id, volume_id))
            if copying.target is None:
                self._ask(lambda connection: replacing.begin(connection, server_id, copying.name, xml))
            elif copying.is_whole or not opens_the_same(copying.target, wanted):
                pivot = opens_the_same(copying.target, wanted)
                self._ask(lambda connection: replacing.end(connection, server_id, copying.name, pivot=pivot))
            progress(self._ask(lambda connection: replacing.percent(connection, server_id, copying.name)))
            self._clock.sleep(POLL_S)
        if disk["id"] != volume_id:
            self._ask(lambda connection: secrets.forget(connection, secrets.of_volume(volume_id)))

    def keep_disk_replaced(self, server_id: str, volume_id: str, disk: Facts) -> bool:
        """Have QEMU stop copying, unless it has gone over."""
        xml = volume_xml(disk, "vda", self._machine)
        if self.power(server_id) is Power.RUNNING or self.power(server_id) is Power.PAUSED:
            with contextlib.suppress(errors.Conflict):  # it has gone over, or off
                copying = self._ask(lambda connection: replacing.look(connection, server_id, volume_id))
                if copying.target is not None:
                    self._ask(lambda connection: replacing.end(connection, server_id, copying.name, pivot=False))
        return self._ask(lambda connection: replacing.is_replaced(connection, server_id, xml))

    def grow_volume(self, server_id: str, volume_id: str, size_gib: int) -> None:
        """Tell the running domain."""
        self._ask(lambda connection: growing.grow_volume(connection, server_id, volume_id, size_gib * GIB))

    def copy_volume(self, server_id: str, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Have QEMU copy it; containers have no volumes."""
        if self._is_lxc:
            return Copying(SHUT)
        return self._ask(lambda connection: mirror.advance(connection, server_id, volume_id, target, begin))

    def stop_copying(self, server_id: str, volume_id: str, target: pathlib.Path) -> None:
        """End the block copy."""
        if not self._is_lxc:
            self._ask(lambda connection: mirror.stop(connection, server_id, volume_id, target))

    def keep_disk(self, server_id: str) -> None:
        """Copy the root disk beside it."""
        own = files.server_files(self._state_dir, server_id)
        if not own.disk.exists():
            raise errors.NotFound("the server's disk is not on this host", server_id=server_id)
        if not own.disk_before.exists():
            disks.keep(own.disk, own.disk_before)

    def restore_disk(self, server_id: str) -> None:
        """End the domain and rename the copy over the root disk."""
        self.cut_power(server_id)
        own = files.server_files(self._state_dir, server_id)
        if own.disk_before.exists():
            own.disk_before.rename(own.disk)
        self.forget_disk(server_id)

    def forget_disk(self, server_id: str) -> None:
        """Remove the copy, whole or half made."""
        own = files.server_files(self._state_dir, server_id)
        for path in (own.disk_before.with_suffix(".new"), own.disk_before):
            path.unlink(missing_ok=True)

    def adapt(self, facts: Facts) -> None:
        """Let the disks grow and define the domain."""
        own = files.server_files(self._state_dir, facts["id"])
        if not disks.is_here(facts, own):
            raise errors.NotFound("the server's disk is not on this host", server_id=facts["id"])
        disks.grow(facts, own, self._disk_format)
        self._define(facts)

    def take_snapshot(self, server_id: str, disk_format: str, progress: Progress) -> None:
        """Copy the root disk: QEMU does it for a domain that runs, as of the moment it begins."""
        own = files.server_files(self._state_dir, server_id)
        if not own.snapshot.exists():
            power = self.power(server_id)
            if power is None:
                raise errors.NotFound("this host has no such server", server_id=server_id)
            partial = own.snapshot.with_suffix(".new")
            if power in (Power.RUNNING, Power.PAUSED):
                support.require(self._supported, "live_snapshot")
                self._copy_while_it_runs(server_id, partial, disk_format, progress)
            else:
                disks.copy(own.disk, partial, disk_format, self._disk_format)
            partial.rename(own.snapshot)

    def _copy_while_it_runs(self, server_id: str, target: pathlib.Path, disk_format: str, progress: Progress) -> None:
        self._ask(lambda connection: backup.begin(connection, server_id, target, disk_format))
        while (percent := self._ask(lambda connection: backup.percent(connection, server_id))) is not None:
            progress(percent)
            self._clock.sleep(POLL_S)

    def open_snapshot(self, server_id: str) -> BinaryIO:
        """Open the copy."""
        try:
            return files.server_files(self._state_dir, server_id).snapshot.open("rb")
        except FileNotFoundError as failure:
            raise errors.NotFound("the disk was not copied", server_id=server_id) from failure

    def drop_snapshot(self, server_id: str) -> None:
        """End the copying, and remove what there is of the copy."""
        own = files.server_files(self._state_dir, server_id)
        self._ask(lambda connection: backup.abort(connection, server_id))
        for path in (own.snapshot, own.snapshot.with_suffix(".new")):
            path.unlink(missing_ok=True)

    def survey(self, facts: Facts) -> Facts:
        """Return the directory and the sizes of the disks, and whether the image is what is under the root disk."""
        support.require(self._supported, "live_migrate")
        power = self.power(facts["id"])
        if power not in (Power.RUNNING, Power.PAUSED):
            raise errors.Conflict(f"the guest is {power.value if power else 'not on this host'}", server_id=facts["id"])
        self._ask(lambda connection: domain.refuse_copied(domain.known(connection, facts["id"])))
        own = files.server_files(self._state_dir, facts["id"])
        return {"sizes": disks.sizes(own), "is_of_image": disks.has_root(facts) and self._images.is_linked(facts["image"], own.base)}

    def expect(self, facts: Facts, coming: Facts, progress: Progress) -> Facts:
        """Make files of the same names; the disks are empty, or empty over the same image."""
        support.require(self._supported, "live_migrate")
        if not self._live_migration_uri:
            raise errors.Conflict("this host takes no running servers: [compute_agent] live_migration_uri is not set")
        own = files.server_files(self._state_dir, facts["id"])
        own.directory.mkdir(mode=PASS_THROUGH, parents=True, exist_ok=True)
        base_format = self._base_for(facts, coming, own, progress) if disks.has_root(facts) else None
        self._link_kernel(facts, own, progress)
        disks.make_targets(own, coming["sizes"], base_format)
        if facts.get("config_drive") and not own.config_drive.exists():
            config_drive.make_config_drive(facts, own.config_drive)
        self.keep_secrets(facts)
        return {"uri": self._live_migration_uri, "directory": str(own.directory), "fit": facts.get("other_fit"),
                "shared_processors": self._machine.shared_processors,
                "copy": migration.how(base_format, coming["sizes"]), "volumes": {
                    each["id"]: volume_xml(each, "vda", self._machine) for each in facts.get("volumes") or ()}}

    def _base_for(self, facts: Facts, coming: Facts, own: files.ServerFiles, progress: Progress) -> str | None:
        """Have the image that the root disk is over and return its format; None where all of the disk has to come."""
        if coming["is_of_image"]:
            try:
                self._images.link(facts["image"], own.base, progress)
                return image_format(facts["image"])
            except errors.NotFound:
                LOG.info("image_is_gone", server=facts["id"], image=facts["image"]["id"])
        disks.make_empty(own.base, coming["sizes"]["disk"])
        return None

    def send(self, server_id: str, to: Facts, orders: Orders, tell: Tell) -> None:
        """Have the daemons move the domain, and follow it; one that another agent began to move is followed likewise."""
        if self.power(server_id) is None:
            return
        call, said = None, {}
        if not self._ask(lambda connection: migration.is_under_way(connection, server_id)):
            directory = str(files.server_files(self._state_dir, server_id).directory)
            call = self._connection.begin(lambda connection: migration.begin(connection, server_id, directory, to))
        while call is not None and not call.ended.wait(POLL_S) or call is None and self._goes_on(server_id):
            tell(self._ask(lambda connection: migration.progress(connection, server_id)))
            before, said = said, orders()
            if said.get("stop"):
                self._ask(lambda connection: migration.stop(connection, server_id))
            elif said.get("hurry") and not before.get("hurry"):
                self._hurry(server_id)
        if self.power(server_id) is not None:
            reason = call.failure if call is not None and call.failure is not None else "the move broke off"
            raise errors.Conflict("it was told to stay" if said.get("stop") else str(reason), server_id=server_id)

    def _goes_on(self, server_id: str) -> bool:
        self._clock.sleep(POLL_S)
        return self._ask(lambda connection: migration.is_under_way(connection, server_id))

    def _hurry(self, server_id: str) -> None:
        """A guest that stands still writes nothing that would have to be copied again."""
        try:
            self.pause(server_id)
        except errors.NotFound:
            LOG.info("guest_has_gone_already", server=server_id)

    def stop_sending(self, server_id: str) -> None:
        """End the move, and wait until it has ended."""
        until = self._clock.monotonic() + STOP_TIMEOUT_S
        while self._ask(lambda connection: migration.is_under_way(connection, server_id)):
            if self._clock.monotonic() > until:
                raise errors.Retry("the move does not end")
            self._ask(lambda connection: migration.stop(connection, server_id))
            self._clock.sleep(POLL_S)

    def receive(self, facts: Facts, paused: bool) -> None:
        """Let a guest that stands still go on, and define the domain by this host's own measure."""
        power = self.power(facts["id"])
        if power is None:
            raise errors.NotFound("the server did not come to this host", server_id=facts["id"])
        if power is Power.PAUSED and not paused:
            self.unpause(facts["id"])
        self._define(facts)

    def console_log(self, server_id: str, lines: int | None) -> str:
        """Return the end of the serial console's log."""
        own = files.server_files(self._state_dir, server_id)
        if not own.directory.exists():
            raise errors.NotFound("this host has no such server", server_id=server_id)
        return console.last_lines(own.console, lines)

    def open_console(self, server_id: str, kind: str) -> Channel:
        """Open the running domain's display, or the terminal of its serial line."""
        return self._ask(lambda connection: display.open_channel(domain.known(connection, server_id), kind))

    def diagnostics(self, server_id: str) -> dict[str, Any]:
        """Return what libvirt counts of the domain."""
        return self._ask(lambda connection: statistics.measure(connection, domain.known(connection, server_id)))

    def holdings(self) -> ComputeHoldings:
        """Return the domains of this cloud, the files of servers, and half made images."""
        directory = files.servers_directory(self._state_dir)
        domains = self._ask(lambda connection: domain.holdings(connection, MANUFACTURER, directory))
        return listing.combined(domains, files.listed(self._state_dir), processes.guests(directory),
                                self._images.half_made())

    def tidy(self) -> None:
        """Trim console logs and drop images beyond the bound."""
        self._images.tidy(self._image_cache_bytes)
        directory = files.servers_directory(self._state_dir)
        for name in os.listdir(directory) if directory.exists() else ():
            console.trim(files.ServerFiles(directory / name).console, self._console_log_bytes)

    def _define(self, facts: Facts, *, rescued: bool | None = None) -> None:
        """Define the domain; rescued None: as its files say."""
        _await_bridges(port["bridge"] for port in facts.get("ports") or ())
        own = files.server_files(self._state_dir, facts["id"])
        if self._is_lxc:
            container.link(facts["id"], own)
            self._ask(lambda connection: domain.define(connection, container.container_xml(facts, self._machine)))
            return
        if rescued is None:
            rescued = own.rescue.exists()
        text = domain_xml(facts, own, self._machine, rescued=rescued, beside=disks.noted_rescue(own) if rescued else None)
        self.keep_secrets(facts)
        self._ask(lambda connection: domain.define(connection, text))

    def _ask(self, question: Callable[[libvirt.virConnect], Answer]) -> Answer:
        try:
            return self._connection.run(question)
        except libvirt.libvirtError as failure:
            # The text is libvirt's own and names paths and devices of the host: for a fault, that is the cause.
            raise errors.InternalError(f"libvirt: {failure.get_error_message()}",
                                       libvirt_code=failure.get_error_code()) from failure


def _undefine(connection: libvirt.virConnect, server_id: str) -> None:
    held = secrets.of_domain(domain.find(connection, server_id))
    domain.undefine(connection, server_id)
    secrets.forget(connection, held)


def _await_bridges(names: Iterable[str]) -> None:
    """Ask for another try while the network agent has not made a bridge, as after a start of the host."""
    for name in names:
        if not pathlib.Path("/sys/class/net", name).exists():
            raise errors.Retry(f"bridge {name} is not there yet")
