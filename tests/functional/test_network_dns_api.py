"""Names of ports and floating addresses over real rules and real SQL, and what hosts are told of them."""

from __future__ import annotations

import unittest

import sqlalchemy as sa

from cumulo.common.db.tables.network import network_host
from cumulo.network import desired
from tests.functional.test_network_router_api import RouterCase


class NamesTest(RouterCase):
    """dns_name, dns_domain and dns_assignment."""

    def test_ports_have_names(self) -> None:
        net = self.network(dns_domain="example.org.")
        self.assertEqual("example.org.", net["dns_domain"])
        self.subnet(net["id"], "10.9.0.0/24")
        made = self.port(net["id"], dns_name="web")
        address = made["fixed_ips"][0]["ip_address"]
        self.assertEqual([{"ip_address": address, "hostname": "web", "fqdn": "web.example.org."}], made["dns_assignment"])
        path = f"/ports/{made['id']}"
        changed = self.send("PUT", path, {"port": {"dns_domain": "here.net"}}, expect=200)["port"]
        self.assertEqual("web.here.net.", changed["dns_assignment"][0]["fqdn"])
        self.send("PUT", path, {"port": {"dns_domain": "", "dns_name": ""}}, expect=200)
        self.send("PUT", f"/networks/{net['id']}", {"network": {"dns_domain": ""}}, expect=200)
        shown = self.send("GET", path)["port"]["dns_assignment"][0]
        self.assertEqual("host-10-9-0-2.openstacklocal.", shown["fqdn"].replace(address.replace(".", "-"), "10-9-0-2"))
        for name in ("-web", "a..b", "a_b", "x" * 64, "a b", "a;b", "web\n"):
            self.send("PUT", path, {"port": {"dns_name": name}}, expect=400)

    def test_another_card(self) -> None:
        made = self.port(self.network()["id"])
        changed = self.send("PUT", f"/ports/{made['id']}", {"port": {"mac_address": None}}, expect=200)["port"]
        self.assertNotEqual(made["mac_address"], changed["mac_address"])
        self.assertEqual(17, len(changed["mac_address"]))

    def test_hosts_are_told(self) -> None:
        net = self.network(dns_domain="example.org.")["id"]
        subnet = self.subnet(net, "10.9.0.0/24")["id"]
        router = self.router(external_gateway_info={"network_id": self.public})["id"]
        self.send("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": subnet}, expect=200)
        port = self.port(net, dns_name="web", dns_domain="b.org.")["id"]
        self.send("PUT", f"/ports/{port}", {"port": {"binding:host_id": "h1"}}, who="root", expect=200)
        floating = self.send("POST", "/floatingips", {"floatingip": {
            "floating_network_id": self.public, "port_id": port, "dns_name": "www", "dns_domain": "example.com."}}, expect=201)
        self.assertEqual(("www", "example.com."), tuple(floating["floatingip"][name] for name in ("dns_name", "dns_domain")))
        with self.database.read() as connection:
            document = desired.desired(connection, "h1", None)
        told = next(each for each in document["networks"] if each["id"] == net)
        self.assertEqual("example.org.", told["dns_domain"])
        self.assertEqual([("web", "b.org.")], [(each["dns_name"], each["dns_domain"]) for each in told["ports"]
                                               if each["id"] == port])
        self.assertEqual(["www.example.com."], [each["dns_name"] for each in document["routers"][0]["floating"]])

    def test_it_is_offered_where_a_host_answers(self) -> None:
        self.refused(404, "ExtensionNotFound", "GET", "/extensions/dns-integration")
        with self.database.write() as connection:
            connection.execute(sa.insert(network_host).values(host="h", applied_revision=0, updated_at=1.0, types=["dns"]))
        self.send("GET", "/extensions/dns-integration", expect=200)


if __name__ == "__main__":
    unittest.main()
