"""Making a backup of what a backend reads, and writing one back: the loops over chunks.

    save      only what is not zero is kept, and of a volume with an older backup only what differs from it
    restore   each chunk is compared with the hash that the manifest has of it before it is written
"""

import dataclasses
from collections.abc import Callable, Iterator

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.volume.agent.backend import Sink, Source
from cumulo.volume.agent.backup.vault import Chunk, Manifest, Vault, digest

Tell = Callable[[float], None]


@dataclasses.dataclass(frozen=True)
class Watch:
    """What a long loop reports to: how far it is in percent; `check` raises when nobody wants it any more."""

    tell: Tell
    check: Callable[[], None]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be made: a backup's id, the one that it is compared with, the bytes of new chunks."""

    backup_id: str
    parent: str | None
    chunk_bytes: int


def save(vault: Vault, threads: Threads, plan: Plan, source: Source, watch: Watch) -> Manifest:
    """Make a backup and return its manifest; one that is whole already stays as it is."""
    found = vault.manifest(plan.backup_id)
    if found is not None:
        return found
    before = _parent(vault, plan.parent)
    chunk_bytes = before.chunk_bytes if before else plan.chunk_bytes  # chunks of other sizes could not be compared
    known = {each.number: each for each in before.chunks} if before else {}
    count = -(-source.size_bytes // chunk_bytes)
    chunks, stored, zeros = [], 0, bytes(chunk_bytes)
    for number in _numbers(source, chunk_bytes):
        watch.check()
        data = threads.native(source.read, number * chunk_bytes, chunk_bytes)
        if data != zeros[:len(data)]:
            chunk = Chunk(number, threads.native(digest, data), plan.backup_id)
            old = known.get(number)
            if old is not None and old.digest == chunk.digest:
                chunk = old
            else:
                stored += vault.keep(plan.backup_id, number, data)
            chunks.append(chunk)
        watch.tell(100.0 * (number + 1) / count)
    manifest = Manifest(plan.backup_id, source.size_bytes, chunk_bytes, plan.parent, tuple(chunks), stored)
    vault.keep_manifest(manifest)
    return manifest


def restore(vault: Vault, threads: Threads, backup_id: str, sink: Sink, watch: Watch) -> None:
    """Write a backup out; raises Damaged at the first chunk that is not what it was, NotFound where there is no backup."""
    manifest = require(vault, backup_id)
    for done, chunk in enumerate(manifest.chunks):
        watch.check()
        data = vault.chunk(chunk, manifest.chunk_bytes)
        threads.native(sink.write, chunk.number * manifest.chunk_bytes, data)
        watch.tell(100.0 * (done + 1) / len(manifest.chunks))


def require(vault: Vault, backup_id: str) -> Manifest:
    """Return the manifest of a backup; raises NotFound."""
    manifest = vault.manifest(backup_id)
    if manifest is None:
        raise errors.NotFound(f"There is no data of backup {backup_id} at {vault.target.kind}.")
    return manifest


def _parent(vault: Vault, backup_id: str | None) -> Manifest | None:
    return require(vault, backup_id) if backup_id else None


def _numbers(source: Source, chunk_bytes: int) -> Iterator[int]:
    """Give the numbers of the chunks that may hold something, in order, each once."""
    following = 0
    for first, end in source.extents():
        for number in range(max(following, first // chunk_bytes), -(-end // chunk_bytes)):
            yield number
            following = number + 1
