"""An upload whose connection to the database broke just after the last commit removed the data of an active image."""

import contextlib
import unittest
from collections.abc import Iterator

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.engine import Database
from tests.fixtures.image_api import ImageApi


class Cut(Database):
    """A database whose connection breaks right after the commit with a certain number."""

    commits_left = 0

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Commit, and tell nobody that it worked."""
        with super().write() as connection:
            yield connection
        self.commits_left -= 1
        if self.commits_left == 0:
            raise errors.DatabaseUnavailable("server closed the connection unexpectedly")


class LostConnectionTest(unittest.TestCase):
    """Whoever cannot know whether the image is active must look before removing its data."""

    def setUp(self) -> None:
        self.api = ImageApi()
        self.addCleanup(self.api.close)
        url = self.api.database.engine.url.render_as_string(hide_password=False)
        self.database = Cut(url, self.api.clock)
        self.addCleanup(self.database.close)
        self.api.services.database = self.database

    def test_the_data_of_an_active_image_stays(self) -> None:
        image_id = self.api.create()["id"]
        self.database.commits_left = 2  # the upload begins, the upload ends
        self.assertEqual(204, self.api.upload(image_id, b"data").status_int)
        self.assertEqual("active", self.api.show(image_id)["status"])
        self.assertEqual(b"data", self.api.send("GET", f"/v2/images/{image_id}/file").body)

    def test_an_upload_that_did_not_begin_leaves_nothing(self) -> None:
        image_id = self.api.create()["id"]
        self.database.commits_left = 1
        self.assertEqual(503, self.api.upload(image_id, b"data").status_int)
        self.assertEqual(set(), self.api.store.names())
