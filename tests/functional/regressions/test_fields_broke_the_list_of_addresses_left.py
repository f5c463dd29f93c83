"""A list of networks' addresses that named its fields failed unless all those with numbers were among them: 500."""

from tests.functional.test_network_api import NetworkApiCase


class FieldsTest(NetworkApiCase):
    """Every field alone, in the list as for one network."""

    def test_each_field(self) -> None:
        net = self.network("root")["id"]
        self.subnet(net, "fd00::/64", who="root", ip_version=6)
        path = "/network-ip-availabilities"
        whole = self.send("GET", f"{path}/{net}", who="root", expect=200)["network_ip_availability"]
        self.assertEqual(2**64 - 2, whole["total_ips"])
        for name, value in whole.items():
            with self.subTest(field=name):
                listed = self.send("GET", f"{path}?fields={name}", who="root", expect=200)["network_ip_availabilities"]
                self.assertEqual([{name: value}], listed)
                one = self.send("GET", f"{path}/{net}?fields={name}", who="root", expect=200)
                self.assertEqual({name: value}, one["network_ip_availability"])
