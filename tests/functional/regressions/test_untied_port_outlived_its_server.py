"""A user could untie a port from its server; the server's deletion then left the port behind, bound to the host."""

import unittest

from tests.fixtures.whole_cloud import WholeCloud


class UntiedPortTest(unittest.TestCase):
    """PUT /ports/{id} of a port that was made with a server."""

    def test_a_servers_port_stays_tied_and_goes_with_it(self) -> None:
        cloud = WholeCloud()
        self.addCleanup(cloud.close)
        server_id = cloud.boot()
        (port,) = cloud.get(f"/network/v2.0/ports?device_id={server_id}").json["ports"]
        path = f"/network/v2.0/ports/{port['id']}"
        for change in ({"device_id": ""}, {"device_owner": "mine"}, {"binding:host_id": ""}):
            refused = cloud.put(path, {"port": change})
            self.assertEqual((409, "PortInUse"), (refused.status_int, refused.json["NeutronError"]["type"]))
        same = {"name": "first", "device_id": server_id, "device_owner": port["device_owner"]}
        self.assertEqual("first", cloud.put(path, {"port": same}).json["port"]["name"])
        cloud.remove(server_id)
        self.assertEqual(404, cloud.get(path).status_int)
        self.assertEqual([], cloud.settled_differences())


if __name__ == "__main__":
    unittest.main()
