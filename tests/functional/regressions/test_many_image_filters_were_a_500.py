"""A list of images with a thousand filters was a statement too deep for the database: 500."""

import unittest

from tests.fixtures.api import Api


class ManyFiltersTest(unittest.TestCase):
    """More filters than anybody needs are refused."""

    def test_the_number_of_filters(self) -> None:
        api = Api()
        self.addCleanup(api.close)
        for count, status in ((64, 200), (65, 400), (1000, 400)):
            with self.subTest(count=count):
                query = "&".join(f"a{number}=1" for number in range(count))
                self.assertEqual(status, api.get(f"/image/v2/images?{query}").status_int)
