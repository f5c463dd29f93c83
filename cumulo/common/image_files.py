"""Base images of a host: downloaded once, verified, kept within a bound.

An image appears under its name only when it is whole: it is written under a temporary name, its
SHA-512 compared, synced and renamed. Requests for the same image at the same time share a download.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from cumulo.common import command, errors, log
from cumulo.common.ids import checked_id
from cumulo.common.threads import Threads

LOG = log.get(__name__)
CHUNK = 1024 * 1024
INFO_LIMITS = command.Limits(cpu_s=10, address_space_mib=1024)
CONVERT_TIMEOUT_S = 3600
CONVERT_LIMITS = command.Limits(cpu_s=CONVERT_TIMEOUT_S, address_space_mib=2048)
AS_THEY_ARE = {"raw": "raw", "qcow2": "qcow2", "ami": "raw", "iso": "raw", "aki": "raw", "ari": "raw"}
CONVERTED = {"vmdk": "vmdk", "vdi": "vdi", "vhd": "vpc", "vhdx": "vhdx", "ploop": "parallels"}
Progress = Callable[[float], None]
"""Told how many percent of a long call are done."""


class Source(Protocol):
    """Where an image's bytes come from."""

    def __call__(self, image: Mapping[str, Any]) -> Any:
        """Return an open stream with read(size) and close()."""


@dataclasses.dataclass
class _Download:
    """A download in flight; finished is set when failure says how it ended."""

    finished: Any
    failure: BaseException | None = None


class ImageCache:
    """The base images of this host, in one directory."""

    def __init__(self, directory: pathlib.Path, threads: Threads, source: Source) -> None:
        self._directory = directory
        self._threads = threads
        self._source = source
        self._lock = threads.lock()
        self._downloads: dict[str, _Download] = {}

    def fetch(self, image: Mapping[str, Any], progress: Progress) -> pathlib.Path:
        """Return the image's file, downloading it if this host does not have it.

        Raises Retry when the image service does not answer or sends other bytes than promised.
        """
        path = self._directory / checked_id(image["id"])
        if self._touch(path):
            return path
        download, mine = self._enter(image["id"])
        if mine:
            self._leave(image["id"], download, lambda: self._download(image, path, progress))
        else:
            download.finished.wait()
        if download.failure is not None:
            raise download.failure
        return path

    def link(self, image: Mapping[str, Any], target: pathlib.Path, progress: Progress) -> None:
        """Give a server its own name for the image's file, so that dropping it here takes nothing from the server."""
        while not target.exists():
            path = self.fetch(image, progress)
            try:
                os.link(path, target)
            except FileNotFoundError:
                continue  # dropped from the cache in between: fetch it again

    def is_linked(self, image: Mapping[str, Any] | None, path: pathlib.Path) -> bool:
        """Say whether a file is this image, by its name here."""
        known = self._directory / checked_id(image["id"]) if image else None
        return known is not None and known.exists() and path.exists() and known.samefile(path)

    def tidy(self, limit: int) -> None:
        """Drop the least recently used images that no server has, until those left are within limit bytes."""
        if not self._directory.exists():
            return
        idle = sorted((path for path in self._directory.iterdir() if _is_idle(path)), key=_last_used)
        total = sum(path.stat().st_size for path in idle)
        for path in idle:
            if total <= limit:
                return
            total -= path.stat().st_size
            path.unlink()
            LOG.info("image_dropped", image=path.name)

    def sweep(self) -> None:
        """Remove downloads that a killed process left half way; called before any begins."""
        if self._directory.exists():
            for path in self._directory.glob(".*"):
                path.unlink()

    def half_made(self) -> list[str]:
        """Return the names of files that no download in flight is writing, and none has finished."""
        if not self._directory.exists():
            return []
        names = sorted(path.name for path in self._directory.glob(".*"))
        with self._lock:
            running = set(self._downloads)
        return [name for name in names if name[1:].rpartition(".")[0] not in running]

    def _touch(self, path: pathlib.Path) -> bool:
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def _enter(self, image_id: str) -> tuple[_Download, bool]:
        with self._lock:
            running = self._downloads.get(image_id)
            if running is not None:
                return running, False
            self._downloads[image_id] = made = _Download(self._threads.event())
            return made, True

    def _leave(self, image_id: str, download: _Download, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:  # raised by every caller that waits for it
            download.failure = failure
        finally:
            with self._lock:
                del self._downloads[image_id]
            download.finished.set()

    def _download(self, image: Mapping[str, Any], path: pathlib.Path, progress: Progress) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        partial = self._directory / f".{path.name}.partial"
        try:
            with partial.open("wb") as file:
                self._receive(image, file, progress)
                file.flush()
                self._threads.native(os.fsync, file.fileno())
            converted = self._checked(image, partial)
            converted.chmod(0o644)  # guests run as a user of their own
            converted.rename(path)
        finally:
            partial.unlink(missing_ok=True)
            _converted(partial).unlink(missing_ok=True)
        LOG.info("image_cached", image=path.name, size=path.stat().st_size)

    def _receive(self, image: Mapping[str, Any], file: Any, progress: Progress) -> None:
        """Copy the stream to the file, comparing its hash."""
        digest, size, expected = hashlib.new(image.get("os_hash_algo") or "sha512"), 0, int(image.get("size") or 0)
        waits: list[Callable[[], Any]] = []
        stream = self._source(image)
        try:
            while chunk := stream.read(CHUNK):
                for wait in waits:  # this chunk came while the one before it was written and hashed
                    wait()
                waits = [self._threads.begin_native(call, chunk) for call in (file.write, digest.update)]
                size += len(chunk)
                progress(100 * size / expected if expected else 0)
            for wait in waits:
                wait()
        except OSError as failure:
            raise errors.Retry(f"the download of image {image['id']} broke off: {failure}") from failure
        finally:
            stream.close()
        # Data that lies on somebody else's server may have no hash.
        if image["os_hash_value"] is not None and digest.hexdigest() != image["os_hash_value"]:
            raise errors.Retry(f"image {image['id']} arrived damaged: its hash differs", size=size)

    def _checked(self, image: Mapping[str, Any], partial: pathlib.Path) -> pathlib.Path:
        """Return the file to keep: the download, or its conversion. Refuses one that names other files."""
        source_format = CONVERTED.get(image["disk_format"]) or image_format(image)
        if source_format == "raw":
            return partial
        if names_other_files(inspect(partial, source_format), str(partial)):
            raise errors.BadRequest(f"image {image['id']} refers to another file")
        if image["disk_format"] not in CONVERTED:
            return partial
        converted = _converted(partial)
        command.run(["qemu-img", "convert", "-f", source_format, "-O", "qcow2", str(partial), str(converted)],
                    timeout_s=CONVERT_TIMEOUT_S, limits=CONVERT_LIMITS)
        return converted


def image_format(image: Mapping[str, Any]) -> str:
    """Return the format of an image's file in the cache: raw or qcow2; raises BadRequest for others."""
    disk_format = image["disk_format"]
    if disk_format in CONVERTED:
        return "qcow2"
    if disk_format not in AS_THEY_ARE:
        raise errors.BadRequest(f"images of format {disk_format} cannot be booted")
    return AS_THEY_ARE[disk_format]


def inspect(path: pathlib.Path, disk_format: str) -> dict[str, Any]:
    """Return what `qemu-img info` says of a file; the format is given, never guessed from the content."""
    answer = command.run(["qemu-img", "info", "--force-share", "--output=json", "-f", disk_format, str(path)],
                         timeout_s=30, limits=INFO_LIMITS)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def names_other_files(about: Mapping[str, Any], path: str) -> bool:
    """Say whether what `qemu-img info` tells of a file leads to another one, which whoever opens it would read."""
    details = about.get("format-specific", {}).get("data", {})
    return bool(about.get("backing-filename") or about.get("full-backing-filename") or details.get("data-file")
                or any(extent.get("filename", path) != path for extent in details.get("extents", ())))


def http_source(timeout_s: float) -> Source:
    """Return a source that reads image["url"] with image["token"]."""
    def open_stream(image: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(image["url"], headers={"X-Auth-Token": image["token"]})
        try:
            return urllib.request.urlopen(request, timeout=timeout_s)
        except urllib.error.HTTPError as failure:
            if failure.code in (403, 404, 410):
                raise errors.NotFound(f"image {image['id']} is gone ({failure.code})") from failure
            raise errors.Retry(f"the image service answers {failure.code}") from failure
        except OSError as failure:
            raise errors.Retry(f"the image service does not answer: {failure}") from failure
    return open_stream


def _converted(partial: pathlib.Path) -> pathlib.Path:
    return partial.with_suffix(".converted")


def _is_idle(path: pathlib.Path) -> bool:
    return not path.name.startswith(".") and path.stat().st_nlink == 1


def _last_used(path: pathlib.Path) -> float:
    return path.stat().st_mtime
