"""Backups as files of a directory, which may be a mounted share (NFS): one file a blob."""

import contextlib
import os
import pathlib
import shutil

from cumulo.common import durable_files


class DirectoryTarget:
    """Implements cumulo.volume.agent.backup.target.Target; only the services may look into the directory."""

    kind = "directory"
    local = True

    def __init__(self, directory: pathlib.Path, *, shared: bool = False) -> None:
        self._directory = directory.absolute()
        self.shared = shared

    @property
    def place(self) -> str:
        """Return the directory."""
        return str(self._directory)

    def put(self, name: str, data: bytes) -> None:
        """Write a file, make it durable, give it its name."""
        path = self._directory / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable_files.write(path, data)

    def get(self, name: str) -> bytes:
        """Read a file."""
        return (self._directory / name).read_bytes()

    def delete(self, name: str) -> None:
        """Remove a file."""
        path = self._directory / name
        for each in (path, path.with_name(path.name + durable_files.PARTIAL)):
            each.unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        """Remove a directory with its files."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._directory / folder)

    def names(self, folder: str) -> list[str]:
        """List a directory; what is half written has no name yet."""
        try:
            found = os.listdir(self._directory / folder)
        except FileNotFoundError:
            return []
        return sorted(each for each in found if not each.endswith(durable_files.PARTIAL))

    def changed_at(self, folder: str) -> float:
        """Return the newest time of its files, half written ones too."""
        newest = 0.0
        with contextlib.suppress(FileNotFoundError), os.scandir(self._directory / folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # removed a moment ago
                    newest = max(newest, entry.stat().st_mtime)
        return newest
