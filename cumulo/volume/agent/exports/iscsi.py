"""Exports by iSCSI: one tgtd for a backend, one target in it for each volume, opened by CHAP alone.

A target's name ends with the volume's id, and so does its account's. A target is whole when anybody may reach it: that
is done last, so what a death left half made is seen and made anew.
"""

import pathlib
from typing import Any

from cumulo.common.clock import Clock
from cumulo.common.volume_copies import BY_NEAR_GUEST, SHUT, Copying
from cumulo.volume.agent.exports.daemon import Daemon
from cumulo.volume.agent.exports.interface import Export
from cumulo.volume.agent.exports.nbd import Place
from cumulo.volume.agent.exports.tgt import Control, Do, Mode, Target

PROGRAM = "tgtd"
NAME = "iqn.2024-01.org.cumulo:volume-"
UNIT = 1
CONTROL_NUMBER = 0


class IscsiTarget:
    """Implements cumulo.volume.agent.exports.interface.Target."""

    kind = "iscsi"

    def __init__(self, directory: pathlib.Path, place: Place, clock: Clock) -> None:
        self._directory = directory
        self._place = place
        self._portal = f"portal={place.listens()}:{place.port}"
        self._daemon = Daemon(PROGRAM, self._portal, clock)
        self._socket = directory / f"iscsi.control.{CONTROL_NUMBER}"
        self._control = Control(self._socket)

    def capabilities(self) -> dict[str, Any]:
        """Every host reaches it."""
        return {"storage_protocol": "iSCSI", "host_bound": False, "copies_in_use": BY_NEAR_GUEST}

    def has_secrets(self) -> bool:
        """Say yes: each target has an account of its own."""
        return True

    def ensure(self) -> bool:
        """Have the daemon run."""
        if self._daemon.pid() is not None:
            return False
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._daemon.start([PROGRAM, "-C", str(CONTROL_NUMBER), "--iscsi", self._portal], self._socket,
                           {"TGT_IPC_SOCKET": str(self._directory / "iscsi.control")})
        return True

    def pid(self) -> int | None:
        """Return the daemon's process while it lives."""
        return self._daemon.pid()

    def stop(self) -> None:
        """End the daemon, which hears no signal but the last."""
        if self._daemon.pid() is not None:
            for volume_id in self.held():
                self.drop(volume_id)
            self._control.ask(Mode.SYSTEM, Do.DELETE)
        self._daemon.stop()

    def add(self, export: Export) -> None:
        """Make the target: its account and its file first, and then whom it lets in."""
        there = self._find(export.volume_id)
        if there is not None and there.is_open and export.path in there.units and export.user in there.accounts:
            return
        if there is not None:
            self.drop(export.volume_id)
        taken = {each.number for each in self._control.targets()}
        number = next(each for each in range(1, len(taken) + 2) if each not in taken)
        if export.user in self._control.accounts():  # left half made, or with a password that is not ours any more
            self._control.ask(Mode.ACCOUNT, Do.DELETE, f"user={export.user}")
        self._control.ask(Mode.ACCOUNT, Do.NEW, f"user={export.user},password={export.password}")
        self._control.ask(Mode.TARGET, Do.NEW, f"targetname={NAME}{export.volume_id}", target=number)
        self._control.ask(Mode.ACCOUNT, Do.BIND, f"user={export.user}", target=number)
        self._control.ask(Mode.UNIT, Do.NEW, f"path={export.path},bstype=rdwr", target=number, unit=UNIT)
        self._control.ask(Mode.UNIT, Do.UPDATE, "targetOps thin_provisioning=1,", target=number, unit=UNIT)
        self._control.ask(Mode.TARGET, Do.BIND, "initiator-address=ALL", target=number)

    def drop(self, volume_id: str) -> None:
        """End the target with its connections, and then its account."""
        there = self._find(volume_id)
        if there is not None:
            self._control.ask(Mode.TARGET, Do.DELETE, target=there.number, force=True)
        if volume_id in self._control.accounts():
            self._control.ask(Mode.ACCOUNT, Do.DELETE, f"user={volume_id}")

    def held(self) -> tuple[str, ...]:
        """Ask the daemon, where it runs."""
        if self._daemon.pid() is None:
            return ()
        names = (each.name for each in self._control.targets())
        return tuple(sorted(each.removeprefix(NAME) for each in names if each.startswith(NAME)))

    def can_copy(self) -> bool:
        """Say no: its guests do, of whom there is one."""
        return False

    def copy(self, volume_id: str, target: pathlib.Path, begin: bool) -> Copying:
        """Say that it is not done here."""
        return Copying(SHUT)

    def stop_copying(self, volume_id: str, target: pathlib.Path) -> None:
        """Nothing is copied here."""

    def connection(self, volume_id: str) -> dict[str, Any]:
        """Return where it is served, and by which name."""
        return {"kind": self.kind, "format": "raw", "address": self._place.address, "port": self._place.port,
                "target": f"{NAME}{volume_id}", "unit": UNIT, "auth": True}

    def _find(self, volume_id: str) -> Target | None:
        return next((each for each in self._control.targets() if each.name == f"{NAME}{volume_id}"), None)
