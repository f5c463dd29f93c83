"""Regular expressions that track back without end, as filters of servers, stopped the whole process."""

import time
import unittest
from urllib.parse import quote

from cumulo.common import errors, patterns
from tests.fixtures.api import Api

SLOW = ("(a+)+$", "(.+)+x", "((\\d|\\.)+)+x", "(a|a)*b", "(a|aa)+$", "(.*)*", "(?:a+)+$", "(a*)\\1*b", ".*.*.*.*x",
        "a?a?a?a?aaaa",
        "(a{1,9}){9}", "(?=(a+))b")
QUICK = ("web", "web-[0-9]+", "^web.*-a$", "(web|data)-1", "10\\.0\\..*", "[a-z+*]+", "\\+\\*\\?\\{", "a{3}",
         "[]*+?{]x", "[^]*+?]x")


class PatternsTest(unittest.TestCase):
    """Name and address filters."""

    def test_which_are_let_through(self) -> None:
        for pattern in SLOW:
            with self.subTest(pattern=pattern), self.assertRaises(errors.BadRequest):
                patterns.check(pattern)
        for pattern in QUICK:
            with self.subTest(pattern=pattern):
                patterns.check(pattern)

    def test_none_holds_the_api_up(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        network = api.post("/network/v2.0/networks", {"network": {}}).json["network"]["id"]
        api.post("/network/v2.0/subnets", {"subnet": {"network_id": network, "ip_version": 6,
                                                      "cidr": "fd00:1111:2222:3333::/64"}})
        address = {"ip_address": "fd00:1111:2222:3333:4444:5555:6666:7777"}
        port = api.post("/network/v2.0/ports", {"port": {"network_id": network, "device_id": "x",
                                                         "fixed_ips": [address]}})
        self.assertEqual(201, port.status_int)
        began = time.process_time()
        for name in ("ip6", "ip", "name"):
            for pattern in SLOW:
                with self.subTest(name=name, pattern=pattern):
                    answer = api.get(f"/compute/v2.1/servers?all_tenants=1&{name}={quote(pattern)}")
                    self.assertEqual(400, answer.status_int)
        self.assertLess(time.process_time() - began, 2.0)
