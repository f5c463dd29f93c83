"""The guest image: built once from Debian packages by etc/build-guest-image, kept in the cache.

A cloud with the fake hypervisor needs neither root nor packages, so there the disk is empty.
"""

import dataclasses
import os
import pathlib
import subprocess

from cumulo.cloud.layout import Layout, shipped_file
from cumulo.cloud.refusal import Refusal

_EMPTY_DISK_BYTES = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class GuestImage:
    """Files to upload; an empty disk has no kernel."""

    disk: pathlib.Path
    disk_format: str
    kernel: pathlib.Path | None = None
    ramdisk: pathlib.Path | None = None
    command_line: str = ""


def build(layout: Layout) -> GuestImage:
    """Return the image, building it when the cache has none; takes under a minute."""
    directory = layout.guest_image_dir
    directory.mkdir(parents=True, exist_ok=True)
    disk = directory / "guest.qcow2"
    if not disk.exists():
        _run_builder(layout, disk)
    return GuestImage(disk, "qcow2", directory / "vmlinuz", directory / "initrd",
                      (directory / "cmdline").read_text(encoding="utf-8").strip())


def empty(layout: Layout) -> GuestImage:
    """Return a disk of zeros, for a cloud that boots nothing."""
    disk = layout.state_dir / "cache" / "empty.raw"
    with open(disk, "wb") as stream:
        stream.truncate(_EMPTY_DISK_BYTES)
    return GuestImage(disk, "raw")


def _run_builder(layout: Layout, disk: pathlib.Path) -> None:
    environment = {**os.environ, "KERNEL_OUT": str(disk.parent), "CACHE": str(disk.parent / "packages")}
    argv = ["sh", str(shipped_file("build-guest-image")), str(disk)]
    if subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0:
        return
    # The machine's list of packages may name versions that the source has dropped since.
    subprocess.run(["apt-get", "-q", "update"], stdin=subprocess.DEVNULL, check=False)
    if subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Refusal(f"the guest image could not be built; what it said is above. Try: sh {argv[1]} {disk}")
