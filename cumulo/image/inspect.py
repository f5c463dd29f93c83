"""Looking into uploaded data before it becomes an image: is it what it is called, and is it harmless?

First the bytes themselves (formats.py), then, for data that passed, `qemu-img info` with the
declared format and under limits of time and memory, so that a hostile image costs a refusal.
"""

import dataclasses
import os
import shutil
from typing import Any

import orjson

from cumulo.common import command, errors, log
from cumulo.image import formats

LOG = log.get(__name__)
_QEMU_NAMES = {"qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhd": "vpc", "vhdx": "vhdx",
               "ploop": "parallels"}

_LOOSE = "vmdk"
"""QEMU takes any text for a descriptor of this format, whatever it begins with."""


Ends = tuple[bytes, bytes, int]
"""The first and the last bytes of some data, and how many it has."""


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What an inspection may use, whether data must be of the format that is declared, and the largest disk in it."""

    timeout_s: float = 30
    memory_mib: int = 1024
    must_match: bool = True
    largest: int = 2**63 - 1


def inspect_image(path: str, disk_format: str, container_format: str, bounds: Bounds) -> int | None:
    """Return the virtual size of the data of an image as inspect() does; None where a container holds the disk.

    What is in such a container is looked at when it is unpacked, and nobody opens it before: no host boots it.
    """
    if not formats.is_wrapped(container_format):
        return inspect(path, disk_format, bounds)
    _check_wrapper(container_format, _ends(path)[0], bounds)
    return None


def inspect_ends(ends: Ends, disk_format: str, container_format: str, bounds: Bounds) -> int | None:
    """Do the same for data of which only the ends are here, as far as they tell: no program looks into it."""
    head, tail, size = ends
    if formats.is_wrapped(container_format):
        _check_wrapper(container_format, head, bounds)
        return None
    if not _is_as_declared(disk_format, head, tail, bounds):
        return size if disk_format in formats.RAW_LIKE else None
    return _bounded(size if disk_format not in _QEMU_NAMES else formats.header_size(disk_format, head, tail), bounds)


def _check_wrapper(container_format: str, head: bytes, bounds: Bounds) -> None:
    fault = formats.wrapper_mismatch(container_format, head)
    if fault and bounds.must_match:
        raise errors.BadRequest(fault)


def inspect(path: str, declared: str, bounds: Bounds) -> int | None:
    """Return the virtual size in bytes of the data in a file, None where its format does not tell.

    Raises BadRequest when the data is not of the declared format, where it must be, when it refers to other files,
    and when the disk in it is larger than any image may be: whoever writes it out would fill the disk.
    """
    return _bounded(_inspect(path, declared, bounds), bounds)


def _bounded(size: int | None, bounds: Bounds) -> int | None:
    if size is not None and size > bounds.largest:
        raise errors.BadRequest(f"The disk in the image has {size} bytes; an image may have {bounds.largest}.")
    return size


def _inspect(path: str, declared: str, bounds: Bounds) -> int | None:
    head, tail, size = _ends(path)
    if not _is_as_declared(declared, head, tail, bounds):
        return size if declared in formats.RAW_LIKE else None
    if declared not in _QEMU_NAMES:
        return size
    if shutil.which("qemu-img") is None:
        LOG.warning("image_inspected_without_qemu_img", disk_format=declared)
        return formats.header_size(declared, head, tail)
    facts = _qemu_img_info(path, _QEMU_NAMES[declared], bounds)
    fault = outside_reference(facts, path)
    if fault:
        raise errors.BadRequest(fault)
    return int(facts["virtual-size"])


def _is_as_declared(declared: str, head: bytes, tail: bytes, bounds: Bounds) -> bool:
    """Say whether data bears the mark of the declared format, if it need not; raises BadRequest."""
    fault = formats.mismatch(declared, head, tail)
    if fault and not bounds.must_match and declared not in (_LOOSE, *formats.detect(head, tail)):
        # Whoever opens it names the declared format, does not find its mark, and so nothing that refers elsewhere.
        LOG.info("image_format_not_as_declared", disk_format=declared)
        return False
    fault = fault or formats.hazard(declared, head, tail)
    if fault:
        raise errors.BadRequest(fault)
    return True


def outside_reference(facts: dict[str, Any], path: str) -> str | None:
    """Return what in qemu-img's answer about a file refers to another file, or None."""
    if facts.get("backing-filename") or facts.get("full-backing-filename"):
        return "An image with a backing file is not accepted."
    details = facts.get("format-specific", {}).get("data", {})
    if details.get("data-file"):
        return "An image with an external data file is not accepted."
    if any(extent.get("filename", path) != path for extent in details.get("extents", ())):
        return "An image in several files is not accepted."
    return None


def _ends(path: str) -> Ends:
    with open(path, "rb") as file:
        head = file.read(formats.HEAD_BYTES)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - formats.TAIL_BYTES))
        return head, file.read(formats.TAIL_BYTES), size


def _qemu_img_info(path: str, driver: str, bounds: Bounds) -> dict[str, Any]:
    limits = command.Limits(cpu_s=max(1, int(bounds.timeout_s)), address_space_mib=bounds.memory_mib)
    try:
        result = command.run(["qemu-img", "info", "--output=json", "-f", driver, path],
                             timeout_s=bounds.timeout_s, limits=limits)
        return dict(orjson.loads(result.stdout))
    except (errors.CommandFailed, orjson.JSONDecodeError) as failure:
        # The cause names files of this host: it goes to the log, not to the user.
        LOG.warning("image_refused", path=path, driver=driver, error=str(failure))
        raise errors.BadRequest("The image cannot be read as its disk_format, or is too costly to read.") from failure
