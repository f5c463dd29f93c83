"""The file store: whole data or none."""

import os
import tempfile
import unittest

from cumulo.image.store.file import FileStore


class FileStoreTest(unittest.TestCase):
    """A store in a temporary directory."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.store = FileStore(os.path.join(directory.name, "images"))

    def test_data_appears_whole_at_commit(self) -> None:
        part = self.store.create("one")
        part.write(b"ab")
        part.write(b"c")
        with self.assertRaises(FileNotFoundError):
            self.store.open("one")
        self.assertEqual({"one"}, self.store.names())
        part.commit()
        with self.store.open("one") as file:
            self.assertEqual(b"abc", file.read())
        self.assertEqual((3, ["one"]), (part.size, os.listdir(self.store.directory)))

    def test_what_was_closed_and_deleted_leaves_nothing(self) -> None:
        for committed in (False, True):
            part = self.store.create("one")
            part.write(b"abc")
            if committed:
                part.commit()
            for _ in range(2):
                part.close()
                self.store.delete("one")
            self.assertEqual(set(), self.store.names())

    def test_delete_may_be_repeated_and_takes_parts_too(self) -> None:
        part = self.store.create("one")
        for _ in range(2):
            self.store.delete("one")
        with self.assertRaises(FileNotFoundError):
            part.commit()
        part.close()

    def test_a_name_is_written_once_at_a_time(self) -> None:
        part = self.store.create("one")
        with self.assertRaises(FileExistsError):
            self.store.create("one")
        part.close()

    def test_only_the_services_may_look(self) -> None:
        self.store.prepare()
        self.assertEqual(0o700, os.stat(self.store.directory).st_mode & 0o777)
