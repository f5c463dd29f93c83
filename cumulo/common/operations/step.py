"""What a flow is made of: named steps and the place where each runs. Values only, no work.

A step's function lives with its driver, under the same name: in
`cumulo/scheduler/steps.py` for the place "scheduler", in the agent's table of
steps for "compute.<host>", "network.<host>", "image.<host>" and "volume.<host>".
"""

import dataclasses
from collections.abc import Callable
from typing import Any

State = dict[str, Any]  # JSON: ids and facts that later steps and undos need
Place = Callable[[State], str | None]

SCHEDULER = "scheduler"


@dataclasses.dataclass(frozen=True)
class Step:
    """One idempotent piece of a flow; `at` names the place, None when there is nothing to do yet.

    One that `repeats` is run again, wherever `at` says then, until `at` says that there is nothing left to do.
    """

    name: str
    at: Place
    repeats: bool = False


@dataclasses.dataclass(frozen=True)
class Flow:
    """The steps of one kind of operation, in order.

    A `forward_only` flow is never undone: there is no way back from a deletion,
    so its failing steps are tried again until the deadline.
    """

    name: str
    resource_type: str
    steps: tuple[Step, ...]
    forward_only: bool = False


def at_scheduler(state: State) -> str | None:
    """The step runs in the runner itself, with a transaction."""
    return SCHEDULER


def at_compute(state: State) -> str | None:
    """The step runs at the compute agent of the state's host, nowhere while there is none."""
    return f"compute.{state['host']}" if state.get("host") else None


def at_network(state: State) -> str | None:
    """The step runs at the network agent of the state's host, nowhere while there is none."""
    return f"network.{state['host']}" if state.get("host") else None


def at_network_for_ports(state: State) -> str | None:
    """The same, and nowhere for a server without ports."""
    return at_network(state) if state.get("ports") else None


def at_image(state: State) -> str | None:
    """The step runs at the image agent of the state's host, nowhere while there is none."""
    return f"image.{state['host']}" if state.get("host") else None


def at_compute_of(state: State) -> str | None:
    """The step runs at the compute agent of the server that uses a volume, nowhere while none does."""
    return f"compute.{state['user_host']}" if state.get("user_host") else None


def at_volume_of(state: State) -> str | None:
    """The step runs at the volume agent of the volume that a server uses, which may be on another host than the server."""
    return f"volume.{state['volume_host']}" if state.get("volume_host") else None


def at_scheduler_for_new_volumes(state: State) -> str | None:
    """The step runs in the runner itself, nowhere for a server whose volumes are all there, or that has none."""
    return SCHEDULER if state.get("new_volumes") else None


def at_volume_to_open(state: State) -> str | None:
    """The step runs at the agent of the first of a server's volumes whose connection is not known yet."""
    shut = (each for each in state.get("volumes") or () if each["connection"] is None)
    return next((f"volume.{each['volume_host']}" for each in shut), None)


def at_volume_target(state: State) -> str | None:
    """The step runs at the volume agent of the backend that a volume moves to, nowhere while none is chosen."""
    return f"volume.{state['target_host']}" if state.get("target_host") else None


def at_volume(state: State) -> str | None:
    """The step runs at the volume agent of the state's host, nowhere while there is none."""
    return f"volume.{state['host']}" if state.get("host") else None


def at_volume_to_hold(state: State) -> str | None:
    """The same, and nowhere for a backup of what does not change while it is read."""
    return at_volume(state) if state.get("hold") else None


def at_volume_with_backup(state: State) -> str | None:
    """The same, and nowhere for a backup whose data stays."""
    return at_volume(state) if state.get("location") else None
