"""A stop that failed after the guest had gone off was undone, and its row said ACTIVE for ever."""

import json
import logging
import pathlib
import tempfile
import unittest
from typing import Any

from cumulo.common.operations.agent import StepServer
from cumulo.common.threads import Threads
from cumulo.compute.agent.fake import FakeDriver
from cumulo.scheduler.runner import Runner
from tests.fixtures import operations as world
from tests.fixtures.compute_agent import make_steps, server_facts
from tests.fixtures.database import temporary_database


class UndoneStopTest(unittest.TestCase):
    """A server that was built, on a host whose power cannot be cut."""

    def setUp(self) -> None:
        logging.disable(logging.ERROR)  # a failing step is meant here
        self.addCleanup(logging.disable, logging.NOTSET)
        self.clock = world.FakeClock()
        plain = temporary_database(self.clock)
        plain.close()
        self.database = world.MortalDatabase(plain.engine.url.render_as_string(hide_password=False), self.clock)
        self.addCleanup(self.database.close)
        self.script = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "script.json"
        self.agents = world.FakeAgents(self.clock)
        driver = FakeDriver(self.script.with_name("servers.json"), self.clock, Threads(), host="h1",
                            script=str(self.script))
        table = make_steps(driver, self.clock, lambda server_id: server_facts(id=server_id)).table()
        power = {name: table[name] for name in ("power_on", "power_off")}
        self.agents.server = StepServer(self.agents.steps() | power, self.clock, Threads(),
                                        lambda operation, epoch: None)
        self.runtime = world.make_runtime(self.clock, self.agents)
        world.add_host(self.database, self.runtime)
        self.server_id = world.add_server(self.database, self.runtime.ids)
        self.drive()
        driver.create(server_facts(id=self.server_id), lambda percent: None)
        driver.start(self.server_id)

    def drive(self) -> None:
        runner = Runner(self.runtime, self.database)
        while claimed := runner.claim(10):
            for operation in claimed:
                runner.run(operation)

    def asked(self, flow: str) -> Any:
        """The server once a flow has ended."""
        world.request(self.database, self.runtime.ids, self.server_id, flow)
        self.drive()
        phase = next(row["phase"] for row in world.operations(self.database, self.server_id) if row["flow"] == flow)
        row = world.server_row(self.database, self.server_id)
        return phase, row["status"], row["power_state"]

    def test_the_row_says_what_the_host_says(self) -> None:
        self.assertEqual("ACTIVE", world.server_row(self.database, self.server_id)["status"])
        self.script.write_text(json.dumps({"faults": {"cut_power": "the monitor hangs"}}))
        self.assertEqual(("undone", "SHUTOFF", 4), self.asked("stop_server"))

    def test_a_start_that_changed_nothing_leaves_the_server_off(self) -> None:
        self.assertEqual(("done", "SHUTOFF", 4), self.asked("stop_server"))
        self.script.write_text(json.dumps({"faults": {"start": "no room"}}))
        self.assertEqual(("undone", "SHUTOFF", 4), self.asked("start_server"))


if __name__ == "__main__":
    unittest.main()
