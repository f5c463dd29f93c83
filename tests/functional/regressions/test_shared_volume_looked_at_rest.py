"""A volume of two servers was in-use while one of them was being given it, or it was being taken from one.

Whoever waited for the end of that by the volume's status went on at once, and met the other server still there.
"""

import unittest

import sqlalchemy as sa

from cumulo.common.db.tables.volume import volume, volume_attachment
from cumulo.common.ids import Ids
from cumulo.volume import attachments, volumes
from tests.fixtures.database import temporary_database

VOLUME_ID = "f0000000-0000-4000-8000-000000000000"


class SharedVolumeTest(unittest.TestCase):
    """The status of a volume that several servers have."""

    def setUp(self) -> None:
        self.database = temporary_database()
        self.addCleanup(self.database.close)
        with self.database.write() as connection:
            connection.execute(sa.insert(volume).values(
                id=VOLUME_ID, project_id="p", user_id="u", status="available", size_gib=1, backend="h1@fake", multiattach=True,
                metadata={}, created_at=1.0, updated_at=1.0))

    def attach(self, server_id: str) -> str:
        """Begin to give a server the volume."""
        with self.database.write() as connection:
            of = volumes.get_volume(connection, VOLUME_ID, lock=True)
            return str(attachments.attach(connection, Ids(), 2.0, of, attachments.ATTACHING, server_id=server_id, managed=True)["id"])

    def become(self, its_id: str, status: str) -> str:
        """Have an attachment be in a state; return the volume's."""
        with self.database.write() as connection:
            attachments.update(connection, 3.0, its_id, status=status)
            return str(connection.execute(sa.select(volume.c.status)).scalar_one())

    def test_it_is_at_rest_once_all_of_it_is(self) -> None:
        one = self.attach("s1")
        self.assertEqual("in-use", self.become(one, attachments.ATTACHED))
        two = self.attach("s2")
        self.assertEqual("attaching", self.become(two, attachments.ATTACHING))
        self.assertEqual("in-use", self.become(two, attachments.ATTACHED))
        self.assertEqual("detaching", self.become(one, attachments.DETACHING))
        three = self.attach("s3")  # others may have it meanwhile
        with self.database.write() as connection:
            attachments.part(connection, 4.0, one)
            self.assertEqual(2, connection.execute(sa.select(sa.func.count()).select_from(volume_attachment)).scalar_one())
        self.assertEqual("in-use", self.become(three, attachments.ATTACHED))


if __name__ == "__main__":
    unittest.main()
