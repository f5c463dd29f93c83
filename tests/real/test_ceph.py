"""Volumes of a real Ceph cluster: what every backend does (tests/fixtures/backend_suite.py), and what this one adds."""

import os
import pathlib
import tempfile
import time
import unittest

from cumulo.common import command, errors
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.volume.agent import open_disk
from cumulo.volume.agent.ceph import Pool
from cumulo.volume.agent.rbd import RbdBackend
from tests.fixtures.backend_suite import KEPT, ONE, TWO, BackendSuite
from tests.fixtures.ceph_cluster import MISSING, POOL, USER, Cluster

DRIVER = "/usr/lib/x86_64-linux-gnu/qemu/block-rbd.so"


@unittest.skipIf(os.geteuid() != 0 or MISSING or not os.path.exists(DRIVER),
                 f"needs root, Ceph and QEMU's driver: ceph-mon ceph-mgr ceph-osd ceph-common qemu-block-extra (missing: {MISSING})")
class RbdBackendTest(BackendSuite, unittest.TestCase):
    """Images of a pool."""

    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.end)

    def setUp(self) -> None:
        self.pool = Pool(POOL, USER, self.cluster.conf)
        super().setUp()

    def tearDown(self) -> None:
        held = self.backend.holdings()
        for volume_id in (*dict(held.volumes), *held.partial):
            self.backend.delete(volume_id)
        for snapshot_id in held.snapshots:
            self.backend.delete_snapshot(snapshot_id)
        self.assertEqual(("", ""), (self.cluster.run("rbd", "ls", POOL), self.cluster.run("rbd", "trash", "ls", POOL)), "it is left")

    def make(self) -> RbdBackend:
        return self.again()

    def again(self) -> RbdBackend:
        return RbdBackend(Pool(POOL, USER, self.cluster.conf), Clock(), Threads(), name="ceph")

    def put(self, volume_id: str, offset: int, data: bytes) -> None:
        """Write to a volume as its user would."""
        with open_disk.opened(self.pool.opened(f"volume-{volume_id}"), Threads(), writes=True) as disk:
            disk.write(offset, data)

    def has(self, volume_id: str, *wanted: tuple[int, bytes], snapshot_id: str | None = None) -> None:
        """Check what a volume or a snapshot holds at offsets."""
        with self.backend.read(volume_id, snapshot_id) as source:
            for offset, data in wanted:
                self.assertEqual(data, source.read(offset, len(data)))

    def test_copies_are_their_own_however_the_originals_go(self) -> None:
        self.backend.create(ONE, 1)
        self.put(ONE, 0, b"first")
        self.backend.snapshot(KEPT, ONE)
        with open_disk.opened(self.pool.opened(f"volume-{ONE}"), Threads(), writes=True) as used:
            used.write(0, b"later")
            used.flush()
            begun = time.monotonic()
            self.backend.clone(TWO, ONE, 10)  # of a volume in use
            print(f"\nclone to 10 GiB: {time.monotonic() - begun:.2f} s")
            used.write(0, b"third")
        self.has(ONE, (0, b"third"))
        self.has(ONE, (0, b"first"), snapshot_id=KEPT)
        self.backend.revert(ONE, KEPT, 1)
        self.has(ONE, (0, b"first"))
        self.backend.delete(ONE)
        self.backend.delete_snapshot(KEPT)
        self.has(TWO, (0, b"later"), ((10 << 30) - 4, b"\0" * 4))
        self.holds({TWO: 10})

    def test_volumes_of_an_image_share_it(self) -> None:
        with tempfile.NamedTemporaryFile() as image:
            command.run(["qemu-img", "create", "-q", "-f", "qcow2", image.name, "1G"], timeout_s=30)
            command.run(["qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", image.name], timeout_s=30)
            path = pathlib.Path(image.name)
            for volume_id in (ONE, TWO):
                self.backend.fill(volume_id, 2, path, "qcow2")
                self.has(volume_id, (0, b"\7" * 1024), (1 << 30, b"\0" * 1024))
            self.assertRaises(errors.BadRequest, self.backend.fill, KEPT, 0, path, "qcow2")
        self.assertEqual(1, sum(name.startswith("image-") for name, _ in self.pool.sizes()))
        self.backend.delete(ONE)
        self.has(TWO, (0, b"\7" * 1024))

    def test_what_a_death_left_is_put_right(self) -> None:
        self.backend.create(ONE, 1)
        self.put(ONE, 0, b"first")
        self.pool.run("snap", "create", f"volume-{ONE}@volume-{TWO}")  # it was about to be cloned
        self.put(ONE, 0, b"later")
        self.pool.run("create", "--size", "1G", f"volume-{TWO}.new")
        self.assertEqual((TWO,), self.backend.holdings().partial)
        self.backend.clone(TWO, ONE, 1)
        self.has(TWO, (0, b"later"))
        self.pool.rename(f"volume-{TWO}", f"volume-{TWO}.new")
        self.pool.run("image-meta", "set", f"volume-{TWO}.new", "cumulo.whole", "1")  # it was about to get its name
        self.backend.discard(TWO)
        self.has(TWO, (0, b"later"))

    def test_guests_are_told_how_to_open_it(self) -> None:
        self.backend.create(ONE, 1)
        said = self.backend.connection(ONE, "a", "b")
        self.assertEqual(("rbd", POOL, f"volume-{ONE}"), (said["kind"], said["pool"], said["image"]))
        self.assertEqual(["127.0.0.1"], [each["address"] for each in said["monitors"]])
        secret = self.backend.secret(ONE)
        self.assertEqual((USER, self.cluster.key(USER)), (secret["user"], secret["password"]))


if __name__ == "__main__":
    unittest.main()
