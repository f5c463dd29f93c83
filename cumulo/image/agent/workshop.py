"""What becomes of imported data on a host before it goes into a store: unpacked, inspected, converted.

    staged -> .plain (decompressed) -> .disk (out of an OVA) -> .raw or .qcow2 (converted)

Each is made under a temporary name and renamed when it is whole. A run that is repeated begins again with what was
staged, so nothing has to be known of an earlier one.
"""

import contextlib
import dataclasses
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO

from cumulo.common import command, errors, log
from cumulo.common.threads import Threads
from cumulo.image import inspect
from cumulo.image.agent import unpack
from cumulo.image.store.file import FileStore
from cumulo.image.store.protocol import Part

LOG = log.get(__name__)
CHUNK_BYTES = 1024 * 1024
KINDS = ("plain", "disk", "raw", "qcow2")
_AS_THEY_COME = ("aki", "ari", "ami", "iso")
_QEMU_NAMES = {"raw": "raw", "qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhd": "vpc", "vhdx": "vhdx"}
_CONVERSION_S = 6 * 3600

Check = Callable[[float], None]
"""check(percent): says how far it is; raises when nobody wants it any more."""


@dataclasses.dataclass(frozen=True)
class Made:
    """Data that is ready for a store: its name among what is staged, and what it is."""

    ready: str
    disk_format: str
    container_format: str
    virtual_size: int | None


@dataclasses.dataclass(frozen=True)
class Workshop:
    """What a host may do to data; convert_to is "" for nothing."""

    staging: FileStore
    threads: Threads
    bounds: inspect.Bounds
    max_size: int
    convert_to: str = ""
    decompress: bool = True
    conversion_memory_mib: int = 2048

    def make(self, staged: str, disk_format: str, container_format: str, check: Check) -> Made:
        """Return staged data as it goes into a store; raises BadRequest for what it must not be, or is not."""
        self.clear(staged)
        name = staged
        if self.decompress and container_format != "compressed" and disk_format not in _AS_THEY_COME:
            name = self._decompressed(staged, name, check)
        if container_format == "ova":
            name = self._unpacked(name, f"{staged}.disk", "an OVA", unpack.disk_of_ova(self.staging.path(name)), check)
            container_format = "bare"
        virtual_size = self._inspected(name, disk_format, container_format)
        if self._is_to_convert(disk_format, container_format):
            name = self._converted(name, f"{staged}.{self.convert_to}", disk_format, virtual_size, check)
            disk_format = self.convert_to
            virtual_size = self._inspected(name, disk_format, container_format)
        return Made(name, disk_format, container_format, virtual_size)

    def clear(self, staged: str) -> None:
        """Remove what was made of staged data, not that itself."""
        for kind in KINDS:
            self.staging.delete(f"{staged}.{kind}")

    def _inspected(self, name: str, disk_format: str, container_format: str) -> int | None:
        return inspect.inspect_image(self.staging.path(name), disk_format, container_format, self.bounds)

    def _decompressed(self, staged: str, name: str, check: Check) -> str:
        with self.staging.open(name) as file:
            kind = unpack.compression(file.read(16))
        if kind is None:
            return name
        return self._unpacked(name, f"{staged}.plain", kind, unpack.decompressed(self.staging.path(name), kind), check)

    def _unpacked(self, name: str, made: str, what: str, opened: AbstractContextManager[IO[bytes]], check: Check) -> str:
        with unpack.reading(what), opened as body, contextlib.closing(self.staging.create(made)) as part:
            while self.threads.native(_move, body, part):
                if part.size > self.max_size:
                    raise errors.TooLarge(f"An image may have {self.max_size} bytes.")
                check(0.0)
            self.threads.native(part.commit)
        return self._instead(name, made)

    def _instead(self, name: str, made: str) -> str:
        """Drop what is not needed any more, but never what was staged: from that a repeated run begins."""
        if "." in name:
            self.staging.delete(name)
        return made

    def _is_to_convert(self, disk_format: str, container_format: str) -> bool:
        return (self.convert_to not in ("", disk_format) and disk_format in _QEMU_NAMES and container_format == "bare")

    def _converted(self, name: str, made: str, disk_format: str, virtual_size: int | None, check: Check) -> str:
        if (virtual_size or 0) > self.max_size:
            raise errors.TooLarge(f"An image may have {self.max_size} bytes, and its disk has {virtual_size}.")
        source, most = self.staging.path(name), virtual_size or os.path.getsize(self.staging.path(name)) or 1
        with contextlib.closing(self.staging.create(made)) as part:
            def watch() -> None:
                check(min(99.0, 100.0 * os.stat(part.path).st_blocks * 512 / most))

            self._convert(source, part.path, disk_format, watch)
            self.threads.native(part.commit)
        return self._instead(name, made)

    def _convert(self, source: str, target: str, disk_format: str, watch: Callable[[], None]) -> None:
        limits = command.Limits(cpu_s=_CONVERSION_S, address_space_mib=self.conversion_memory_mib)
        argv = ["qemu-img", "convert", "-f", _QEMU_NAMES[disk_format], "-O", _QEMU_NAMES[self.convert_to], source, target]
        try:
            command.run(argv, timeout_s=_CONVERSION_S, limits=limits, meanwhile=watch)
        except errors.CommandFailed as failure:
            # The cause names files of this host: it goes to the log, not to the user.
            LOG.warning("image_not_converted", path=source, error=failure.message)
            raise errors.BadRequest(f"The image cannot be converted to {self.convert_to}.") from failure


def _move(body: IO[bytes], part: Part) -> int:
    chunk = body.read(CHUNK_BYTES)
    part.write(chunk)
    return len(chunk)
