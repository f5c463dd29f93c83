"""Every option of every part, for reading a configuration whole and for generating the sample."""

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from cumulo.api import options as api
from cumulo.common import config
from cumulo.compute import options as compute
from cumulo.compute.agent import options as compute_agent
from cumulo.identity import options as identity
from cumulo.image import options as image
from cumulo.network import options as network
from cumulo.scheduler import options as scheduler
from cumulo.scheduler.audit import options as audit
from cumulo.volume import options as volume

#: In the order of the sample.
PARTS: Sequence[ModuleType] = (api, identity, image, compute, compute_agent, network, volume, scheduler, audit)


def groups() -> Iterator[tuple[str, Sequence[Any]]]:
    """Give every group with its options; two parts may share a group. Stores and backends are shown as if named
    by their kinds."""
    yield "DEFAULT", config.OPTIONS
    yield "database", config.DATABASE_OPTIONS
    merged: dict[str, list[Any]] = {}
    for part in PARTS:
        merged.setdefault(part.GROUP, []).extend(part.OPTIONS)
    yield from merged.items()
    for kind, options in image.STORE_OPTIONS.items():
        yield f"{image.STORE_GROUP}{kind}", options
    yield volume.BACKUP_GROUP, volume.BACKUP_OPTIONS
    yield volume.KEYS_GROUP, volume.KEYS_OPTIONS
    for kind, options in volume.BACKEND_OPTIONS.items():
        yield f"{volume.BACKEND_GROUP}{kind}", options
