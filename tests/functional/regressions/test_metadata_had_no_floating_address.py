"""A guest that asked for its public address or its security groups was told nothing, whatever it had."""

import unittest
from typing import Any

from cumulo.common import metadata
from cumulo.scheduler import facts
from tests.fixtures.personas import Tenancy, lent

NETWORK = "/network/v2.0"


class PublicAddressTest(unittest.TestCase):
    """What a server with a floating address reads about itself."""

    def test_the_floating_address_and_the_groups(self) -> None:
        cloud = lent()
        server_id = cloud.owned["server_id"]
        port = cloud.ok("GET", f"{NETWORK}/ports?device_id={server_id}")["ports"][0]
        groups = [cloud.ok("GET", f"{NETWORK}/security-groups/{each}")["security_group"]["name"]
                  for each in port["security_groups"]]
        self.assertEqual(("", "\n".join(sorted(groups))), self.told(cloud, server_id))
        floating = self.floating_ip_of(cloud, port)
        self.assertEqual(floating, self.told(cloud, server_id)[0])

    def told(self, cloud: Tenancy, server_id: str) -> tuple[str, str]:
        """The two documents, as the metadata service gives them."""
        with cloud.api.database.read() as connection:
            found = facts.server_facts(connection, server_id, facts.no_access)
        folder = "2009-04-04/meta-data"
        return tuple((metadata.ec2_lookup(found, f"{folder}/{name}") or b"").decode()
                     for name in ("public-ipv4", "security-groups"))  # type: ignore[return-value]

    def floating_ip_of(self, cloud: Tenancy, port: dict[str, Any]) -> str:
        """Lead from outside to a port through a new router; return the floating address."""
        outside = cloud.ok("POST", f"{NETWORK}/networks", {"network": {"name": "o", "router:external": True}})["network"]["id"]
        cloud.ok("POST", f"{NETWORK}/subnets", {"subnet": {"network_id": outside, "ip_version": 4, "cidr": "203.0.113.0/24"}})
        router = cloud.ok("POST", f"{NETWORK}/routers", {"router": {
            "external_gateway_info": {"network_id": outside}}})["router"]["id"]
        door = cloud.ok("POST", f"{NETWORK}/ports", {"port": {"network_id": port["network_id"], "project_id": port["project_id"]}})
        cloud.ok("PUT", f"{NETWORK}/routers/{router}/add_router_interface", {"port_id": door["port"]["id"]})
        made = cloud.ok("POST", f"{NETWORK}/floatingips", {"floatingip": {
            "floating_network_id": outside, "port_id": port["id"], "project_id": port["project_id"]}})
        return str(made["floatingip"]["floating_ip_address"])
