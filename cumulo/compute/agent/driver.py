"""What the agent's steps ask of a hypervisor. Two answer: libvirt/driver.py and fake.py.

Every call looks first and does only what is missing, so each may be repeated. A server is named by
its id in everything a driver makes.
"""

import dataclasses
import enum
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Protocol

from cumulo.common.audit.holdings import ComputeHoldings
from cumulo.common.image_files import Progress
from cumulo.common.volume_copies import Copying

Facts = Mapping[str, Any]
"""The scheduler's answer to server_facts."""

Tell = Callable[[Facts], None]
"""Told how far a move is: percent, and bytes of memory and disk."""

Orders = Callable[[], Facts]
"""What is wanted of a move under way: stop, hurry."""


class Power(enum.Enum):
    """Whether a server that this host has is running."""

    RUNNING = "running"
    PAUSED = "paused"
    SAVED = "saved"  # off, with its memory kept on disk: its next start goes on from there
    OFF = "off"


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What a host has for servers; hypervisor holds JSON facts for people and the API."""

    vcpus: int
    memory_mib: int
    disk_gib: int
    hypervisor: dict[str, Any]


class Channel(Protocol):
    """What bytes go through both ways; a socket is one."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes, none at the end; raises OSError."""

    def sendall(self, data: bytes, /) -> None:
        """Send them all; raises OSError."""

    def shutdown(self, how: int, /) -> None:
        """Wake whoever waits in recv."""

    def close(self) -> None:
        """Let go of it."""


class Driver(Protocol):
    """A hypervisor. Errors are CumuloErrors; Retry means that the same call may work later."""

    def inventory(self) -> Inventory:
        """Return what this host has."""

    def servers(self) -> dict[str, Power]:
        """Return every server on this host, running or not."""

    def power(self, server_id: str) -> Power | None:
        """Return whether a server runs; None when this host has no such server."""

    def create(self, facts: Facts, progress: Progress) -> None:
        """Make a server's disks and definition, without starting it."""

    def redefine(self, facts: Facts) -> None:
        """Bring the definition of a server that is off up to date; its disks stay as they are."""

    def wipe(self, server_id: str, keep_ephemeral: bool) -> None:
        """Stop a server and remove its disks, config drive and images; create makes them anew. Raises NotFound."""

    def rescue(self, facts: Facts, image: Facts | None, progress: Progress) -> None:
        """Stop a server and define it over a new rescue disk, of that image or its own; one that is rescued stays."""

    def unrescue(self, facts: Facts) -> None:
        """Stop a rescued server, define it over its own disks and remove the rescue disk; other servers stay."""

    def start(self, server_id: str) -> None:
        """Start a server that create made; one whose memory is kept goes on from there."""

    def pause(self, server_id: str) -> None:
        """Have a running server stand still; raises NotFound."""

    def unpause(self, server_id: str) -> None:
        """Have a server that stands still go on; raises NotFound."""

    def suspend(self, server_id: str) -> None:
        """Keep a running server's memory on disk and end it; raises NotFound."""

    def set_password(self, facts: Facts) -> None:
        """Have the agent in a running guest set its administrator's password to the facts' admin_password.

        Raises NotFound, and Conflict where the guest has no agent or its agent does not.
        """

    def interrupt(self, server_id: str) -> None:
        """Interrupt a running guest so that nothing masks it; raises NotFound, and Conflict for one that is off."""

    def press_power_button(self, server_id: str) -> None:
        """Ask the guest to shut down; whether and when it does is the guest's affair."""

    def cut_power(self, server_id: str) -> None:
        """Stop a server at once, and forget memory that was kept of it."""

    def remove(self, server_id: str) -> None:
        """Leave nothing of a server: domain, disks, config drive, logs. Holds for a half-made one or none."""

    def plug_card(self, facts: Facts, port_id: str) -> None:
        """Put a port's card into a server that runs, and into the definition of one that does not. Raises NotFound."""

    def unplug_card(self, server_id: str, device: str) -> bool:
        """Ask a guest to let go of a card, by its device on this host; say whether it has none of that device now."""

    def plug_disk(self, facts: Facts, disk: Facts) -> None:
        """Put a volume into a server that runs, and into the definition of one that does not. Raises NotFound.

        disk: {"id", "device", "connection", "read_only", "limits"}, as one of the volumes of the facts.
        """

    def keep_secrets(self, facts: Facts) -> None:
        """Know what a server's volumes are opened with until the server goes; what was defined since knows it already."""

    def unplug_disk(self, server_id: str, volume_id: str) -> bool:
        """Ask a guest to let go of a volume; say whether it has it no more."""

    def replace_disk(self, server_id: str, volume_id: str, disk: Facts, progress: Progress) -> None:
        """Have a running guest use another volume, or the same one elsewhere, in the place of a volume that it has.

        What the guest reads stays the same: its data is copied while it goes on. disk: as for plug_disk. A guest that uses it
        already goes on. Raises Conflict for a guest that is off, or lacks the volume.
        """

    def keep_disk_replaced(self, server_id: str, volume_id: str, disk: Facts) -> bool:
        """End a replacement that is under way; say whether it has happened: then what the guest writes is on the other one."""

    def grow_volume(self, server_id: str, volume_id: str, size_gib: int) -> None:
        """Let a running guest see that a volume of its has become larger; others see it when they start."""

    def copy_volume(self, server_id: str, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Say how far the copy of a volume into a file is that a guest makes, and begin it where that is asked.

        One that is whole is ended by this, at the moment whose copy it is. Raises Retry while another copy is being made.
        """

    def stop_copying(self, server_id: str, volume_id: str, target: pathlib.Path) -> None:
        """End a copy into a file, if there is one."""

    def keep_disk(self, server_id: str) -> None:
        """Keep a copy of the root disk of a server that is off beside it; one that is there stays. Raises NotFound."""

    def restore_disk(self, server_id: str) -> None:
        """Stop a server and put the copy in the place of its root disk, if there is one."""

    def forget_disk(self, server_id: str) -> None:
        """Remove the copy, if there is one."""

    def adapt(self, facts: Facts) -> None:
        """Give a server that is off the size its facts tell: larger disks, and its definition. Raises NotFound."""

    def take_snapshot(self, server_id: str, disk_format: str, progress: Progress) -> None:
        """Copy a server's root disk as it is now into one file; one that is there stays. Raises NotFound."""

    def open_snapshot(self, server_id: str) -> BinaryIO:
        """Open that file; raises NotFound."""

    def drop_snapshot(self, server_id: str) -> None:
        """Remove that file, or what a copy left half way."""

    def survey(self, facts: Facts) -> Facts:
        """Return what another host must know before a server that runs here comes to it, as JSON. Raises NotFound."""

    def expect(self, facts: Facts, coming: Facts, progress: Progress) -> Facts:
        """Make what a server needs that is about to come, by what survey returned; return what send needs, as JSON."""

    def send(self, server_id: str, to: Facts, orders: Orders, tell: Tell) -> None:
        """Move a server that runs to the host that expects it; one that is on its way is followed, one that has gone is gone.

        Raises Conflict where orders end it before it has gone, and then the server is here as it was.
        """

    def stop_sending(self, server_id: str) -> None:
        """End a move that is under way, if there is one."""

    def receive(self, facts: Facts, paused: bool) -> None:
        """Have a server that came be whole: defined here, and going on unless it was paused. Raises NotFound."""

    def console_log(self, server_id: str, lines: int | None) -> str:
        """Return the last lines of the serial console (None: all that is kept); raises NotFound."""

    def open_console(self, server_id: str, kind: str) -> Channel:
        """Open a console of a running guest, by the kinds that the inventory names under "consoles".

        Raises NotFound, Conflict for a guest that is off, and BadRequest for a kind it has not.
        """

    def diagnostics(self, server_id: str) -> dict[str, Any]:
        """Return what is measured of a running guest; raises NotFound, and Conflict for one that is off.

        {"state", "hypervisor", "hypervisor_os", "processors": [{"time_ns"}], "memory": {"maximum_mib", "used_mib"},
        "cards": [{"device", "mac_address", "rx_octets", ...}], "disks": [{"device", "read_bytes", ...}]}
        """

    def holdings(self) -> ComputeHoldings:
        """Return everything of this cloud that is really here, wanted or not; changes nothing."""

    def tidy(self) -> None:
        """Do what is due now and then: keep console logs and the image cache within their bounds."""
