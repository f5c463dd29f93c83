"""The smallest flow set: servers are built and deleted while every process dies at every boundary on the way."""

import unittest

from cumulo.common.flows import FLOWS
from tests.crash import catalog, storm, suite


class SmallestTest(unittest.TestCase):
    """What CI runs of the crash suite; `python -m tests.crash.full` runs all of it."""

    def test_building_and_deleting_leaves_nothing(self) -> None:
        """Every boundary of both flows is hit, every server ends as it should, nothing is left over."""
        outcome = suite.run(suite.SMALLEST)
        print(outcome.report())
        self.assertEqual([], outcome.problems)
        self.assertEqual([], outcome.missed)
        self.assertLess(100, len(outcome.existing))


class CatalogTest(unittest.TestCase):
    """What the catalog reads from the code."""

    def test_every_flow_can_be_started(self) -> None:
        self.assertEqual([], storm.missing_recipes())

    def test_every_step_has_boundaries_both_ways(self) -> None:
        for flow in FLOWS.values():
            found = " ".join(catalog.of_flow(flow))
            for step in flow.steps:
                self.assertIn(f"step {step.name} do before", found)
                self.assertEqual(not flow.forward_only, f"[{flow.name} {step.name} undo]" in found)

    def test_transactions_are_found_wherever_they_are_opened(self) -> None:
        """Directly, in a method, and through a context manager that opens one."""
        found = catalog.writers()
        for name in ("api.compute.servers.create.create", f"{catalog.RUNNER}.claim",
                     "api.identity.domains.handlers.update"):
            self.assertIn(name, found)
        self.assertFalse([name for name in found if name.endswith("common.changing")])


if __name__ == "__main__":
    unittest.main()
