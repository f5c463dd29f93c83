"""What clients see of a server while an operation is under way."""

import unittest

from cumulo.common.flows import FLOWS
from cumulo.compute import states


class StatesTest(unittest.TestCase):
    """task_state, status_of and vm_state."""

    def test_every_step_of_every_flow_has_a_task(self) -> None:
        """A client that sees no task_state takes the server for settled."""
        for flow in (each for each in FLOWS.values() if each.resource_type == "server"):
            for step in flow.steps:
                self.assertTrue(states.task_state(flow.name, step.name, "doing"), f"{flow.name} {step.name}")
                self.assertEqual("deleting", states.task_state(flow.name, step.name, "undoing", cancel=True))
                self.assertIsNone(states.task_state(flow.name, step.name, "done"))

    def test_reboot_covers_the_status(self) -> None:
        for kind, shown, task in (("SOFT", "REBOOT", "rebooting"), ("HARD", "HARD_REBOOT", "rebooting_hard")):
            operation = {"flow": "reboot_server", "cursor": 0, "phase": "doing", "cancel": False,
                         "state": {"reboot_type": kind}}
            self.assertEqual((shown, task), (states.status_of("ACTIVE", operation), states.task_of(operation)))
            self.assertEqual("ACTIVE", states.status_of("ACTIVE", operation | {"cancel": True}))
        self.assertEqual(("ACTIVE", None), (states.status_of("ACTIVE", None), states.task_of(None)))

    def test_every_settled_status_has_a_vm_state(self) -> None:
        settled = set(states.STATUSES) - set(states.PASSING)
        self.assertEqual(len(settled), len({states.vm_state(status) for status in settled}))
