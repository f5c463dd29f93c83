"""Gateways of routers over a real bus and database: placed, kept while an agent starts again, moved when a host is gone."""

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common import config
from cumulo.common.clock import Clock
from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.network import port
from cumulo.common.db.tables.network_router import floating_ip, router
from cumulo.common.ids import Ids
from cumulo.common.rpc.bus import Bus
from cumulo.common.runtime import Runtime
from cumulo.common.threads import Threads
from cumulo.network import desired, hosts, networks, ports, subnets
from cumulo.scheduler import main
from cumulo.scheduler.gateways import GatewayKeeper
from tests.fixtures.database import temporary_database

IDS = Ids()


class Steady(Clock):
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


class GatewaysTest(unittest.TestCase):
    """Hosts a and b are wired to the outside, c is not; a server's port on c is behind the router."""

    def setUp(self) -> None:
        self.database = temporary_database()
        self.addCleanup(self.database.close)
        conf = config.load([], registrations=main.REGISTRATIONS)
        conf.set_override("gateway_silence_s", 0.9, group="scheduler")
        self.bus = Bus(f"memory://{IDS.new_id()}", identity="test", clock=Clock(), threads=Threads(), ids=IDS)
        self.addCleanup(self.bus.close)
        self.clock = Steady()
        self.keeper = GatewayKeeper(Runtime(conf, self.clock, Threads(), IDS, self.bus, "test"), self.database)
        self.rung, self.agents = Threads().queue(), dict[tuple[str, str], Any]()
        with self.database.write() as connection:
            for host, wired in (("a", ["physnet1"]), ("b", ["physnet1"]), ("c", [])):
                hosts.register(connection, 1.0, host, {"tunnel_address": f"192.0.2.{ord(host)}", "wired": wired, "types": []})
                for kind in ("network", "compute"):
                    connection.execute(sa.insert(service_status).values(
                        id=IDS.new_id(), host=host, kind=kind, started_at=1.0, last_seen=1.0, facts={}))
            self._topology(connection)
        for host in "abc":
            for kind in ("network", "compute"):
                self.start(kind, host)

    def _topology(self, connection: sa.Connection) -> None:
        made = {"project_id": "p", "default_mtu": 1400}
        self.inside = networks.create_network(connection, IDS, 1.0, values={
            "name": "in", "provider_network_type": "vxlan", "provider_segmentation_id": 7}, **made)["id"]
        self.outside = networks.create_network(connection, IDS, 1.0, values={
            "name": "out", "external": True, "provider_network_type": "flat", "provider_physical_network": "physnet1"}, **made)["id"]
        for network_id, cidr in ((self.inside, "10.0.0.0/24"), (self.outside, "203.0.113.0/24")):
            subnets.create_subnet(connection, IDS, 1.0, project_id="p", network_id=network_id,
                                  values={"cidr": cidr, "ip_version": 4})
        self.router_id = IDS.new_id()
        self._port(connection, self.inside, "network:router_interface", self.router_id, "10.0.0.1")
        way_out = self._port(connection, self.outside, "network:router_gateway", self.router_id)
        self.server_port = self._port(connection, self.inside, "", "", binding_host_id="c")
        connection.execute(sa.insert(router).values(
            id=self.router_id, project_id="p", name="r", description="", admin_state_up=True,
            external_network_id=self.outside, gateway_port_id=way_out, enable_snat=True, gateway_host="", routes=[],
            availability_zone_hints=[], tags=[], created_at=1.0, updated_at=1.0, revision_number=1))

    def _port(self, connection: sa.Connection, network_id: str, owner: str, device: str, address: str = "", **more: Any) -> str:
        wanted = [{"ip_address": address}] if address else None
        return str(ports.insert_port(connection, IDS, 1.0, project_id="p", network_id=network_id, wanted=wanted, groups=(),
                                     values={"device_owner": owner, "device_id": device, **more})["id"])

    def start(self, kind: str, host: str) -> None:
        def ring(call: Any, what: str) -> None:
            self.rung.put(host)

        self.agents[kind, host] = self.bus.serve(f"{kind}.{host}", {"ping": lambda call: {}, "ring": ring})

    def kill(self, kind: str, host: str) -> None:
        self.agents.pop((kind, host)).stop()

    def tearDown(self) -> None:
        for agent in self.agents.values():
            agent.stop()

    def gateway(self) -> str:
        with self.database.read() as connection:
            return str(connection.execute(sa.select(router.c.gateway_host)).scalar_one())

    def document(self, host: str) -> dict[str, Any]:
        with self.database.read() as connection:
            return desired.desired(connection, host, 0)

    def test_a_router_gets_a_host_that_is_wired_and_its_hosts_are_rung(self) -> None:
        self.keeper.run_once()
        self.assertEqual("a", self.gateway())
        self.assertEqual({"a", "b", "c"}, {self.rung.get(timeout=5) for _ in range(3)})
        for host, *said in (("a", True, False, None), ("b", False, True, "192.0.2.97"), ("c", False, False, "192.0.2.97")):
            found, = self.document(host)["routers"]
            self.assertEqual([*said, ["203.0.113.1"]], [
                found["gateway"][name] for name in ("is_here", "stands_by", "tunnel_address", "next_hops")])
            self.assertEqual(self.inside, found["transit_network_id"])
        for host in "ab":
            self.assertEqual({self.inside, self.outside}, {each["id"] for each in self.document(host)["networks"]})
        self.assertEqual([self.inside], [each["id"] for each in self.document("c")["networks"]])

    def test_one_silent_agent_moves_nothing(self) -> None:
        self.keeper.run_once()
        self.kill("network", "a")
        for self.clock.at in (0.0, 10.0):
            self.keeper.run_once()
        self.assertEqual("a", self.gateway())

    def test_a_silent_host_loses_its_gateways_after_a_while(self) -> None:
        self.keeper.run_once()
        for kind in ("network", "compute"):
            self.kill(kind, "a")
        self.keeper.run_once()
        self.assertEqual("a", self.gateway())
        self.clock.at = 1.0
        self.keeper.run_once()
        self.assertEqual("b", self.gateway())
        self.start("compute", "a")
        self.clock.at = 2.0
        self.keeper.run_once()
        self.assertEqual("b", self.gateway(), "what works stays where it is")

    def test_a_router_that_does_not_move_stays_and_has_no_second_host(self) -> None:
        with self.database.write() as connection:
            connection.execute(sa.update(router).values(ha=False))
        self.keeper.run_once()
        for kind in ("network", "compute"):
            self.kill(kind, "a")
        for self.clock.at in (0.0, 1.0, 2.0):
            self.keeper.run_once()
        with self.database.read() as connection:
            self.assertEqual(("a", ""), tuple(connection.execute(sa.select(router.c.gateway_host, router.c.standby_host)).one()))

    def test_the_host_that_stands_by_takes_over_at_once(self) -> None:
        self.keeper.run_once()
        self.assertFalse(self.keeper.gateway_silent(None, "b", "192.0.2.97"), "its agents answer")
        for kind in ("network", "compute"):
            self.kill(kind, "a")
        for reporter, address in (("c", "192.0.2.97"), ("a", "192.0.2.98"), ("b", "192.0.2.200")):
            self.assertFalse(self.keeper.gateway_silent(None, reporter, address), (reporter, address))
        self.assertEqual("a", self.gateway())
        self.assertTrue(self.keeper.gateway_silent(None, "b", "192.0.2.97"))
        self.assertEqual("b", self.gateway())
        self.assertFalse(self.keeper.gateway_silent(None, "b", "192.0.2.97"), "said twice")
        self.keeper.run_once()
        self.assertEqual([], [each for each in self.document("c")["routers"] if each["gateway"]["stands_by"]],
                         "nobody else is wired")
        self.start("network", "a")
        self.keeper.run_once()
        self.assertTrue(self.document("a")["routers"][0]["gateway"]["stands_by"])

    def test_nothing_moves_while_nobody_answers(self) -> None:
        self.keeper.run_once()
        for agent in list(self.agents):
            self.kill(*agent)
        for self.clock.at in (0.0, 10.0):
            self.keeper.run_once()
        self.assertEqual("a", self.gateway())

    def test_a_floating_address_is_answered_by_its_servers_host(self) -> None:
        with self.database.write() as connection:
            own = self._port(connection, self.outside, "network:floatingip", "")
            address = ports.get_port(connection, own)["fixed_ips"][0]["ip_address"]
            fixed = ports.get_port(connection, self.server_port)["fixed_ips"][0]["ip_address"]
            connection.execute(sa.insert(floating_ip).values(
                id=IDS.new_id(), project_id="p", description="", floating_network_id=self.outside,
                floating_ip_address=address, floating_port_id=own, port_id=self.server_port, fixed_ip_address=fixed,
                router_id=self.router_id, dns_name="", dns_domain="", tags=[], created_at=1.0, updated_at=1.0,
                revision_number=1))
        found, = self.document("c")["routers"]
        self.assertEqual([{"dns_name": "", "floating_address": address, "fixed_address": fixed, "is_here": True, "qos": {}}],
                         found["floating"])
        self.assertEqual({self.inside, self.outside}, {each["id"] for each in self.document("c")["networks"]})

    def test_a_port_behind_the_router_concerns_the_hosts_beside(self) -> None:
        with self.database.write() as connection:
            beside = networks.create_network(connection, IDS, 1.0, project_id="p", default_mtu=1400, values={"name": "n"})["id"]
            subnets.create_subnet(connection, IDS, 1.0, project_id="p", network_id=beside,
                                  values={"cidr": "10.9.0.0/24", "ip_version": 4})
            self._port(connection, beside, "network:router_interface", self.router_id, "10.9.0.1")
            self.assertEqual(["c"], desired.hosts_of_network(connection, beside))
            connection.execute(sa.update(port).where(port.c.id == self.server_port).values(binding_host_id=""))
            self.assertEqual([], desired.hosts_of_network(connection, beside))


if __name__ == "__main__":
    unittest.main()
