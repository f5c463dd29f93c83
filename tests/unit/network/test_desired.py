"""Desired state by revision: what a host is told, and what it is told about a difference."""

import unittest
from typing import Any

import sqlalchemy as sa

from cumulo.common.context import Context
from cumulo.common.db.tables.network import network_host
from cumulo.common.ids import Ids
from cumulo.network import desired, needs, networks, ports, subnets
from tests.fixtures.database import temporary_database

IDS = Ids()


class DesiredTest(unittest.TestCase):
    """One network with a subnet; hosts a and b."""

    def setUp(self) -> None:
        self.database = temporary_database()
        self.addCleanup(self.database.close)
        self.network_id = self.make("10.0.0.0/24")

    def make(self, cidr: str) -> str:
        with self.database.write() as connection:
            network = networks.create_network(
                connection, IDS, 1.0, project_id="p", values={"name": "n"}, default_mtu=1500)
            subnets.create_subnet(connection, IDS, 1.0, project_id="p", network_id=network["id"],
                                  values={"cidr": cidr, "ip_version": 4})
        return str(network["id"])

    def bound_port(self, host: str, network_id: str = "") -> str:
        with self.database.write() as connection:
            made = ports.create_port(connection, IDS, 1.0, context=Context(project_id="p"), hostname="web",
                                     network_id=network_id or self.network_id)
            ports.bind_port(connection, 1.0, made["id"], host)
        return str(made["id"])

    def pull(self, host: str, since: int | None = None, known: Any = None) -> dict[str, Any]:
        with self.database.read() as connection:
            return desired.desired(connection, host, since, known)

    def test_a_host_without_ports_needs_nothing(self) -> None:
        self.assertEqual(([], True), (self.pull("a")["networks"], self.pull("a")["full"]))

    def test_a_bound_port_brings_its_network(self) -> None:
        port_id = self.bound_port("a")
        answer = self.pull("a")
        self.assertEqual([self.network_id], [each["id"] for each in answer["networks"]])
        network = answer["networks"][0]
        self.assertEqual([port_id], [each["id"] for each in network["ports"]])
        self.assertEqual("10.0.0.2", network["subnets"][0]["dhcp_address"])
        self.assertFalse(network["nat"])
        self.assertEqual([], self.pull("b")["networks"])

    def test_only_what_changed(self) -> None:
        other = self.make("10.1.0.0/24")
        self.bound_port("a")
        self.bound_port("a", other)
        revision = self.pull("a")["revision"]
        self.assertEqual([], self.pull("a", revision)["networks"])
        self.bound_port("b", other)
        answer = self.pull("a", revision)
        self.assertEqual((False, [other]), (answer["full"], [each["id"] for each in answer["networks"]]))
        self.assertFalse({self.network_id, other} & set(answer["removed"]["networks"]))

    def test_the_last_port_takes_the_network_along(self) -> None:
        port_id = self.bound_port("a")
        revision = self.pull("a")["revision"]
        with self.database.write() as connection:
            ports.delete_port(connection, 1.0, port_id)
            networks.delete_network(connection, self.network_id)
        self.assertIn(self.network_id, self.pull("a", revision)["removed"]["networks"])

    def test_a_revision_never_given_out_means_everything(self) -> None:
        self.bound_port("a")
        self.assertTrue(self.pull("a", 10_000)["full"])

    def test_applied_makes_ports_active(self) -> None:
        port_id = self.bound_port("a")
        revision = self.pull("a")["revision"]
        later = self.bound_port("a")
        with self.database.write() as connection:
            desired.applied(connection, 2.0, "a", revision)
            self.assertEqual(("ACTIVE", "BUILD"), tuple(
                ports.get_port(connection, each)["status"] for each in (port_id, later)))
            ports.unbind_port(connection, 2.0, port_id)
            self.assertEqual("DOWN", ports.get_port(connection, port_id)["status"])

    def test_a_late_report_takes_nothing_back(self) -> None:
        for revision in (3, 7, 5):
            with self.database.write() as connection:
                desired.applied(connection, 2.0, "a", revision)
        with self.database.read() as connection:
            reached = connection.execute(sa.select(network_host.c.applied_revision)).scalar_one()
        self.assertEqual(7, reached)

    def test_binding_twice_and_unbinding_what_is_gone(self) -> None:
        port_id = self.bound_port("a")
        with self.database.write() as connection:
            desired.applied(connection, 2.0, "a", 10**6)
            ports.bind_port(connection, 2.0, port_id, "a")
            self.assertEqual("ACTIVE", ports.get_port(connection, port_id)["status"])
            ports.delete_port(connection, 2.0, port_id)
            ports.unbind_port(connection, 2.0, port_id)


if __name__ == "__main__":
    unittest.main()
