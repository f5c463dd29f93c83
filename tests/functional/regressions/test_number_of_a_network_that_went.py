"""A host that learned at once that a network went and that another came with its number could make neither, ever again.

The new one was made before the old one's devices were removed, so the kernel refused its tunnel; the refusal, met again
where routers hand over, ended the run before anything was removed; and so did every run after it.
"""

from __future__ import annotations

import unittest
from typing import Any

from cumulo.common.threads import Threads
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.fake import FakeDriver

PLACE = {"type": "vxlan", "physical_network": None, "segmentation_id": 7}


class NumberTest(unittest.TestCase):
    """One pull that brings both."""

    def test_the_one_that_went_makes_room(self) -> None:
        answers: list[dict[str, Any]] = [
            {"revision": 3, "full": True, "removed": {}, "networks": [{"id": "old", "ports": [], "provider": PLACE}]},
            {"revision": 5, "full": False, "removed": {"networks": ["old"]},
             "networks": [{"id": "new", "ports": [], "provider": PLACE}]}]

        class Scheduler:
            def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
                return answers.pop(0) if method == "network_desired" else None

        driver = FakeDriver()
        converger = Converger(Scheduler(), "h", driver, Threads(), 5.0)
        for _ in range(2):
            converger.run_once()
        self.assertEqual((5, {"new"}), (converger.revision, set(driver.networks)))


if __name__ == "__main__":
    unittest.main()
