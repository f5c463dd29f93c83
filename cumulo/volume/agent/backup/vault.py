"""Backups on a target: their manifests and chunks, sealed and opened, each looked at before it is believed.

A backup is there when its manifest is. The manifest is written last and removed first, so what a death leaves of one
is chunks without a manifest, which is no backup and may be removed.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.volume.agent.backup.sealing import Damaged, Sealer
from cumulo.volume.agent.backup.target import Answer, Target, run

CHUNKS, MANIFESTS = "chunks", "manifests"
FORMAT = 1
_MOST_MANIFEST_BYTES = 1 << 30
_DIGEST_BYTES = 32


@dataclasses.dataclass(frozen=True)
class Chunk:
    """A piece of data: its number, the SHA-256 of what it holds, and the backup that keeps it."""

    number: int
    digest: str
    home: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What a backup consists of. Chunks that it does not name are zeros; parent is what it was compared with."""

    backup_id: str
    size_bytes: int
    chunk_bytes: int
    parent: str | None
    chunks: tuple[Chunk, ...]
    stored_bytes: int = 0

    @property
    def own_chunks(self) -> int:
        """Return how many chunks it keeps itself."""
        return sum(1 for each in self.chunks if each.home == self.backup_id)

    def to_json(self) -> bytes:
        """Return the form in which it is kept."""
        said = dataclasses.asdict(self) | {"format": FORMAT, "chunks": [[each.number, each.digest, each.home] for each in self.chunks]}
        return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Return what to_json described; raises ValueError."""
        said: dict[str, Any] = json.loads(text)
        if said.pop("format", None) != FORMAT:
            raise ValueError("of another format")
        chunks = tuple(Chunk(int(number), str(digest), str(home)) for number, digest, home in said.pop("chunks"))
        return cls(**said, chunks=chunks)


@dataclasses.dataclass(frozen=True)
class Held:
    """What a target has: ids of backups, and of what is no backup (yet)."""

    whole: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


class Vault:
    """The backups of one target; raises Retry for what the target cannot do now."""

    def __init__(self, target: Target, sealer: Sealer, threads: Threads) -> None:
        self.target = target
        self._sealer = sealer
        self._threads = threads

    def keep(self, backup_id: str, number: int, data: bytes) -> int:
        """Keep a chunk; return the bytes that it takes."""
        name = _chunk_name(backup_id, number)
        blob = self._threads.native(self._sealer.seal, name, data)
        self._ask(self.target.put, name, blob)
        return len(blob)

    def chunk(self, chunk: Chunk, most_bytes: int) -> bytes:
        """Return what a chunk holds; raises Damaged when it is missing, or does not hold what was given."""
        name = _chunk_name(chunk.home, chunk.number)
        try:
            blob = self._ask(self.target.get, name)
        except FileNotFoundError as failure:
            raise Damaged(f"{name} is missing: the backup cannot be restored.") from failure
        data = self._threads.native(self._sealer.open, name, blob, most_bytes)
        if self._threads.native(digest, data) != chunk.digest:
            raise Damaged(f"{name} is damaged: it does not hold what was given.")
        return data

    def keep_manifest(self, manifest: Manifest) -> None:
        """Make what has been kept a backup."""
        name, text = f"{MANIFESTS}/{manifest.backup_id}", manifest.to_json()
        blob = hashlib.sha256(text).digest() + self._sealer.seal(name, text)
        self._ask(self.target.put, name, blob)

    def manifest(self, backup_id: str) -> Manifest | None:
        """Return the manifest of a backup, None where there is no such backup; raises Damaged."""
        name = f"{MANIFESTS}/{backup_id}"
        try:
            blob = self._ask(self.target.get, name)
        except FileNotFoundError:
            return None
        text = self._sealer.open(name, blob[_DIGEST_BYTES:], _MOST_MANIFEST_BYTES)
        if hashlib.sha256(text).digest() != blob[:_DIGEST_BYTES]:
            raise Damaged(f"{name} is damaged: it does not hold what was given.")
        try:
            return Manifest.from_json(text)
        except (ValueError, TypeError, AttributeError) as failure:
            raise Damaged(f"{name} cannot be read: {failure}") from failure

    def delete(self, backup_id: str) -> None:
        """Leave nothing of a backup, whole or half made; what is gone already is no error."""
        self._ask(self.target.delete, f"{MANIFESTS}/{backup_id}")
        self._ask(self.target.delete_folder, f"{CHUNKS}/{backup_id}")

    def held(self) -> Held:
        """Return what is there, wanted or not; a backup without any chunk of its own is one all the same."""
        # Chunks first: a backup that becomes whole in between is then seen as whole.
        chunks = self._ask(self.target.names, CHUNKS)
        whole = self._ask(self.target.names, MANIFESTS)
        return Held(tuple(whole), tuple(sorted(set(chunks) - set(whole))))

    def changed_at(self, backup_id: str) -> float:
        """Return when a chunk of a backup was written last."""
        return self._ask(self.target.changed_at, f"{CHUNKS}/{backup_id}")

    def _ask(self, call: Callable[..., Answer], *arguments: Any) -> Answer:
        """Make a call of the target; raises FileNotFoundError, and Retry for what it cannot do now."""
        try:
            return run(self._threads, self.target, call, *arguments)
        except FileNotFoundError:
            raise
        except OSError as failure:
            raise errors.Retry(f"The place of backups cannot do it now: {failure}") from failure


def digest(data: bytes) -> str:
    """Return the hash that says what a chunk holds."""
    return hashlib.sha256(data).hexdigest()


def _chunk_name(backup_id: str, number: int) -> str:
    return f"{CHUNKS}/{backup_id}/{number:08x}"
