"""A microversion of thousands of digits was a 500: Python refuses to read such a number."""

import unittest

from tests.fixtures.api import Api


class LongVersionsTest(unittest.TestCase):
    """A version is short or malformed."""

    def test_a_version_of_many_digits(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        for text in ("2." + "9" * 5000, "9" * 5000 + ".1", "2.٣"):
            with self.subTest(version=text[:10]):
                headers = {"OpenStack-API-Version": "compute " + text.encode().decode("latin-1")}
                self.assertEqual(400, api.get("/compute/v2.1/servers", headers=headers).status_int)
        self.assertEqual(406, api.get("/compute/v2.1/servers",
                                      headers={"OpenStack-API-Version": "compute 2.999999999"}).status_int)
