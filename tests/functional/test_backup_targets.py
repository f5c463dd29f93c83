"""Backups in a bucket, which a server in a process of its own holds: the suite of all targets."""

import os
import unittest

from cumulo.common import errors
from cumulo.common.s3 import StoreFailed
from cumulo.common.threads import Threads
from cumulo.volume.agent.backup import copying
from cumulo.volume.agent.backup.copying import Plan
from cumulo.volume.agent.backup.s3 import S3Target
from cumulo.volume.agent.backup.sealing import Sealer
from cumulo.volume.agent.backup.target import Target
from cumulo.volume.agent.backup.vault import Vault
from tests.fixtures.s3 import BUCKET, S3Server
from tests.fixtures.target_suite import CHUNK, FULL, WATCH, Disk, TargetSuite


class S3TargetTest(TargetSuite, unittest.TestCase):
    """Objects."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = S3Server()
        cls.addClassCleanup(cls.server.stop)

    def make(self) -> Target:
        self.server.empty()
        return S3Target(self.server.make_client(), BUCKET, "backups/")

    def test_others_in_the_bucket_are_left_alone(self) -> None:
        self.server.client.put_object(Bucket=BUCKET, Key="backups-of-others/chunks/a/0", Body=b"theirs")
        self.target.put("chunks/a/0", b"ours")
        self.assertEqual(["a"], self.target.names("chunks"))
        self.vault.delete("a")
        self.assertEqual(["backups-of-others/chunks/a/0"], self.server.keys())

    def test_a_service_that_cannot_do_it_is_told_from_what_is_not_there(self) -> None:
        wrong = S3Target(self.server.make_client(), "no-such-bucket", "")
        with self.assertRaises(StoreFailed):
            wrong.names("chunks")
        with self.assertRaisesRegex(errors.Retry, "cannot do it now"):
            copying.save(Vault(wrong, Sealer({}, 3, os.urandom), Threads()), Threads(), Plan(FULL, None, CHUNK), Disk(b"data"), WATCH)


if __name__ == "__main__":
    unittest.main()
