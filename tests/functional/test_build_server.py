"""A server's life over a real bus: scheduler in threads, agents that answer run_step, SQLite."""

import tempfile
import time
import unittest
from typing import Any

from cumulo.common import config
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.operations import store
from cumulo.common.rpc import doorbell
from cumulo.common.rpc.bus import Bus
from cumulo.common.runtime import Runtime
from cumulo.common.threads import Threads
from cumulo.identity import bootstrap
from cumulo.scheduler import main
from tests.fixtures import operations as world
from tests.fixtures.database import temporary_database

TIMEOUT_S = 20.0


class BuildServerTest(unittest.TestCase):
    """Scheduler, network agent and compute agent, each at its end of one bus."""

    def setUp(self) -> None:
        self.ids = Ids()
        self.database = temporary_database()
        self.addCleanup(self.database.close)
        self.url = f"memory://{self.ids.new_id()}"
        self.runtime = self._runtime("scheduler")
        self.agents = world.FakeAgents(self.runtime.clock)
        self.agent_bus = self._bus("agent.h1")
        for target in ("compute.h1", "network.h1"):
            self.agent_bus.serve(target, self.agents.server.methods())
        self.service = main.start(self.runtime, self.database)
        self.addCleanup(self.service.stop)
        self.agent_bus.call("scheduler", "register_host", {
            "host": "h1", "kind": "compute", "inventory": {"vcpus": 4, "memory_mib": 4096, "disk_gib": 40}})
        self.assertTrue(self.agent_bus.call(
            "scheduler", "heartbeat", {"host": "h1", "kind": "compute", "hearing": True})["registered"])

    def _bus(self, identity: str) -> Bus:
        bus = Bus(self.url, identity=identity, clock=Clock(), threads=Threads(), ids=self.ids)
        self.addCleanup(bus.close)
        return bus

    def _runtime(self, identity: str) -> Runtime:
        conf = config.load([], registrations=main.REGISTRATIONS)
        conf.set_override("poll_s", 0.2, group="scheduler")
        return Runtime(conf, Clock(), Threads(), self.ids, self._bus(identity), "scheduler-host")

    def build(self) -> str:
        """Do what the API does: rows, then the bell."""
        server_id = world.add_server(self.database, self.ids)
        doorbell.ring(self.agent_bus, "scheduler", "operation")
        return server_id

    def wait(self, server_id: str) -> Any:
        """The server's row once nothing is under way."""
        until = time.monotonic() + TIMEOUT_S
        while time.monotonic() < until:
            with self.database.read() as connection:
                if store.active(connection, server_id) is None:
                    return world.server_row(self.database, server_id)
            time.sleep(0.01)
        raise AssertionError("the operation did not end in time")

    def test_build_stop_start_delete(self) -> None:
        server_id = self.build()
        row = self.wait(server_id)
        self.assertEqual((row["status"], row["host"], row["power_state"]), ("ACTIVE", "h1", 1))
        for flow, status in (("stop_server", "SHUTOFF"), ("start_server", "ACTIVE"), ("delete_server", "DELETED")):
            world.request(self.database, self.ids, server_id, flow)
            doorbell.ring(self.agent_bus, "scheduler", "operation")
            self.assertEqual(self.wait(server_id)["status"], status)
        self.assertEqual(world.leftovers(self.database, server_id),
                         {"claims": [], "bound": [], "ports": 0, "active": None})
        self.assertEqual(self.agents.effects, set())

    def test_failing_boot_ends_in_error(self) -> None:
        self.agents.behaviour[("boot", False)] = world.broken
        server_id = self.build()
        row = self.wait(server_id)
        self.assertEqual((row["status"], row["fault"]["message"]), ("ERROR", "boot: qemu ended with 1"))
        self.assertEqual(world.leftovers(self.database, server_id)["claims"], [])
        self.assertEqual(self.agents.effects, set())

    def test_delete_while_it_boots(self) -> None:
        booting, go_on = Threads().event(), Threads().event()

        def slowly(state: dict[str, Any]) -> None:
            booting.set()
            go_on.wait(TIMEOUT_S)

        self.agents.behaviour[("boot", False)] = slowly
        server_id = self.build()
        self.assertTrue(booting.wait(TIMEOUT_S))
        self.assertTrue(world.cancel(self.database, server_id))
        go_on.set()
        self.assertEqual(self.wait(server_id)["status"], "DELETED")
        self.assertEqual(self.agents.effects, set())

    def test_agent_that_comes_late(self) -> None:
        self.agent_bus.close()
        self.agent_bus = self._bus("agent.h1.again")
        server_id = self.build()
        time.sleep(0.3)
        self.assertEqual(world.server_row(self.database, server_id)["status"], "BUILD")
        for target in ("compute.h1", "network.h1"):
            self.agent_bus.serve(target, self.agents.server.methods())
        self.assertEqual(self.wait(server_id)["status"], "ACTIVE")

    def test_lost_bell_costs_seconds(self) -> None:
        server_id = world.add_server(self.database, self.ids)
        self.assertEqual(self.wait(server_id)["status"], "ACTIVE")

    def test_facts_and_networks_for_agents(self) -> None:
        conf = self.runtime.conf
        conf.set_override("state_dir", self.enterContext(tempfile.TemporaryDirectory(prefix="cumulo-test-")))
        bootstrap.ensure(self.database, conf, self.ids, self.runtime.clock, admin_password="secret",
                         public_url="http://127.0.0.1:5000")
        server_id = self.build()
        self.wait(server_id)
        facts = self.agent_bus.call("scheduler", "server_facts", {"server_id": server_id})
        self.assertEqual((facts["id"], facts["flavor"]["memory_mib"], facts["image"]), (server_id, 512, None))
        port = facts["ports"][0]
        self.assertEqual(port["fixed_ips"][0]["prefix_length"], 24)
        asked = {"network_id": port["network_id"], "address": port["fixed_ips"][0]["ip_address"]}
        self.assertEqual(self.agent_bus.call("scheduler", "metadata_for", asked)["id"], server_id)
        self.assertIsNone(self.agent_bus.call("scheduler", "metadata_for", asked | {"address": "10.0.0.250"}))
        wanted = self.agent_bus.call("scheduler", "network_desired", {"host": "h1", "since_revision": 0})
        self.assertEqual([network["id"] for network in wanted["networks"]], [port["network_id"]])
        self.agent_bus.call("scheduler", "network_applied", {"host": "h1", "revision": wanted["revision"]})


if __name__ == "__main__":
    unittest.main()
