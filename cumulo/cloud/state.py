"""What was asked of this cloud and how far its first start came, in <state_dir>/cloud.json.

The file is written first of all and always renamed into place, so that after a crash a directory
holds either a whole state, or a leftover of a write (removed here), or things that are not ours
(named, and left alone).
"""

import dataclasses
import json
import pathlib
from typing import Any

from cumulo.cloud.files import write_atomically
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal

VERSION = 1


@dataclasses.dataclass
class State:
    """One cloud: how it runs, and what its first start has finished."""

    distributed: bool = False
    fake_hypervisor: bool = False
    port: int = 5000
    #: Empty: a SQLite file, or in the distributed cloud a PostgreSQL server of our own.
    database: str = ""
    #: Empty: inside the process, or in the distributed cloud a RabbitMQ server of our own.
    bus: str = ""
    admin_password: str = ""
    virt_type: str = ""
    first_server: bool = True
    finished: list[str] = dataclasses.field(default_factory=list)
    #: Ports of servers of our own, chosen once so that a second start finds its data behind the same URL.
    ports: dict[str, int] = dataclasses.field(default_factory=dict)
    version: int = VERSION


def read(layout: Layout) -> State | None:
    """Return the state of a directory, None when there is none yet; mends or refuses a half-written one."""
    _remove_leftover(layout.state_file)
    if not layout.state_file.exists():
        _refuse_foreign(layout)
        return None
    try:
        facts: Any = json.loads(layout.state_file.read_text(encoding="utf-8"))
        if facts["version"] != VERSION:
            raise Refusal(f"{layout.state_file} is of version {facts['version']}; this cumulo knows {VERSION}")
        return State(**facts)
    except (ValueError, KeyError, TypeError) as failure:
        raise Refusal(f"{layout.state_file} is damaged ({failure}): restore it, "
                      f"or remove the cloud with 'cumulo destroy --state-dir {layout.state_dir}'") from failure


def write(layout: Layout, state: State) -> None:
    """Put the state on disk."""
    write_atomically(layout.state_file, json.dumps(dataclasses.asdict(state), indent=2) + "\n")


def finish(layout: Layout, state: State, stage: str) -> None:
    """Record that a stage of the first start needs not be done again."""
    if stage not in state.finished:
        state.finished.append(stage)
        write(layout, state)


def _remove_leftover(state_file: pathlib.Path) -> None:
    """Remove what a crash left of a write: the rename did not happen, so it never counted."""
    state_file.with_name(f"{state_file.name}.new").unlink(missing_ok=True)


def _refuse_foreign(layout: Layout) -> None:
    """Refuse a directory that holds things although no cloud was ever begun in it."""
    if not layout.state_dir.is_dir():
        return
    # Made before the state is written, but the last: an administrator may set options before the first start.
    ours = {"run", "log", "cache", layout.local_config_file.name}
    found = sorted(entry.name for entry in layout.state_dir.iterdir() if entry.name not in ours)
    if found:
        raise Refusal(f"{layout.state_dir} holds {', '.join(found[:5])} but no {layout.state_file.name}: it is not a "
                      "cloud's directory, or its state file was lost. Name another with --state-dir, or empty it")
