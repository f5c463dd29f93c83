"""A conversion of an image that failed left its half made copy in the cache until the agent's next start."""

import hashlib
import io
import os
import pathlib
import tempfile
import unittest
from unittest import mock

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.common.image_files import ImageCache

CONTENT = b"a disk of another kind"
PROGRAM = """#!/bin/sh
if [ "$1" = info ]; then echo '{"virtual-size": 1, "format": "vmdk"}'; exit 0; fi
for last; do true; done
echo half > "$last"
exit 1
"""


class HalfAConversionTest(unittest.TestCase):
    """ImageCache.fetch with a qemu-img that breaks off."""

    def test_nothing_is_left(self) -> None:
        with tempfile.TemporaryDirectory(prefix="cumulo-test-") as name:
            directory = pathlib.Path(name)
            program = directory / "bin" / "qemu-img"
            program.parent.mkdir()
            program.write_text(PROGRAM)
            program.chmod(0o755)
            cache = ImageCache(directory / "cache", Threads(), lambda image: io.BytesIO(CONTENT))
            image = {"id": "one", "disk_format": "vmdk", "size": len(CONTENT),
                     "os_hash_value": hashlib.sha512(CONTENT).hexdigest()}
            with mock.patch.dict(os.environ, {"PATH": f"{program.parent}:{os.environ['PATH']}"}), \
                    self.assertRaises(errors.CommandFailed):
                cache.fetch(image, lambda percent: None)
            self.assertEqual([], list((directory / "cache").iterdir()))
            self.assertEqual([], cache.half_made())


if __name__ == "__main__":
    unittest.main()
