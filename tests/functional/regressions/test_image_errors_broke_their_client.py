"""An error of the image API was flat JSON. The standard client looks for a message in each of its values, and so broke
off with an error of its own instead of telling what was wrong."""

import unittest

from tests.fixtures.image_api import ImageApi


class ImageErrorsTest(unittest.TestCase):
    """Refusals of every kind."""

    def test_every_value_of_an_error_holds_a_message(self) -> None:
        api = ImageApi()
        self.addCleanup(api.close)
        for status, method, path, body in ((404, "GET", "/v2/images/x", None), (400, "POST", "/v2/images", {"name": 1}),
                                           (403, "POST", "/v2/images", {"status": "x"}), (404, "GET", "/nowhere", None),
                                           (405, "PUT", "/v2/images", None)):
            answer = api.send(method, path, body)
            self.assertEqual(status, answer.status_int)
            self.assertTrue(all(each.get("message") for each in answer.json.values()))
