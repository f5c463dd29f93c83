"""The runner on a temporary database with fake agents: whatever is killed, the end is one of the good ones."""

import dataclasses
import logging
import unittest
import unittest.mock
from typing import Any

from cumulo.common import errors
from cumulo.common.operations import lease, store
from cumulo.scheduler import steps
from cumulo.scheduler.runner import Runner
from tests.fixtures import operations as world
from tests.fixtures.database import temporary_database

STEPS = ("plug_ports", "boot")


class RunnerCase(unittest.TestCase):
    """A scheduler, a host and one server that is to be built."""

    def setUp(self) -> None:
        logging.disable(logging.ERROR)  # deaths and failures by the hundred are meant here
        self.addCleanup(logging.disable, logging.NOTSET)
        self.clock = world.FakeClock()
        plain = temporary_database(self.clock)
        plain.close()
        self.database = world.MortalDatabase(plain.engine.url.render_as_string(hide_password=False), self.clock)
        self.reset()

    def reset(self) -> None:
        """Begin anew: no rows but those of one host and one server, no faults."""
        self.database.kill_before = self.database.kill_after = None
        self.clock.time = world.FakeClock().time
        world.empty(self.database)
        self.agents = world.FakeAgents(self.clock)
        self.runtime = world.make_runtime(self.clock, self.agents)
        world.add_host(self.database, self.runtime)
        self.server_id = world.add_server(self.database, self.runtime.ids)
        self.database.writes = 0
        self.runner = Runner(self.runtime, self.database)

    def tearDown(self) -> None:
        self.database.close()

    def step(self) -> bool:
        """Claim and run what is due; False when nothing was. A death makes a new runner."""
        try:
            claimed = self.runner.claim(10)
            for operation in claimed:
                self.runner.run(operation)
            return bool(claimed)
        except world.Killed:
            self.runner = Runner(self.runtime, self.database)
            return True

    def drive(self, hours: float = 5) -> None:
        """Run until no operation is active, or the hours have passed."""
        until = self.clock.time + hours * 3600
        while self.clock.time < until:
            if not self.step():
                if self.active() in (None, "stuck"):
                    return
                self.clock.sleep(20)
                world.all_hosts_beat(self.database)

    def active(self) -> str | None:
        with self.database.read() as connection:
            row = store.active(connection, self.server_id)
        return row and row["phase"]

    def row(self) -> Any:
        return world.server_row(self.database, self.server_id)

    def phases(self) -> list[tuple[str, str]]:
        return [(row["flow"], row["phase"]) for row in world.operations(self.database, self.server_id)]

    def assert_built(self) -> None:
        row, left = self.row(), world.leftovers(self.database, self.server_id)
        self.assertEqual((row["status"], row["power_state"], row["host"], row["fault"]), ("ACTIVE", 1, "h1", None))
        self.assertIsNotNone(row["launched_at"])
        self.assertEqual((left["claims"], left["active"], len(left["bound"])), (["h1"], None, 1))
        self.assertEqual(self.agents.effects, {f"ports {self.server_id}", f"domain {self.server_id}"})

    def assert_failed(self, step: str) -> None:
        row, left = self.row(), world.leftovers(self.database, self.server_id)
        self.assertEqual((row["status"], row["host"]), ("ERROR", None))
        self.assertTrue(row["fault"]["message"].startswith(f"{step}: "), row["fault"])
        self.assertEqual(left, {"claims": [], "bound": [], "ports": 1, "active": None})
        self.assertEqual(self.agents.effects, set())

    def assert_deleted(self) -> None:
        row, left = self.row(), world.leftovers(self.database, self.server_id)
        self.assertEqual((row["status"], row["host"]), ("DELETED", None))
        self.assertIsNotNone(row["deleted_at"])
        self.assertEqual(left, {"claims": [], "bound": [], "ports": 0, "active": None})
        self.assertEqual(self.agents.effects, set())


class OutcomeTest(RunnerCase):
    """Each outcome of a build, without deaths."""

    def test_build_makes_the_server_active(self) -> None:
        self.drive()
        self.assert_built()
        with self.database.read() as connection:
            row = store.by_request(connection, self.server_id, "req-1")
            events = store.events(connection, row["id"])
        self.assertEqual([event["step"] for event in events], ["claim", "plug_ports", "boot", "settle"])
        self.assertEqual({event["result"] for event in events}, {"Success"})
        self.assertEqual([event["host"] for event in events], ["scheduler-host", "h1", "h1", "scheduler-host"])
        self.assertTrue(all(event["finished_at"] >= event["started_at"] for event in events))
        self.assertEqual((row["phase"], row["percent"], row["active_key"]), ("done", 100, None))

    def test_failed_step_is_undone_and_named(self) -> None:
        for step in STEPS:
            with self.subTest(step=step):
                self.reset()
                self.agents.behaviour[(step, False)] = world.broken
                self.drive()
                self.assert_failed(step)
                self.assertIn((step, True), [call[:2] for call in self.agents.calls])

    def test_no_valid_host_names_the_filter(self) -> None:
        world.add_host(self.database, self.runtime, "h1", memory_mib=256)
        self.drive()
        self.assert_failed("claim")
        self.assertEqual(self.row()["fault"]["message"], "claim: No valid host: 1 host; memory removed 1")

    def test_silent_agent_means_the_same_step_again(self) -> None:
        silences = iter([errors.DeadlineExceeded("silent"), errors.ServiceUnavailable("nobody"), errors.Retry("not yet")])

        def sometimes(state: dict[str, Any]) -> None:
            for error in silences:
                raise error

        self.agents.behaviour[("boot", False)] = sometimes
        self.drive()
        self.assert_built()
        self.assertEqual([call[0] for call in self.agents.calls], ["plug_ports", "boot", "boot", "boot", "boot"])
        epochs = [call[2] for call in self.agents.calls]
        self.assertEqual(epochs, sorted(set(epochs)), "each sending has an epoch of its own")

    def test_deadline_fails_naming_the_step(self) -> None:
        self.agents.behaviour[("boot", False)] = world.unreachable
        self.drive()
        self.assert_failed("boot")
        self.assertIn("deadline", self.row()["fault"]["message"])

    def test_undo_that_fails_for_good_is_stuck_and_can_be_asked_again(self) -> None:
        self.agents.behaviour[("boot", False)] = world.broken
        self.agents.behaviour[("plug_ports", True)] = world.broken
        self.drive()
        self.assertEqual((self.active(), self.row()["status"]), ("stuck", "ERROR"))
        self.assertIn("undo of plug_ports", self.row()["fault"]["message"])
        self.assertEqual(world.leftovers(self.database, self.server_id)["claims"], ["h1"], "the room is kept")
        del self.agents.behaviour[("plug_ports", True)]
        self.assertTrue(world.cancel(self.database, self.server_id))
        self.drive()
        self.assert_deleted()

    def test_power_flows_settle(self) -> None:
        self.drive()
        for flow, status, power in (("stop_server", "SHUTOFF", 4), ("start_server", "ACTIVE", 1),
                                    ("reboot_server", "ACTIVE", 1)):
            world.request(self.database, self.runtime.ids, self.server_id, flow, reboot_type="SOFT")
            self.drive()
            self.assertEqual((self.row()["status"], self.row()["power_state"]), (status, power), flow)

    def test_failed_start_leaves_the_server_as_it_was(self) -> None:
        self.drive()
        self.agents.behaviour[("power_on", False)] = world.broken
        world.request(self.database, self.runtime.ids, self.server_id, "start_server")
        self.drive()
        self.assertEqual(self.row()["status"], "ACTIVE")
        self.assertIn(("start_server", "undone"), self.phases())

    def test_delete_goes_forward_until_the_host_answers(self) -> None:
        self.drive()
        world.request(self.database, self.runtime.ids, self.server_id, "delete_server")
        self.agents.behaviour[("destroy", False)] = world.broken
        for _ in range(5):
            self.step()
            self.clock.sleep(60)
        self.assertEqual(self.active(), "doing")
        del self.agents.behaviour[("destroy", False)]
        self.drive()
        self.assert_deleted()

    def test_claim_that_was_outrun_is_planned_again(self) -> None:
        operation = self.runner.claim(1)[0]
        before = world.generation(self.database, "h1")
        plans = []
        claim = steps.STEPS["claim"]

        def plan_then_lose(services: Any, state: Any) -> Any:
            planned = claim.plan(services, state)
            if len(plans) < 3:  # another copy's claim comes in between, three times
                world.bump_generation(self.database, "h1")
            plans.append(planned.host.generation)
            return planned

        with unittest.mock.patch.dict(steps.STEPS, claim=dataclasses.replace(claim, plan=plan_then_lose)):
            self.runner.run(operation)
        self.assertEqual(plans, [before, before + 1, before + 2, before + 3])
        self.assert_built()

    def test_hosts_not_yet_heard_by_a_new_scheduler_are_waited_for(self) -> None:
        self.clock.sleep(3600)
        self.runner = Runner(self.runtime, self.database)
        self.step()
        self.assertEqual((self.active(), self.row()["status"]), ("doing", "BUILD"))
        world.all_hosts_beat(self.database)
        self.clock.sleep(5)
        self.drive()
        self.assert_built()

    def test_time_when_nobody_worked_does_not_count(self) -> None:
        self.drive()
        world.request(self.database, self.runtime.ids, self.server_id, "delete_server")
        self.agents.behaviour[("destroy", False)] = world.unreachable
        self.step()
        self.clock.sleep(86400)  # the whole cloud is down for a day; agents come back after the scheduler
        self.step()
        self.assertEqual(self.active(), "doing")
        self.agents.behaviour.clear()
        self.drive()
        self.assert_deleted()

    def test_silent_host_is_waited_for_a_minute(self) -> None:
        self.clock.sleep(31)
        self.step()
        self.assertEqual(("doing", None), (self.active(), self.row()["host"]))
        world.all_hosts_beat(self.database)
        self.drive()
        self.assert_built()

    def test_silent_host_is_refused_after_a_minute(self) -> None:
        self.clock.sleep(91)
        self.drive()
        self.assert_failed("claim")


class DeathTest(RunnerCase):
    """The runner is killed at each point, once; a new one finishes the work."""

    def commits(self, prepare: Any = None) -> int:
        """How many commits a run without deaths makes."""
        self.reset()
        if prepare:
            prepare()
        self.drive()
        return self.database.writes

    def each_death(self, prepare: Any, check: Any) -> None:
        count = self.commits(prepare)
        self.assertGreater(count, 4)
        for when in ("kill_before", "kill_after"):
            for number in range(1, count + 1):
                with self.subTest(when=when, commit=number):
                    self.reset()
                    prepare()
                    setattr(self.database, when, number)
                    self.drive()
                    check()

    def test_commits_of_a_build(self) -> None:
        self.each_death(lambda: None, self.assert_built)

    def test_commits_of_a_failing_build(self) -> None:
        for step in STEPS:
            self.each_death(
                lambda step=step: self.agents.behaviour.update({(step, False): world.broken}),
                lambda step=step: self.assert_failed(step))

    def test_commits_of_a_deletion(self) -> None:
        def prepare() -> None:
            self.drive()
            world.request(self.database, self.runtime.ids, self.server_id, "delete_server")
            self.database.writes = 0

        self.each_death(prepare, self.assert_deleted)

    def test_commits_of_a_cancelled_build(self) -> None:
        def prepare() -> None:
            def ask(state: dict[str, Any]) -> None:
                world.cancel(self.database, self.server_id)
                self.database.writes -= 1  # the request's own commit is not the runner's
                self.agents.behaviour.clear()

            self.agents.behaviour[("boot", False)] = ask

        self.each_death(prepare, self.assert_deleted)

    def test_around_each_sending(self) -> None:
        for failing in (None, *STEPS):
            for step in STEPS:
                for undo in (False, True):
                    for when in ("before", "after"):
                        with self.subTest(failing=failing, step=step, undo=undo, when=when):
                            self.reset()
                            if failing:
                                self.agents.behaviour[(failing, False)] = world.broken
                            self.agents.kill = (step, undo, when)
                            self.drive()
                            self.assert_failed(failing) if failing else self.assert_built()

    def test_agent_restarted_with_the_runner(self) -> None:
        self.agents.kill = ("boot", False, "after")
        self.step()
        self.agents.server = world.FakeAgents(self.clock).server.__class__(
            self.agents.steps(), self.clock, self.runtime.threads, lambda operation, epoch: None)
        self.drive()
        self.assert_built()


class CancelTest(RunnerCase):
    """DELETE during a build: from every step, the end is a deleted server and nothing left."""

    def test_before_the_first_step(self) -> None:
        self.assertTrue(world.cancel(self.database, self.server_id))
        self.drive()
        self.assert_deleted()

    def test_during_each_remote_step(self) -> None:
        for failing in (False, True):
            for step in STEPS:
                with self.subTest(step=step, failing=failing):
                    self.reset()

                    def ask(state: dict[str, Any], failing: bool = failing) -> None:
                        world.cancel(self.database, self.server_id)
                        if failing:
                            world.broken(state)

                    self.agents.behaviour[(step, False)] = ask
                    self.drive()
                    self.assert_deleted()
                    self.assertNotEqual(self.row()["status"], "ERROR")

    def test_during_the_last_step(self) -> None:
        self.runner.run = lambda operation: operation  # type: ignore[method-assign]
        operation = self.runner.claim(1)[0]
        for _ in range(3):
            operation = self.runner.advance(operation)  # type: ignore[assignment]
        self.assertEqual(operation.cursor, 6)
        world.cancel(self.database, self.server_id)
        self.assertIsNone(self.runner.advance(operation))
        self.runner = Runner(self.runtime, self.database)
        self.assertEqual(self.phases(), [("build_server", "done"), ("delete_server", "doing")])
        self.drive()
        self.assert_deleted()

    def test_deletion_carries_the_request_that_asked(self) -> None:
        world.cancel(self.database, self.server_id)
        self.drive()
        with self.database.read() as connection:
            row = store.by_request(connection, self.server_id, "req-delete")
        self.assertEqual((row["flow"], row["action"]), ("delete_server", "delete"))

    def test_cancel_of_an_idle_server_says_no(self) -> None:
        self.drive()
        self.assertFalse(world.cancel(self.database, self.server_id))

    def test_second_change_is_refused(self) -> None:
        with self.assertRaises(errors.Conflict):
            world.request(self.database, self.runtime.ids, self.server_id, "stop_server")


class FencingTest(RunnerCase):
    """A runner that stalled past its lease writes nothing."""

    def test_stalled_runner_is_fenced_at_each_step(self) -> None:
        for steps in range(4):
            with self.subTest(steps=steps):
                self.reset()
                stalled = Runner(self.runtime, self.database)
                operation = stalled.claim(1)[0]
                for _ in range(steps):
                    operation = stalled.advance(operation)  # type: ignore[assignment]
                self.clock.sleep(31)
                world.all_hosts_beat(self.database)
                self.drive()
                self.assert_built()
                before = world.operations(self.database, self.server_id)
                with self.assertRaises(errors.LeaseLost):
                    stalled.advance(operation)
                self.assertEqual(world.operations(self.database, self.server_id), before)
                self.assert_built()

    def test_claim_made_late_leaves_nothing(self) -> None:
        stalled = Runner(self.runtime, self.database)
        operation = stalled.claim(1)[0]
        self.clock.sleep(31)
        world.cancel(self.database, self.server_id)
        self.drive()
        with self.assertRaises(errors.LeaseLost):
            stalled.advance(operation)
        self.assert_deleted()

    def test_lease_holds_while_it_is_renewed(self) -> None:
        self.runner.claim(1)
        other = Runner(self.runtime, self.database)
        for _ in range(10):
            self.clock.sleep(8)
            self.assertEqual(other.claim(1), [])
            self.runner.renew()
        self.clock.sleep(31)
        self.assertEqual(len(other.claim(1)), 1)
        held = dict(self.runner._held)  # noqa: SLF001
        with self.database.write() as connection:
            self.assertEqual(lease.renew(connection, self.clock.time, 30, held), set(held))

    def test_an_agent_that_is_back_is_tried_at_once(self) -> None:
        """What waits for its host is due when it registers; what waits for another host is not."""
        self.agents.behaviour[("boot", False)] = world.unreachable
        for _ in range(4):
            self.step()
            self.clock.sleep(8)
        self.step()
        self.assertFalse(self.step(), "it waits")
        with self.database.write() as connection:
            self.assertEqual(0, lease.hasten(connection, self.clock.time, "h2"))
            self.assertEqual(1, lease.hasten(connection, self.clock.time, "h1"))
        self.agents.behaviour.clear()
        self.assertTrue(self.step())
        self.assert_built()

    def test_stop_lets_go(self) -> None:
        self.runner.claim(1)
        self.runner.stop()
        self.assertEqual(len(Runner(self.runtime, self.database).claim(1)), 1)

    def test_unknown_flow_is_left_alone(self) -> None:
        with self.database.write() as connection:
            store.create(connection, self.runtime.ids, self.clock.time, flow="from_the_future", resource_type="moon",
                         resource_id="m", state={}, context=world.CONTEXT, action="rise")
        self.drive()
        self.assert_built()


if __name__ == "__main__":
    unittest.main()
