"""URLs of the catalog, filled in."""

import unittest

from cumulo.identity.catalog import fill_in


class FillInTest(unittest.TestCase):
    """$(name)s and %(name)s."""

    def test_fill_in(self) -> None:
        values = {"project_id": "p", "user_id": "u"}
        for url, expected in (("http://h/x", "http://h/x"), ("http://h/$(project_id)s", "http://h/p"),
                              ("http://h/AUTH_%(project_id)s/%(user_id)s", "http://h/AUTH_p/u"),
                              ("http://h/$(secret)s", None), ("http://h/%zz%(", "http://h/%zz%(")):
            self.assertEqual(expected, fill_in(url, values))
        self.assertIsNone(fill_in("http://h/$(project_id)s", {"user_id": "u"}))
