"""The key repository: setup, rotation, what one process sees."""

import os
import pathlib
import shutil
import stat
import tempfile
import unittest

from cryptography.fernet import InvalidToken

from cumulo.common.errors import ServiceUnavailable
from cumulo.identity import keys


class KeysTest(unittest.TestCase):
    """A repository in a temporary directory."""

    def setUp(self) -> None:
        above = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, above)
        self.directory = os.path.join(above, "keys")

    def numbers(self) -> set[str]:
        return {name for name in os.listdir(self.directory) if name.isdigit()}

    def test_setup_makes_two_private_keys_once(self) -> None:
        keys.setup(self.directory)
        before = {name: pathlib.Path(self.directory, name).read_bytes() for name in self.numbers()}
        self.assertEqual({"0", "1"}, set(before))
        keys.setup(self.directory)
        after = {name: pathlib.Path(self.directory, name).read_bytes() for name in self.numbers()}
        self.assertEqual(before, after)
        self.assertEqual(0o700, stat.S_IMODE(os.stat(self.directory).st_mode))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(os.path.join(self.directory, "0")).st_mode))

    def test_token_outlives_rotations_until_its_key_goes(self) -> None:
        keys.setup(self.directory)
        repository = keys.KeyRepository(self.directory)
        token = repository.fernet().encrypt(b"x")
        keys.rotate(self.directory, 3)
        self.assertEqual({"0", "1", "2"}, self.numbers())
        self.assertEqual(b"x", repository.fernet().decrypt(token))
        keys.rotate(self.directory, 3)
        self.assertEqual({"0", "2", "3"}, self.numbers())
        self.assertRaises(InvalidToken, repository.fernet().decrypt, token)

    def test_staged_key_opens_tokens_of_a_process_that_has_rotated(self) -> None:
        keys.setup(self.directory)
        stale = keys.KeyRepository(self.directory).fernet()
        keys.rotate(self.directory, 3)
        token = keys.KeyRepository(self.directory).fernet().encrypt(b"x")
        self.assertEqual(b"x", stale.decrypt(token))

    def test_half_a_rotation_is_repaired(self) -> None:
        keys.setup(self.directory)
        os.rename(os.path.join(self.directory, "0"), os.path.join(self.directory, "2"))
        keys.rotate(self.directory, 3)
        self.assertEqual({"0", "2", "3"}, self.numbers())
        os.unlink(os.path.join(self.directory, "0"))
        keys.setup(self.directory)
        self.assertEqual({"0", "2", "3"}, self.numbers())

    def test_no_keys(self) -> None:
        self.assertRaises(ServiceUnavailable, keys.KeyRepository(self.directory).fernet)
        os.mkdir(self.directory)
        self.assertRaises(ServiceUnavailable, keys.KeyRepository(self.directory).fernet)
