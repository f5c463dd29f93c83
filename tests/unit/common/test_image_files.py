"""The image cache with a source in memory: verified, shared, linked, bounded."""

import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest
from collections.abc import Mapping
from typing import Any

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.common.image_files import ImageCache, image_format

CONTENT = b"an image" * 1000


def ignore(percent: float) -> None:
    """Take progress."""


class ImageCacheTest(unittest.TestCase):
    """What a host keeps of images."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.opened = 0
        self.gate = threading.Event()
        self.gate.set()
        self.cache = ImageCache(self.directory / "cache", Threads(), self.source)

    def source(self, image: Mapping[str, Any]) -> io.BytesIO:
        """Give out the content once the gate is open."""
        self.opened += 1
        self.gate.wait(5)
        return io.BytesIO(CONTENT)

    def image(self, image_id: str = "one", **changes: Any) -> dict[str, Any]:
        """Return facts of an image with the content."""
        return {"id": image_id, "disk_format": "raw", "size": len(CONTENT),
                "os_hash_value": hashlib.sha512(CONTENT).hexdigest()} | changes

    def test_second_fetch_downloads_nothing(self) -> None:
        for _ in range(2):
            self.assertEqual(self.cache.fetch(self.image(), ignore).read_bytes(), CONTENT)
        self.assertEqual(self.opened, 1)

    def test_damaged_image_leaves_nothing_and_may_be_retried(self) -> None:
        with self.assertRaises(errors.Retry):
            self.cache.fetch(self.image(os_hash_value="0" * 128), ignore)
        self.assertEqual(list((self.directory / "cache").iterdir()), [])
        self.cache.fetch(self.image(), ignore)

    def test_requests_at_the_same_time_share_a_download(self) -> None:
        self.gate.clear()
        found: list[pathlib.Path] = []
        threads = [threading.Thread(target=lambda: found.append(self.cache.fetch(self.image(), ignore)))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        self.gate.set()
        for thread in threads:
            thread.join(5)
        self.assertEqual((len(found), self.opened), (4, 1))

    def test_bound_drops_least_recently_used_but_never_what_a_server_has(self) -> None:
        for age, name in enumerate(("new", "middle", "old")):
            path = self.cache.fetch(self.image(name), ignore)
            os.utime(path, (1000 - age, 1000 - age))
        self.cache.link(self.image("used"), self.directory / "base", ignore)
        self.cache.tidy(len(CONTENT))
        self.assertEqual({path.name for path in (self.directory / "cache").iterdir()}, {"new", "used"})
        self.assertEqual((self.directory / "base").read_bytes(), CONTENT)

    def test_sweep_removes_half_downloads(self) -> None:
        (self.directory / "cache").mkdir()
        (self.directory / "cache" / ".one.partial").touch()
        self.cache.sweep()
        self.assertEqual(list((self.directory / "cache").iterdir()), [])

    def test_ids_stay_inside_the_directory(self) -> None:
        for bad in ("../one", "a/b", "", ".one"):
            with self.subTest(bad), self.assertRaises(errors.BadRequest):
                self.cache.fetch(self.image(bad), ignore)

    @unittest.skipUnless(shutil.which("qemu-img"), "needs qemu-img")
    def test_an_image_that_names_other_files_is_refused_though_its_hash_is_right(self) -> None:
        """Data on a web server is looked at by nobody before a host opens it."""
        for driver, options in (("vmdk", ("-o", "subformat=monolithicFlat")), ("vmdk", ("-o", "subformat=twoGbMaxExtentSparse")),
                                ("qcow2", ("-b", "/etc/passwd", "-F", "raw", "-u")),
                                ("qcow2", ("-o", f"data_file={self.directory / 'outside'}"))):
            made = self.directory / f"made.{driver}"
            subprocess.run(["qemu-img", "create", "-q", "-f", driver, *options, str(made), "4M"], check=True)
            data = made.read_bytes()
            if driver == "vmdk":  # where a host would look for what it names
                data = data.replace(b'"made', f'"{self.directory}/made'.encode())
            for hashed in (hashlib.sha512(data).hexdigest(), None):
                cache = ImageCache(self.directory / "cache", Threads(), lambda image, data=data: io.BytesIO(data))
                with self.subTest(driver, options=options), self.assertRaises((errors.BadRequest, errors.CommandFailed)) as told:
                    cache.fetch(self.image(disk_format=driver, os_hash_value=hashed), ignore)
                self.assertIn("another file", str(told.exception))
                self.assertEqual([], list((self.directory / "cache").iterdir()))

    def test_formats(self) -> None:
        self.assertEqual(image_format({"disk_format": "ami"}), "raw")
        self.assertEqual(image_format({"disk_format": "vmdk"}), "qcow2")
        with self.assertRaises(errors.BadRequest):
            image_format({"disk_format": "dmg"})
