"""The number that the processes of a host share."""

import os
import unittest

from cumulo.identity.changes import BYTES, Changes


class ChangesTest(unittest.TestCase):
    """Marks of several processes."""

    def test_a_child_tells_its_parent(self) -> None:
        changes, others = Changes(), Changes()
        before = changes.latest, others.latest
        child = os.fork()
        if not child:
            changes.mark(b"x" * BYTES)
            os._exit(0)
        self.assertEqual((child, 0), os.waitpid(child, 0))
        self.assertNotEqual(before[0], changes.latest)
        self.assertEqual(before[1], others.latest)
