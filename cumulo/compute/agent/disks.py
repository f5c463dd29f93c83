"""The disks of a server: a qcow2 overlay over its image, an empty additional disk, swap.

Each appears under its name only when it is whole, so one that is there is done.
"""

import os
import pathlib
from collections.abc import Mapping

from cumulo.common import command, errors
from cumulo.common import image_files as images
from cumulo.compute.agent.driver import Facts
from cumulo.compute.agent.files import ServerFiles
from cumulo.compute.hardware import RescueDisk

GIB = 1024 ** 3
MIB = 1024 ** 2
TIMEOUT_S = 120
COPY_TIMEOUT_S = 6 * 3600
OVERLAY, RAW = "qcow2", "raw"


def make_disks(facts: Facts, files: ServerFiles, disk_format: str = OVERLAY) -> None:
    """Make what is missing of a server's disks; its base must be there. The root is an overlay, or raw: a copy."""
    flavor = facts["flavor"]
    if has_root(facts) and not files.disk.exists():
        _make_root(facts, files, disk_format)
    if flavor.get("ephemeral_gib") and not files.ephemeral.exists():
        _make_file(files.ephemeral, flavor["ephemeral_gib"] * GIB, ["mkfs.ext4", "-q", "-F", "-L", "ephemeral0"])
    if flavor.get("swap_mib") and not files.swap.exists():
        _make_file(files.swap, flavor["swap_mib"] * MIB, ["mkswap"])


def has_root(facts: Facts) -> bool:
    """Say whether a server boots from a disk of its host's: else it does from a volume."""
    return bool(facts.get("image"))


def is_here(facts: Facts, files: ServerFiles) -> bool:
    """Say whether this host has what a server boots from, or would have; a volume is elsewhere."""
    return files.disk.exists() if has_root(facts) else files.directory.exists()


def copy(disk: pathlib.Path, target: pathlib.Path, disk_format: str, own_format: str = OVERLAY) -> None:
    """Copy a disk that nobody writes to into one file without a base."""
    command.run(["qemu-img", "convert", "-f", own_format, "-O", disk_format, str(disk), str(target)],
                timeout_s=COPY_TIMEOUT_S)


def keep(disk: pathlib.Path, target: pathlib.Path) -> None:
    """Copy a disk as it is, without its holes; the copy appears whole or not at all."""
    partial = target.with_suffix(".new")
    command.run(["cp", "--sparse=always", "--reflink=auto", str(disk), str(partial)], timeout_s=COPY_TIMEOUT_S)
    partial.rename(target)


def grow(facts: Facts, files: ServerFiles, disk_format: str = OVERLAY) -> None:
    """Give the disks of a server that is off the sizes of its flavor where they are smaller; make those it lacks."""
    flavor = facts["flavor"]
    wanted = flavor["root_gib"] * GIB
    if has_root(facts) and wanted > int(images.inspect(files.disk, disk_format)["virtual-size"]):
        command.run(["qemu-img", "resize", "-q", "-f", disk_format, str(files.disk), str(wanted)], timeout_s=TIMEOUT_S)
    ephemeral = (flavor.get("ephemeral_gib") or 0) * GIB
    if files.ephemeral.exists() and files.ephemeral.stat().st_size < ephemeral:
        os.truncate(files.ephemeral, ephemeral)
    if files.swap.exists() and files.swap.stat().st_size < (flavor.get("swap_mib") or 0) * MIB:
        files.swap.unlink()  # nothing on it outlives a stop: it is made anew
    make_disks(facts, files, disk_format)


def sizes(files: ServerFiles) -> dict[str, int]:
    """Return how large each disk of a server is to its guest."""
    found = {"disk": int(images.inspect(files.disk, "qcow2")["virtual-size"])} if files.disk.exists() else {}
    return found | {path.name: path.stat().st_size for path in (files.ephemeral, files.swap) if path.exists()}


def make_targets(files: ServerFiles, wanted: Mapping[str, int], base_format: str | None) -> None:
    """Make what is missing of the disks that another host's are to be copied to; None: over a base that holds nothing.

    Nothing is written on them: only what is not zero there arrives.
    """
    for path in (files.ephemeral, files.swap):
        if path.name in wanted:
            make_empty(path, wanted[path.name])
    if "disk" in wanted and not files.disk.exists():
        partial = files.disk.with_suffix(".new")
        command.run(overlay_command(partial, base_format or "raw", wanted["disk"]), timeout_s=TIMEOUT_S)
        partial.rename(files.disk)


def make_empty(path: pathlib.Path, size: int) -> None:
    """Make a file of this size without anything in it, unless it is there."""
    if not path.exists():
        with path.open("xb") as file:
            os.ftruncate(file.fileno(), size)
        path.chmod(0o644)  # guests run as a user of their own


def root_size(root_gib: int, image_bytes: int) -> int:
    """Return the root disk's size in bytes: the flavor's, or the image's where the flavor leaves it open (0).

    Raises BadRequest for an image that does not fit the flavor.
    """
    if root_gib == 0:
        return image_bytes
    if image_bytes > root_gib * GIB:
        raise errors.BadRequest(
            f"the image has {image_bytes} bytes, the flavor's disk only {root_gib} GiB", kind="FlavorDiskTooSmall")
    return root_gib * GIB


def overlay_command(target: pathlib.Path, base_format: str, size: int, base: str = "base") -> list[str]:
    """Return the command that makes an overlay; the base is named relative to it, so a moved tree still works."""
    return ["qemu-img", "create", "-q", "-f", "qcow2", "-F", base_format, "-b", base, str(target), str(size)]


def make_rescue(facts: Facts, files: ServerFiles, image: Facts | None) -> None:
    """Make the disk that a server is rescued with, over its own image or over one that is linked as rescue.base.

    An own image that is gone from the image service is still here; what its format was, its overlay says.
    """
    base = files.rescue_base if image else files.base
    base_format = images.image_format(image) if image else _base_format(files)
    size = int(images.inspect(base, base_format)["virtual-size"])
    partial = files.rescue.with_suffix(".new")
    command.run(overlay_command(partial, base_format, size, base.name), timeout_s=TIMEOUT_S)
    partial.rename(files.rescue)


def note_rescue(files: ServerFiles, wanted: RescueDisk | None) -> None:
    """Note what the rescue disk is to its guest, for as long as it is rescued."""
    files.rescue_device.unlink(missing_ok=True)
    if wanted is not None:
        partial = files.rescue_device.with_suffix(".new")
        partial.write_text(f"{wanted.device} {wanted.bus or ''}", encoding="ascii")
        partial.rename(files.rescue_device)


def noted_rescue(files: ServerFiles) -> RescueDisk | None:
    """Return what was noted; None for a rescue disk that is the guest's first disk."""
    try:
        device, _, bus = files.rescue_device.read_text(encoding="ascii").partition(" ")
    except FileNotFoundError:
        return None
    return RescueDisk(device, bus or None)


def forget_rescue(files: ServerFiles) -> None:
    """Remove the rescue disk, the last thing: what is repeated finds it."""
    for path in (files.rescue.with_suffix(".new"), files.rescue_device, files.rescue_base, files.rescue):
        path.unlink(missing_ok=True)


def _base_format(files: ServerFiles) -> str:
    return str(images.inspect(files.disk, "qcow2")["backing-filename-format"])


def _make_root(facts: Facts, files: ServerFiles, disk_format: str) -> None:
    base_format = images.image_format(facts["image"])
    image_bytes = int(images.inspect(files.base, base_format)["virtual-size"])
    partial = files.disk.with_suffix(".new")
    size = root_size(facts["flavor"]["root_gib"], image_bytes)
    if disk_format == RAW:
        copy(files.base, partial, RAW, base_format)
        os.truncate(partial, size)
    else:
        command.run(overlay_command(partial, base_format, size), timeout_s=TIMEOUT_S)
    partial.rename(files.disk)


def _make_file(path: pathlib.Path, size: int, format_command: list[str]) -> None:
    """Make a sparse file with a file system or swap signature on it."""
    partial = path.with_suffix(".new")
    with partial.open("wb") as file:
        os.ftruncate(file.fileno(), size)
    command.run([*format_command, str(partial)], timeout_s=TIMEOUT_S)
    partial.rename(path)
