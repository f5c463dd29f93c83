"""Whatever stood in the Host header was repeated in links and in the header of a 401."""

import unittest

from tests.fixtures.api import Api


class HostHeaderTest(unittest.TestCase):
    """A Host header that is none is refused."""

    def test_hosts(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        for host, status in (("cloud.example", 200), ("cloud.example:5000", 200), ("127.0.0.1:80", 200),
                             ("[::1]:5000", 200),
                             ("\xff", 400), ("a:b:c", 400), ("evil.example/path?", 400), ("a b", 400), ("<b>", 400)):
            with self.subTest(host=host):
                self.assertEqual(status, api.get("/compute/", token=None, headers={"Host": host}).status_int)
