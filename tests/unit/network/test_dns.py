"""Names of ports."""

import unittest

from cumulo.network import dns


class NamesTest(unittest.TestCase):
    """What a port is called."""

    def test_names(self) -> None:
        for name, hostname, expected in (
                ("web", "server", ("web", "web.example.org.")), ("", "server", ("server", "server.example.org.")),
                ("", "", ("host-10-0-0-5", "host-10-0-0-5.example.org.")), ("web.other.net.", "", ("web", "web.other.net."))):
            row = {"dns_name": name, "hostname": hostname}
            found = dns.assignment(row, "10.0.0.5", "example.org.")
            self.assertEqual(expected, (found["hostname"], found["fqdn"]))

    def test_full_names(self) -> None:
        self.assertEqual(["", "a.", "a.b."], [dns.full_name(*each) for each in (("", "b"), ("a", ""), ("a.", ".b."))])

    def test_addresses_of_ipv6_make_names(self) -> None:
        self.assertEqual("host-fd00--5", dns.host_name({"dns_name": "", "hostname": ""}, "fd00::5"))


if __name__ == "__main__":
    unittest.main()
