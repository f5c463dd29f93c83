"""Policy: the rules' answers, and for how long they are remembered."""

import os
import pathlib
import tempfile
import unittest
from typing import Any

from oslo_policy import policy as oslo

from cumulo.api.wsgi.policy import Policy
from cumulo.common import config
from cumulo.common.context import Context
from tests.fixtures.identity import StillClock

ALICE = Context(user_id="alice", project_id="p1", roles=("member",))
BOB = Context(user_id="bob", project_id="p2", roles=("member",))


@oslo.register("asking")
class Asking(oslo.Check):  # type: ignore[misc]
    """A check that depends on more than its caller and target: a new answer each time."""

    answers: list[bool] = []

    def __call__(self, target: Any, creds: Any, enforcer: Any, current_rule: str | None = None) -> bool:
        return self.answers.pop(0)


class PolicyTest(unittest.TestCase):
    """A policy with a file of rules that may change."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = pathlib.Path(directory.name) / "policy.yaml"
        self.clock = StillClock()
        conf = config.new_config()
        oslo.Enforcer(conf)  # declares the option
        conf.set_override("policy_file", str(self.file), "oslo_policy")
        self.write("{}")
        self.policy = Policy(conf, [
            oslo.RuleDefault("thing:get", "project_id:%(project_id)s"), oslo.RuleDefault("thing:count", "1:%(count)s"),
            oslo.RuleDefault("thing:own", "rule:thing:get and role:member and not role:guest"),
            oslo.RuleDefault("thing:asked", "role:admin or not asking:somebody")], self.clock)

    def write(self, text: str) -> None:
        """Write the file, younger than it was."""
        before = self.file.stat().st_mtime if self.file.exists() else 0.0
        self.file.write_text(text, encoding="utf-8")
        os.utime(self.file, (before + 10, before + 10))

    def test_each_caller_and_target_has_an_answer_of_its_own(self) -> None:
        for _ in range(2):
            for context, project, expected in ((ALICE, "p1", True), (ALICE, "p2", False), (BOB, "p2", True)):
                self.assertEqual(expected, self.policy.allows("thing:get", context, {"project_id": project}))
                self.assertEqual(expected, self.policy.allows("thing:own", context, {"project_id": project}))
            guest = Context(user_id="alice", project_id="p1", roles=("member", "guest"))
            self.assertFalse(self.policy.allows("thing:own", guest, {"project_id": "p1"}))

    def test_a_changed_file_is_felt_within_a_second(self) -> None:
        self.assertTrue(self.policy.allows("thing:get", ALICE, {"project_id": "p1"}))
        self.write('"thing:get": "!"')
        self.clock.passed_s += 1.0
        self.assertFalse(self.policy.allows("thing:get", ALICE, {"project_id": "p1"}))
        self.assertFalse(self.policy.allows("thing:own", ALICE, {"project_id": "p1"}))

    def test_what_equals_but_reads_otherwise_is_another_question(self) -> None:
        for _ in range(2):
            self.assertFalse(self.policy.allows("thing:count", ALICE, {"count": True}))
            self.assertTrue(self.policy.allows("thing:count", ALICE, {"count": 1}))
            self.assertTrue(self.policy.allows("thing:count", ALICE, {"count": "1"}))

    def test_a_target_may_hold_lists(self) -> None:
        for _ in range(2):
            self.assertTrue(self.policy.allows("thing:get", ALICE, {"project_id": "p1", "tags": ["a"]}))

    def test_a_check_that_asks_somebody_is_asked_each_time(self) -> None:
        Asking.answers[:] = [True, False, True]
        self.assertEqual([False, True, False], [self.policy.allows("thing:asked", ALICE, {}) for _ in range(3)])

    def test_an_undeclared_rule_is_a_mistake(self) -> None:
        self.assertRaises(KeyError, self.policy.allows, "thing:gte", ALICE, {})
