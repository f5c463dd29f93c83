"""Where a host keeps what belongs to servers, all below the state directory.

    images-cache/<image id>      base images, read only, shared
    servers/<server id>/base     hard link to the base image: it lives as long as the last server that uses it
                        /disk    qcow2 overlay over base
                        /disk.before the root disk before it grew, until that is confirmed
                        /rescue      qcow2 overlay over base or rescue.base, while the server is rescued
                        /rescue.device what that is to the guest, where it is not its first disk
                        /snapshot    a copy of the root disk on its way to the image service
                        /ephemeral /swap /config.iso /kernel /ramdisk    where asked for
                        /console.log
"""

import dataclasses
import os
import pathlib

from cumulo.common.ids import checked_id


@dataclasses.dataclass(frozen=True)
class ServerFiles:
    """The files of one server."""

    directory: pathlib.Path

    @property
    def base(self) -> pathlib.Path:
        """The image under the root disk."""
        return self.directory / "base"

    @property
    def disk(self) -> pathlib.Path:
        """The root disk."""
        return self.directory / "disk"

    @property
    def disk_before(self) -> pathlib.Path:
        """The root disk as it was before it grew, until somebody confirms that it may stay so."""
        return self.directory / "disk.before"

    @property
    def ephemeral(self) -> pathlib.Path:
        """The additional disk of flavors with one."""
        return self.directory / "ephemeral"

    @property
    def swap(self) -> pathlib.Path:
        """The swap disk of flavors with one."""
        return self.directory / "swap"

    @property
    def config_drive(self) -> pathlib.Path:
        """The disk with the server's metadata."""
        return self.directory / "config.iso"

    @property
    def kernel(self) -> pathlib.Path:
        """The kernel of an image that is booted directly."""
        return self.directory / "kernel"

    @property
    def ramdisk(self) -> pathlib.Path:
        """The ramdisk of an image that is booted directly."""
        return self.directory / "ramdisk"

    @property
    def rescue(self) -> pathlib.Path:
        """The root disk while the server is rescued."""
        return self.directory / "rescue"

    @property
    def rescue_base(self) -> pathlib.Path:
        """The image under the rescue disk, where it is not the server's own."""
        return self.directory / "rescue.base"

    @property
    def rescue_device(self) -> pathlib.Path:
        """What the rescue disk is to the guest where it does not take the place of its first disk."""
        return self.directory / "rescue.device"

    @property
    def snapshot(self) -> pathlib.Path:
        """The root disk as it was at one moment, on its way to the image service."""
        return self.directory / "snapshot"

    @property
    def console(self) -> pathlib.Path:
        """What the serial console printed."""
        return self.directory / "console.log"


def servers_directory(state_dir: pathlib.Path) -> pathlib.Path:
    """Return the directory of all servers' directories."""
    return state_dir / "servers"


def images_directory(state_dir: pathlib.Path) -> pathlib.Path:
    """Return the directory of the base images."""
    return state_dir / "images-cache"


def listed(state_dir: pathlib.Path) -> dict[str, tuple[str, ...]]:
    """Return the names of each server's files, by the name of its directory."""
    directory = servers_directory(state_dir)
    found = {}
    for name in sorted(os.listdir(directory)) if directory.exists() else ():
        try:
            found[name] = tuple(sorted(os.listdir(directory / name)))
        except FileNotFoundError:
            continue  # removed a moment ago
        except NotADirectoryError:
            found[name] = ()
    return found


def server_files(state_dir: pathlib.Path, server_id: str) -> ServerFiles:
    """Return where a server's files are."""
    return ServerFiles(servers_directory(state_dir) / checked_id(server_id))
