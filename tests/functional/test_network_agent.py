"""The network agent as a service on the memory bus, with the fake driver and a scripted scheduler."""

import tempfile
import unittest
from typing import Any

from cumulo.common import config
from cumulo.common.runtime import Runtime
from cumulo.network import options
from cumulo.network.agent import main
from cumulo.network.agent.fake import FakeDriver

WAIT_S = 10


class NetworkAgentTest(unittest.TestCase):
    """main.start"""

    def setUp(self) -> None:
        conf = config.load([], registrations=(options,))
        conf.set_override("driver", "fake", group="network")
        conf.set_override("poll_interval_s", 300, group="network")
        conf.set_override("state_dir", self.enterContext(tempfile.TemporaryDirectory()))
        self.runtime = Runtime.create(conf, identity="network.test")
        self.addCleanup(self.runtime.bus.close)
        self.beaten, self.applied = self.runtime.threads.event(), self.runtime.threads.queue()
        self.revision, self.networks = 1, [{"id": "n", "ports": [{"id": "p", "is_here": True}]}]
        scheduler = self.runtime.bus.serve("scheduler", {
            "register_host": lambda call, host, kind, inventory: None, "heartbeat": self._heartbeat,
            "network_desired": self._desired, "network_applied": self._applied,
            "confirm_step": lambda call, operation, epoch: None})
        self.addCleanup(scheduler.stop)
        self.service = main.start(self.runtime)
        self.addCleanup(self.service.stop)

    def _heartbeat(self, call: Any, host: str, kind: str, state: dict[str, Any]) -> dict[str, bool]:
        if kind == "network" and "hearing" in state:
            self.beaten.set()
        return {"registered": True}

    def _desired(self, call: Any, host: str, since_revision: int, known: Any) -> dict[str, Any]:
        new = since_revision != self.revision
        return {"revision": self.revision, "full": since_revision == 0, "networks": self.networks if new else [],
                "removed": {}}

    def _applied(self, call: Any, host: str, revision: int) -> None:
        self.applied.put(revision)

    def test_it_converges_beats_and_hears_the_bell(self) -> None:
        self.assertEqual(1, self.applied.get(timeout=WAIT_S))
        self.assertTrue(self.beaten.wait(WAIT_S))
        self.revision, self.networks = 2, [{"id": "n", "ports": []}]
        self.runtime.bus.cast(f"network.{self.runtime.host}", "ring", {"what": "network_changed"})
        self.assertEqual(2, self.applied.get(timeout=WAIT_S))

    def test_it_runs_steps(self) -> None:
        driver = self.service.driver
        assert isinstance(driver, FakeDriver)
        answer = self.runtime.bus.call(f"network.{self.runtime.host}", "run_step", {
            "operation": "o", "epoch": 1, "step": "plug_ports", "state": {"ports": ["p"]}, "undo": False})
        self.assertEqual(1, answer["network_revision"])
        self.assertEqual({"n"}, set(driver.networks))


if __name__ == "__main__":
    unittest.main()
