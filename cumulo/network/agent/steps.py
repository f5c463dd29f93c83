"""The steps of operations that run here: each converges, so a second run finds nothing left to do."""

from __future__ import annotations

from typing import Any

from cumulo.common.operations.agent import StepFunction
from cumulo.common.operations.step import State
from cumulo.network.agent.converge import Converger


def steps(converger: Converger) -> dict[str, tuple[StepFunction, StepFunction]]:
    """Each step's name with its do and undo."""

    def plug(state: State, call: Any) -> State:
        return {"network_revision": converger.plug(state.get("ports", ()))}

    def unplug(state: State, call: Any) -> State:
        """The scheduler has unbound the ports before it asks: what is desired no longer needs them here."""
        return {"network_revision": converger.run_once()}

    def stay_unplugged(state: State, call: Any) -> None:
        """A server is not half deleted: its ports come back with the next plug, if there is one."""

    return {"follow_ports": (plug, stay_unplugged), "plug_ports": (plug, unplug), "plug_ahead": (plug, unplug),
            "unplug_ports": (unplug, stay_unplugged)}
