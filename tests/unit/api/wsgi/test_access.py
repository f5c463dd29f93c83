"""Which requests fit an access rule's path."""

import unittest

from cumulo.api.wsgi import access
from cumulo.common.errors import Unauthorized


class AccessTest(unittest.TestCase):
    """Paths and rules."""

    def test_paths(self) -> None:
        for pattern, path, expected in (
            ("/v3", "/v3", True), ("/v3", "/v3/", True), ("/v3/users", "/v3", False), ("/v3/*", "/v3/users", True),
            ("/v3/*", "/v3", False), ("/v3/*", "/v3/a/b", False), ("/v3/{x}/b", "/v3/a/b", True),
            ("/v3/**", "/v3", True), ("/v3/**", "/v3/a/b/c", True), ("/**/c", "/v3/a/b/c", True),
            ("/**/c", "/v3/a/b", False), ("/**/b/**", "/a/b/c", True), ("/v3/us*", "/v3/users", False),
            ("/v3/users", "/v3/Users", False), ("/a/**/**/**/b", "/a/" + "x/" * 500 + "c", False),
        ):
            self.assertEqual(expected, access.fits(pattern.strip("/").split("/"), path.strip("/").split("/")),
                             (pattern, path[:40]))

    def test_service_and_method_count_too(self) -> None:
        rules = (("compute", "GET", "/v2.1/servers"),)
        access.check(rules, "compute", "GET", ("/v2.1/servers", "/compute/v2.1/servers"))
        access.check((("compute", "GET", "/compute/v2.1/servers"),), "compute", "GET",
                     ("/v2.1/servers", "/compute/v2.1/servers"))
        for service, method, path in (("image", "GET", "/v2.1/servers"), ("compute", "POST", "/v2.1/servers"),
                                      ("compute", "GET", "/v2.1/servers/1"), ("compute", "get", "/v2.1/servers")):
            self.assertRaises(Unauthorized, access.check, rules, service, method, (path,))
        self.assertRaises(Unauthorized, access.check, (), "compute", "GET", ("/",))
