"""The steps by which a running server moves to another host: two agents take turns, each over its own driver.

Each is safe to repeat at any point. Where the guest is, nobody decides but the hypervisors: a server that its old host has
no more of has landed on the other one.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.operations.step import State
from cumulo.compute.agent.driver import Driver, Facts, Power

LOG = log.get(__name__)
StepFunction = Callable[[State, Any], State | None]
ASK_EVERY_S = 1.0


@dataclasses.dataclass(frozen=True)
class MigrationSteps:
    """The steps of one agent; fetch_facts and fetch_orders ask the scheduler about a server."""

    driver: Driver
    clock: Clock
    fetch_facts: Callable[[str], Facts]
    fetch_orders: Callable[[str], Facts]

    def table(self, look: StepFunction, nothing: StepFunction) -> dict[str, tuple[StepFunction, StepFunction]]:
        """Return the steps by name, each with its undo."""
        return {
            "survey": (self.survey, look),
            "expect": (self.expect, self.expect_no_more),
            "migrate": (self.migrate, self.call_back),
            "receive": (self.receive, nothing),
        }

    def survey(self, state: State, call: Any) -> State:
        """Say what comes; it has to run here."""
        return {"coming": self.driver.survey(self.fetch_facts(state["server_id"]))}

    def expect(self, state: State, call: Any) -> State:
        """Be ready for it."""
        facts = self.fetch_facts(state["server_id"])
        return {"to": self.driver.expect(facts, state["coming"], _percents(call))}

    def expect_no_more(self, state: State, call: Any) -> State:
        """Leave nothing of it, unless it has come."""
        server_id = state["server_id"]
        if state.get("landed") or self.driver.power(server_id) is Power.RUNNING:
            return {"landed": True}
        self.driver.remove(server_id)
        return {}

    def migrate(self, state: State, call: Any) -> State:
        """Send it."""
        asked_at = float("-inf")
        said: Facts = {}

        def orders() -> Facts:
            nonlocal asked_at, said
            if self.clock.monotonic() - asked_at >= ASK_EVERY_S:
                asked_at = self.clock.monotonic()
                try:
                    said = self.fetch_orders(state["server_id"])
                except errors.CumuloError as failure:  # the move does not wait for whoever may want to stop it
                    LOG.warning("orders_not_heard", server=state["server_id"], reason=failure.message)
            return said

        self.driver.send(state["server_id"], state["to"], orders, call.progress)
        return {}

    def call_back(self, state: State, call: Any) -> State:
        """End a move that is under way; say whether it was too late."""
        server_id = state["server_id"]
        self.driver.stop_sending(server_id)
        power = self.driver.power(server_id)
        if power is Power.PAUSED and state.get("begins") == "ACTIVE":  # it was to be over sooner
            self.driver.unpause(server_id)
        return {"landed": power is None}

    def receive(self, state: State, call: Any) -> State:
        """Have it whole here; say how it is."""
        server_id = state["server_id"]
        self.driver.receive(self.fetch_facts(server_id), state.get("begins") == "PAUSED")
        power = self.driver.power(server_id)
        return {"power": power.value if power else None}


def _percents(call: Any) -> Callable[[float], None]:
    return lambda percent: call.progress({"percent": round(percent)})
