"""A port of one's own with another project's server as its device_id counted as that server's.

The metadata service then told its holder that server's user data and password, the server's owner saw the port's
address as their server's, and the server's deletion deleted the port.
"""

import unittest

from cumulo.network import ports
from cumulo.scheduler import facts, steps
from tests.fixtures.personas import lent


class PosingPortTest(unittest.TestCase):
    """A stranger's port that names the owner's server, and one of the owner's own that does."""

    def setUp(self) -> None:
        self.cloud = lent()
        self.server_id = self.cloud.owned["server_id"]
        self.posing = self.port("other member", self.cloud.own["network_id"])
        self.users_own = self.port("owner member", self.cloud.owned["network_id"])

    def port(self, persona: str, network_id: str) -> dict[str, str]:
        """Make a port that claims to be the server's; return its id and address."""
        made = self.cloud.ok("POST", "/network/v2.0/ports", {"port": {
            "network_id": network_id, "device_id": self.server_id, "device_owner": "compute:nova"}},
            token=self.cloud.personas[persona].token or "")["port"]
        return {"id": made["id"], "network_id": network_id, "address": made["fixed_ips"][0]["ip_address"]}

    def test_the_metadata_service_does_not_know_it(self) -> None:
        with self.cloud.api.database.read() as connection:
            for port in (self.posing, self.users_own):
                self.assertIsNone(facts.server_at(connection, port["network_id"], port["address"]))
            held = ports.ports_of_device(connection, self.server_id)[0]
            self.assertEqual(self.server_id, facts.server_at(
                connection, held["network_id"], held["fixed_ips"][0]["ip_address"]))
            self.assertEqual([held["id"]], [each["id"] for each in facts.server_facts(
                connection, self.server_id, facts.no_access)["ports"]])

    def test_the_servers_owner_does_not_see_it(self) -> None:
        token = self.cloud.personas["owner reader"].token or ""
        shown = self.cloud.ok("GET", f"/compute/v2.1/servers/{self.server_id}", token=token)["server"]["addresses"]
        self.assertEqual([1], [len(each) for each in shown.values()])

    def test_the_servers_deletion_keeps_it(self) -> None:
        work = steps.Work("delete_server", {"server_id": self.server_id})
        with self.cloud.api.database.write() as connection:
            steps.forget(connection, 1.0, work, None)
        with self.cloud.api.database.read() as connection:
            self.assertEqual([], ports.ports_of_device(connection, self.server_id))
            for port in (self.posing, self.users_own):
                self.assertEqual(port["id"], ports.get_port(connection, port["id"])["id"])
