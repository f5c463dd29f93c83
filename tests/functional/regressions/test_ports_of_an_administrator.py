"""A port that an administrator made was answered with 500: what its host binds cards with was not among what it was shown by."""

from tests.functional.test_network_api import NetworkApiCase


class PortsOfAnAdministratorTest(NetworkApiCase):
    """POST /ports by who sees bindings."""

    def test_made_and_shown_alike(self) -> None:
        network = self.network("root")["id"]
        for host in ("", "h1"):
            made = self.port(network, "root", **{"binding:host_id": host})
            self.assertEqual(made, self.send("GET", f"/ports/{made['id']}", who="root")["port"])
